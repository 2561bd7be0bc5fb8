import type { connect, Roundhouse } from '@roundhouse/sdk';
import {
  argument,
  choice,
  command,
  flag,
  type Noun,
  optional,
  parsed,
  rest,
  text,
  withDefault,
  yes,
} from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';
import { counted, firstLine, list } from '../../frame/values.js';
import { ended } from '../automation/job.js';
import { readValues, transportOf, valueOptions } from './given.js';
import { importServers } from './import.js';

const server = argument('name or id of the server');
const name = argument('name of the server');

const wholeLines = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text)) throw new CommandError(`--lines: expected a whole number, not '${text}'`, 'usage');
  return value;
};

/** `roundhouse server`. */
export const serverNoun: Noun = {
  name: 'server',
  summary: 'MCP servers',
  commands: [
    command({
      name: 'list',
      summary: 'list the servers',
      example: 'roundhouse server list --site berlin --json',
      options: {
        site: text('<name>', 'only servers of this site'),
        group: text('<name>', 'only servers of this group'),
        status: choice(['connected', 'disconnected', 'error'], 'only servers with this status'),
        tag: text('<tag>', 'only servers with this tag'),
      },
      async run({ hub, options: { site, group, status, tag }, out, signal }) {
        const query = {
          ...(group === undefined ? {} : { groupId: await groupIdOf(hub, group) }),
          ...(status === undefined ? {} : { status }),
          ...(tag === undefined ? {} : { tags: [tag] }),
        };
        const all = await hub.connect.servers.list(query, { signal });
        const found = site === undefined ? all : all.filter((one) => one.site === site);
        await out.list(found, serverColumns, (one) => one.name, "no servers: 'roundhouse server add' registers one");
      },
    }),
    command({
      name: 'show',
      summary: 'show a server and its tools',
      example: 'roundhouse server show files',
      args: { server },
      async run({ hub, args, out, signal }) {
        const found = await hub.connect.servers.get(args.server, { signal });
        const { runtime, transport, limits, metadata } = found;
        const facts = {
          ...{ name: found.name, id: found.id, description: found.description, site: found.site },
          status: found.status,
          health: runtime.health,
          reason: runtime.error ?? runtime.healthReason,
          'asks for consent at': runtime.authorizationUrl,
          [transport.type === 'stdio' ? 'command' : 'address']: sourceOf(transport),
          variables: Object.keys(transport.type === 'stdio' ? (transport.env ?? {}) : {}).join(', '),
          headers: Object.keys(transport.type === 'stdio' ? {} : (transport.headers ?? {})).join(', '),
          version: runtime.version,
          process: runtime.pid,
          enabled: found.enabled,
          tags: metadata.tags?.join(', '),
          'calls at once': limits.maxConcurrentCalls,
          tools: found.toolCount,
        };
        await out.record(found, facts, found.id);
        if (out.form === 'people')
          out.section('Tools', found.tools, {
            TOOL: (tool) => tool.name,
            DESCRIPTION: (tool) => firstLine(tool.description),
          });
      },
    }),
    command({
      name: 'add',
      summary: 'register a server by its address, its command line or a template, and connect it',
      example: 'roundhouse server add files -- npx -y @modelcontextprotocol/server-filesystem /srv/files',
      args: { name, source: rest('https://… or wss://…, or -- and a command line') },
      options: {
        ...valueOptions,
        site: text('<name>', "where it runs; default: the only site, or 'local'"),
        transport: choice(['http', 'sse', 'websocket'], 'the transport of its address; default: http'),
        template: text('<id>', 'make it from a template of the hub, such as builtin-memory'),
        description: text('<text>', 'the purpose of the server'),
        group: text('<name>', 'the group that it belongs to'),
        tags: parsed('<tags>', 'comma-separated', list),
        registerOnly: flag('do not connect it'),
      },
      async run({ hub, args, options, out, signal }) {
        const { site, template, description, tags } = options;
        const groupId = options.group === undefined ? undefined : await groupIdOf(hub, options.group);
        const values = await readValues(out, options);
        const common = {
          name: args.name,
          ...(site === undefined ? {} : { site }),
          ...(groupId === undefined ? {} : { groupId }),
        };
        if (template !== undefined && args.source.length > 0)
          throw new CommandError('give --template, or an address or a command line', 'usage');
        const made =
          template === undefined
            ? await hub.connect.servers.create({
                ...common,
                transport: transportOf(args.source, options.transport, values),
                ...(description === undefined ? {} : { description }),
                ...(tags === undefined ? {} : { metadata: { tags } }),
              })
            : await hub.connect.templates.instantiate(template, { ...common, env: values.env });
        if (options.registerOnly) return out.done(`${made.name} is registered at site ${made.site}`, made);
        await connectNew({ hub, out, signal }, made);
      },
    }),
    importServers,
    command({
      name: 'connect',
      summary: 'connect servers: start their processes or open their connections',
      example: 'roundhouse server connect files notes',
      args: { server, more: rest('further servers') },
      async run({ hub, args, out, signal }) {
        for (const one of [args.server, ...args.more]) {
          const result = await out.progress.during(
            `connecting ${one}`,
            hub.connect.servers.connectServer(one, { signal, timeoutMs: INSTALL_MS }),
          );
          if (out.form === 'people')
            out.say(`${one} is connected after ${result.connectTime} ms and has ${counted(result.toolCount, 'tool')}`);
          else if (out.form !== 'quiet') await out.item({ server: one, ...result }, one);
        }
      },
    }),
    command({
      name: 'disconnect',
      summary: 'disconnect servers: end their processes or close their connections',
      example: 'roundhouse server disconnect files',
      args: { server, more: rest('further servers') },
      async run({ hub, args, out, signal }) {
        for (const one of [args.server, ...args.more]) {
          const result = await hub.connect.servers.disconnectServer(one, { signal });
          if (out.form === 'people') out.say(`${one} is disconnected`);
          else if (out.form !== 'quiet') await out.item({ server: one, ...result }, one);
        }
      },
    }),
    command({
      name: 'restart',
      summary: 'restart a server, and wait until it runs again',
      example: 'roundhouse server restart files',
      args: { server },
      async run(context) {
        const { hub, args, out } = context;
        const { job_id } = await hub.automation.servers.restart(args.server);
        await out.done(`${args.server} is restarted`, await ended(context, hub, job_id));
      },
    }),
    command({
      name: 'logs',
      summary: "print a server's log, and follow it with -f",
      example: 'roundhouse server logs files -f',
      args: { server },
      options: {
        follow: flag('go on with new entries until Ctrl-C', 'f'),
        lines: withDefault(parsed('<number>', 'how many of the last entries; 0 for all', wholeLines), 100),
        since: text('<time>', 'only entries from this time on (RFC 3339)'),
      },
      async run({ hub, args, options, out, signal }) {
        const query = { lines: options.lines, ...(options.since === undefined ? {} : { since: options.since }) };
        const print = (entry: connect.LogEntry) =>
          out.item(entry, `${entry.timestamp} ${entry.level.padEnd(5)} ${entry.message}`);
        if (options.follow) {
          for await (const entry of hub.connect.servers.followLog(args.server, query, { signal })) await print(entry);
          return;
        }
        const { logs } = await hub.connect.servers.readLog(args.server, query, { signal });
        for (const entry of logs) await print(entry);
      },
    }),
    command({
      name: 'set',
      summary: "change a server's registration; options that are absent change nothing",
      example: 'roundhouse server set files --description "team files" --secret TOKEN',
      args: { server },
      options: {
        ...valueOptions,
        name: text('<name>', 'another name'),
        description: text('<text>', 'the purpose of the server'),
        group: text('<name>', "the group that it belongs to; '' for none"),
        tags: parsed('<tags>', 'comma-separated', list),
        enabled: choice(['true', 'false'], 'whether it may run'),
      },
      async run({ hub, args, options, out }) {
        const { description, tags, enabled } = options;
        const { env, headers } = await readValues(out, options);
        const found = await hub.connect.servers.get(args.server);
        const { transport, metadata } = found;
        const isChanged = Object.keys(env).length + Object.keys(headers).length > 0;
        // The hub keeps a secret if it gets the masked value back.
        const changed =
          transport.type === 'stdio'
            ? { ...transport, env: { ...transport.env, ...env } }
            : { ...transport, headers: { ...transport.headers, ...headers } };
        if (Object.keys(transport.type === 'stdio' ? headers : env).length > 0)
          throw new CommandError(
            transport.type === 'stdio'
              ? `'${found.name}' is a program: it takes no headers`
              : `'${found.name}' is remote: it takes no variables`,
            'usage',
          );
        const body: connect.UpdateServerBody = {
          ...(options.name === undefined ? {} : { name: options.name }),
          ...(description === undefined ? {} : { description }),
          ...(tags === undefined ? {} : { metadata: { ...metadata, tags } }),
          ...(enabled === undefined ? {} : { enabled: enabled === 'true' }),
          ...(options.group === undefined
            ? {}
            : { groupId: options.group === '' ? null : await groupIdOf(hub, options.group) }),
          ...(isChanged ? { transport: changed } : {}),
        };
        if (Object.keys(body).length === 0) throw new CommandError('nothing to change: give an option', 'usage');
        const made = await hub.connect.servers.update(found.id, body);
        await out.done(`${made.name} is changed`, made);
      },
    }),
    command({
      name: 'updates',
      summary: 'list servers with the newest version of their packages and images',
      example: 'roundhouse server updates',
      args: { server: optional('only this server') },
      options: { refresh: flag('ask the registries now') },
      async run({ hub, args, options, out, signal }) {
        const query = { ...(args.server === undefined ? {} : { server: args.server }), refresh: options.refresh };
        const { servers } = await out.progress.during(
          'asking the registries',
          hub.automation.updates.check(query, { signal }),
        );
        const columns = {
          SERVER: (one: (typeof servers)[number]) => one.name,
          RUNS: (one: (typeof servers)[number]) => one.current_version,
          NEWEST: (one: (typeof servers)[number]) => one.latest_version,
          UPDATE: (one: (typeof servers)[number]) => one.update_available,
          NOTE: (one: (typeof servers)[number]) => one.error ?? (one.breaking_changes ? 'breaking changes' : null),
        };
        await out.list(servers, columns, (one) => one.name, 'no servers with versions');
      },
    }),
    command({
      name: 'update',
      summary: 'update a server to another version; the hub goes back if the new version does not answer',
      example: 'roundhouse server update files --version 2.1.0',
      args: { server },
      options: {
        version: withDefault(text('<version>', 'a version of the source'), 'latest'),
        dryRun: flag('show the plan and change nothing'),
        force: flag('also if the version runs already'),
      },
      async run({ hub, args, options: { version, dryRun, force }, out, signal }) {
        const begun = await hub.automation.updates.updateServer(args.server, { version, dry_run: dryRun, force });
        await followUpdate({ hub, out, signal }, begun.update_id);
      },
    }),
    command({
      name: 'rollback',
      summary: 'roll a server back to an earlier version',
      example: 'roundhouse server rollback files',
      args: { server },
      options: { version: text('<version>', 'default: the one before') },
      async run({ hub, args, options: { version }, out, signal }) {
        const body = version === undefined ? {} : { target_version: version };
        const begun = await hub.automation.updates.rollbackServer(args.server, body);
        await followUpdate({ hub, out, signal }, begun.update_id);
      },
    }),
    command({
      name: 'remove',
      summary: 'end a server and forget it, with its secrets and its log',
      example: 'roundhouse server remove files --yes',
      args: { server },
      options: { yes },
      async run({ hub, args, options, out }) {
        const { id, name, site } = await hub.connect.servers.get(args.server);
        await confirm(out, `Remove server '${name}' of site '${site}'?`, options.yes);
        await hub.connect.servers.delete(id);
        await out.done(`${name} is removed`, { id, name, removed: true });
      },
    }),
  ],
};

