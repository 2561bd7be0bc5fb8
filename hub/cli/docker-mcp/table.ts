import type { portal, Roundhouse } from '@roundhouse/sdk';
import { argument, choice, command, type Entry, flag, parsed, required, text, withDefault } from '../frame/command.js';
import { CommandError } from '../frame/failures.js';
import type { Columns, Output } from '../frame/output.js';
import type { Terminal } from '../frame/terminal.js';
import { list, objectInFile, wholeNumber } from '../frame/values.js';

const user = { user: text('<id>', 'refuse unless the key belongs to this user') };
const format = { format: withDefault(choice(['table', 'json'], 'the form of the result'), 'table') };
const server = argument('id or name of the server');
const configFile = text('<file>', 'JSON or YAML; - for standard input');

const serverColumns: Columns<portal.Server> = {
  SERVER: ({ name }) => name,
  ENABLED: ({ user_config }) => user_config.enabled,
  STATE: ({ user_config }) => user_config.container_state,
  CATALOG: ({ catalog_type }) => catalog_type,
  CATEGORY: ({ category }) => category,
  IMAGE: ({ image }) => image,
  ID: ({ id }) => id,
};

/**
 * The commands of `docker mcp`: those that the document of the Portal API names next to its endpoints, by the names and options that it prints. A
 * command that has `--format` there prints a table by default. The other commands print the answer of the API.
 */