type Hub = Parameters<typeof ended>[1];
type FollowContext = Parameters<typeof ended>[0] & { readonly hub: Hub };

async function followUpdate({ hub, out, signal }: FollowContext, id: string): Promise<void> {
  const update = await hub.automation.updates.wait(id, {
    signal,
    onProgress: ({ kind, progress, message }) => out.progress.show(`${kind}: ${progress} % ${message}`),
  });
  out.progress.stop();
  const { server, kind, status, dry_run, from_version, to_version, running_version, rolled_back, error } = update;
  if (status === 'failed') {
    const after = rolled_back ? `; it runs ${running_version} again` : '';
    throw new CommandError(
      `the ${kind} of ${server} failed: ${error?.message ?? 'no reason is known'}${after}`,
      'outcome',
    );
  }
  const versions = `from ${from_version ?? 'an unknown version'} to ${to_version}`;
  await out.done(dry_run ? `${server} would go ${versions}` : `${server} went ${versions}`, update);
}

async function groupIdOf({ connect }: Hub, given: string): Promise<string> {
  const groups = await connect.groups.list();
  const found = groups.find(({ id, name }) => id === given || name === given);
  if (!found)
    throw new CommandError(`there is no group '${given}': 'roundhouse group list' shows their names`, 'missing');
  return found.id;
}