export const dockerMcpTable: readonly Entry[] = [
  {
    name: 'server',
    summary: 'MCP servers of the catalog',
    commands: [
      command({
        name: 'list',
        summary: 'list the servers, each with its state for the user',
        example: 'docker mcp server list --catalog custom --format json',
        isPlain: true,
        options: {
          ...format,
          ...user,
          catalog: withDefault(choice(['predefined', 'custom', 'all'], 'only servers of this type'), 'all'),
          category: text('<name>', 'only servers of this category'),
          search: text('<text>', 'only servers with this text in name or description'),
        },
        async run({ hub, options, out, signal }) {
          await checkUser(hub, options.user);
          const { catalog, category, search } = options;
          const query = {
            catalog_type: catalog ?? 'all',
            ...(category === undefined ? {} : { category }),
            ...(search === undefined ? {} : { search }),
          };
          const { servers, pagination } = await everyServer(hub, query, signal);
          if (options.format === 'json') await out.data({ servers, pagination });
          else await out.list(servers, serverColumns, ({ name }) => name, 'no servers');
        },
      }),
      command({
        name: 'inspect',
        summary: 'show a server',
        example: 'docker mcp server inspect memory --format json',
        isPlain: true,
        args: { server },
        options: { ...format, ...user },
        async run({ hub, args, options, out, signal }) {
          await checkUser(hub, options.user);
          await print(out, options.format, await hub.portal.servers.get(args.server, { signal }));
        },
      }),
      command({
        name: 'enable',
        summary: 'enable a server for the user',
        example: 'docker mcp server enable memory --auto-start',
        isPlain: true,
        args: { server },
        options: { ...user, configFile, autoStart: flag('start it now, and after each start of its site') },
        async run({ hub, args, options, out, terminal }) {
          await checkUser(hub, options.user);
          const given = await configIn<portal.EnableServerBody['config']>(options.configFile, terminal);
          const config = options.autoStart ? { ...given, auto_start: true } : given;
          await out.data(await hub.portal.servers.enable(args.server, config === undefined ? {} : { config }));
        },
      }),
      command({
        name: 'disable',
        summary: 'disable a server for the user, and end it',
        example: 'docker mcp server disable memory',
        isPlain: true,
        args: { server },
        options: { ...user, force: flag('end it even if it does not end by itself, as the hub does in any case') },
        async run({ hub, args, options, out }) {
          await checkUser(hub, options.user);
          await out.data(await hub.portal.servers.disable(args.server));
        },
      }),
      command({
        name: 'restart',
        summary: 'restart a server',
        example: 'docker mcp server restart memory',
        isPlain: true,
        args: { server },
        options: user,
        async run({ hub, args, options, out }) {
          await checkUser(hub, options.user);
          await out.data(await hub.portal.servers.restart(args.server));
        },
      }),
      command({
        name: 'logs',
        summary: "print a server's log",
        example: 'docker mcp server logs memory --lines 20 --follow',
        isPlain: true,
        args: { server },
        options: {
          ...user,
          lines: withDefault(parsed('<number>', 'how many of the last entries', wholeNumber), 100),
          since: text('<time>', 'only lines from this time on (RFC 3339)'),
          follow: flag('go on with new lines until Ctrl-C'),
        },
        async run({ hub, args, options, out, signal }) {
          await checkUser(hub, options.user);
          const query = { lines: options.lines, ...(options.since === undefined ? {} : { since: options.since }) };
          const write = (entry: portal.LogEntry) =>
            out.item(entry, `${entry.timestamp} ${entry.level.padEnd(5)} ${entry.message}`);
          if (options.follow) {
            for await (const entry of hub.portal.servers.followLogs(args.server, query, { signal })) await write(entry);
            return;
          }
          const { logs } = await hub.portal.servers.getLogs(args.server, query, { signal });
          for (const entry of logs) await write(entry);
        },
      }),
      command({
        name: 'bulk',
        summary: 'enable, disable or restart several servers',
        example: 'docker mcp server bulk restart --servers memory,time',
        isPlain: true,
        args: { operation: argument('enable, disable or restart') },
        options: {
          servers: required(parsed('<ids>', 'ids or names, comma-separated', list)),
          ...user,
          configFile,
        },
        async run({ hub, args, options, out, terminal }) {
          await checkUser(hub, options.user);
          const config = await configIn<portal.BulkServersBody['config']>(options.configFile, terminal);
          const operation = args.operation as portal.BulkServersBody['operation'];
          const body = { operation, server_ids: options.servers ?? [], ...(config === undefined ? {} : { config }) };
          await out.data(await hub.portal.servers.bulk(body));
        },
      }),
    ],
  },
  {
    name: 'config',
    summary: "the user's configuration",
    commands: [
      command({
        name: 'get',
        summary: 'show which servers the user has configured, and the preferences',
        example: 'docker mcp config get --format json',
        isPlain: true,
        options: { ...user, ...format },
        async run({ hub, options, out, signal }) {
          await checkUser(hub, options.user);
          await print(out, options.format, await hub.portal.config.get({ signal }));
        },
      }),
      command({
        name: 'set',
        summary: 'change preferences',
        example: `echo '{"preferences":{"theme":"dark"}}' | docker mcp config set --config-file -`,
        isPlain: true,
        options: { ...user, configFile: required(configFile) },
        async run({ hub, options, out, terminal }) {
          await checkUser(hub, options.user);
          await out.data(
            await hub.portal.config.update(
              await objectInFile('--config-file', options.configFile ?? '-', terminal.stdin),
            ),
          );
        },
      }),
      command({
        name: 'export',
        summary: 'print the configuration, without values that were given to servers',
        example: 'docker mcp config export --format yaml > mine.yaml',
        isPlain: true,
        options: { ...user, format: withDefault(choice(['json', 'yaml'], 'the form of the export'), 'json') },
        async run({ hub, options, out, signal }) {
          await checkUser(hub, options.user);
          const exported = await hub.portal.config.export({ format: options.format ?? 'json' }, { signal });
          if (typeof exported === 'string') await out.text(exported);
          else await out.data(exported);
        },
      }),
      command({
        name: 'import',
        summary: 'import a configuration that was exported',
        example: 'docker mcp config import --config-file mine.yaml',
        isPlain: true,
        options: { ...user, configFile: required(configFile) },
        async run({ hub, options, out, terminal }) {
          await checkUser(hub, options.user);
          await out.data(
            await hub.portal.config.import(
              await objectInFile('--config-file', options.configFile ?? '-', terminal.stdin),
            ),
          );
        },
      }),
    ],
  },
  {
    name: 'catalog',
    summary: 'custom servers of the catalog',
    commands: [
      command({
        name: 'add',
        summary: 'add a custom server',
        example: 'docker mcp catalog add --definition-file weather.json',
        isPlain: true,
        options: { ...user, definitionFile: required(configFile) },
        async run({ hub, options, out, terminal }) {
          await checkUser(hub, options.user);
          const definition = await objectInFile<portal.AddCustomServerBody>(
            '--definition-file',
            options.definitionFile ?? '-',
            terminal.stdin,
          );
          await out.data(await hub.portal.catalog.addCustomServer(definition));
        },
      }),
      command({
        name: 'update',
        summary: "change a custom server's definition; absent members stay",
        example: 'docker mcp catalog update weather --definition-file weather.json',
        isPlain: true,
        args: { server },
        options: { ...user, definitionFile: required(configFile) },
        async run({ hub, args, options, out, terminal }) {
          await checkUser(hub, options.user);
          const definition = await objectInFile('--definition-file', options.definitionFile ?? '-', terminal.stdin);
          await out.data(await hub.portal.catalog.updateCustomServer(args.server, definition));
        },
      }),
      command({
        name: 'remove',
        summary: 'remove a custom server, and end the servers that were made from it',
        example: 'docker mcp catalog remove weather',
        isPlain: true,
        args: { server },
        options: user,
        async run({ hub, args, options }) {
          await checkUser(hub, options.user);
          await hub.portal.catalog.removeCustomServer(args.server);
        },
      }),
    ],
  },
  {
    name: 'system',
    summary: 'the hub',
    commands: [
      command({
        name: 'info',
        summary: 'show the state of the hub and its figures',
        example: 'docker mcp system info --format json',
        isPlain: true,
        options: format,
        async run({ hub, options, out, signal }) {
          await print(out, options.format, await hub.portal.status.get({ signal }));
        },
      }),
    ],
  },
  command({
    name: 'version',
    summary: 'show the version of the hub and its health',
    example: 'docker mcp version --format json',
    isPlain: true,
    options: format,
    async run({ hub, options, out, signal }) {
      await print(out, options.format, await hub.portal.health.get({ signal }));
    },
  }),
];