/** The columns of a table of servers. */
export const serverColumns: Columns<connect.Server> = {
  SERVER: ({ name }) => name,
  SITE: ({ site }) => site,
  STATUS: ({ status, runtime }) => (runtime.connecting ? 'connecting' : status),
  HEALTH: ({ runtime }) => runtime.health,
  TOOLS: ({ toolCount }) => toolCount,
  TRANSPORT: ({ transport }) => transport.type,
  VERSION: ({ runtime }) => runtime.version,
};

/** The command line or the address of a server. */
export function sourceOf(transport: connect.TransportInput): string {
  return transport.type === 'stdio' ? [transport.command, ...(transport.args ?? [])].join(' ') : transport.url;
}

/** How long a connection may take, milliseconds: the agent may install a package first. */
const INSTALL_MS = 600_000;

/** Connects a new server. If that fails, the server stays registered. */
export async function connectNew(
  { hub, out, signal }: { readonly hub: Roundhouse; readonly out: Output; readonly signal: AbortSignal },
  { id, name, site }: Pick<connect.Server, 'id' | 'name' | 'site'>,
): Promise<void> {
  try {
    const { toolCount } = await out.progress.during(
      `connecting ${name}`,
      hub.connect.servers.connectServer(id, { signal, timeoutMs: INSTALL_MS }),
    );
    await out.done(
      `${name} runs at site ${site} and has ${counted(toolCount, 'tool')}`,
      await hub.connect.servers.get(id),
    );
  } catch (error) {
    if (!signal.aborted) out.warn(`${name} is registered, and could not be connected`);
    throw error;
  }
}