/** The longest page of the API. */
const PAGE = 100;

/** The whole list of servers: the API's answer, with the items of all pages. */
async function everyServer({ portal }: Roundhouse, query: portal.ListServersQuery, signal: AbortSignal) {
  const { servers, pagination } = await portal.servers.list({ ...query, limit: PAGE }, { signal });
  for (let page = 2; page <= pagination.total_pages; page++)
    servers.push(...(await portal.servers.list({ ...query, limit: PAGE, page }, { signal })).servers);
  const isWhole = pagination.total_pages <= 1;
  return { servers, pagination: isWhole ? pagination : { ...pagination, limit: servers.length, total_pages: 1 } };
}

/** Checks `--user`: the hub acts for the user of the key. @throws CommandError if that is not the user who is named */
async function checkUser({ portal }: Roundhouse, named: string | undefined): Promise<void> {
  if (named === undefined) return;
  const { user_id: own } = await portal.config.get();
  if (own !== named)
    throw new CommandError(`--user ${named}: the key belongs to user ${own}, and the hub acts for that user`, 'denied');
}

/** Prints an answer: as JSON, or its members line by line with a table for each list. */
async function print(out: Output, format: string | undefined, answer: object): Promise<void> {
  if (format === 'json') return out.data(answer);
  const members = Object.entries(answer);
  const lists = members.filter(([, value]) => Array.isArray(value) && value.some((item) => typeof item === 'object'));
  out.facts(Object.fromEntries(members.filter((member) => !lists.includes(member)).flatMap(flattened)));
  for (const [name, items] of lists) {
    const rows = (items as object[]).map((item) => Object.fromEntries(Object.entries(item).flatMap(flattened)));
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    out.section(name, rows, Object.fromEntries(names.map((one) => [one.toUpperCase(), (row) => row[one] ?? null])));
  }
}

/** A member as facts: those of an object one by one. */
function flattened([name, value]: readonly [string, unknown]): [string, string][] {
  if (Array.isArray(value))
    return [[name, value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ')]];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([inner, one]) => flattened([`${name}.${inner}`, one]));
  return [[name, value === null ? '' : String(value)]];
}

/** A configuration for servers: the whole file, or its member `config`. */
async function configIn<T>(file: string | undefined, terminal: Terminal): Promise<T | undefined> {
  if (file === undefined) return undefined;
  const read = await objectInFile<{ readonly config?: T } & T>('--config-file', file, terminal.stdin);
  return read.config ?? read;
}
