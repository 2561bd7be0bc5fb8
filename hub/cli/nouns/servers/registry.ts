import type { Roundhouse } from '@roundhouse/sdk';
import type { RegistryEntry } from '../../../domain/registry/entry.js';
import { type Field, isNeeded, mustBe, type Way, waysOf } from '../../../domain/registry/ways.js';
import {
  argument,
  type Context,
  command,
  flag,
  localCommand,
  many,
  type Noun,
  optional,
  parsed,
  text,
  withDefault,
  yes,
} from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { confirm, SecretReader } from '../../frame/prompt.js';
import { McpRegistry, registryOf } from '../../frame/registry.js';
import type { Terminal } from '../../frame/terminal.js';
import { firstLine, wholeNumber } from '../../frame/values.js';
import { connectNew, sourceOf } from './server.js';

const registryOption = {
  registry: text(
    '<url>',
    "the registry, or a mirror (default: ROUNDHOUSE_REGISTRY, the context's, or the official one)",
  ),
};
/** Commands that need no hub still use the registry of a context. */
const asked = { ...registryOption, context: text('<name>', 'a context whose registry the command asks') };
const name = argument('name of the server, such as io.github.user/weather');
const version = withDefault(text('<version>', 'a version of the server'), 'latest');

type RegistryContext = Pick<Context, 'terminal' | 'signal'> & {
  readonly options: { readonly registry: string | undefined; readonly context?: string | undefined };
};

const registryIn = async ({ options, terminal, signal }: RegistryContext) =>
  new McpRegistry(await registryOf(options, terminal), signal);

const entryColumns: Columns<RegistryEntry> = {
  SERVER: (entry) => entry.name,
  VERSION: (entry) => entry.version,
  WAYS: (entry) => [...new Set(waysOf(entry).map(({ kind }) => kind))].join(', '),
  STATUS: ({ status }) => (status === 'active' ? '' : status),
  DESCRIPTION: ({ description }) => firstLine(description),
};

const fieldColumns: Columns<Field & { readonly way: string }> = {
  VALUE: ({ name }) => name,
  WAY: ({ way }) => way,
  PLACE: ({ place }) => place,
  REQUIRED: (field) => isNeeded(field),
  SECRET: ({ isSecret }) => isSecret,
  DEFAULT: ({ fallback }) => fallback,
  DESCRIPTION: ({ description, choices }) =>
    firstLine(
      [description, ...(choices.length > 0 ? [`one of ${choices.join(', ')}`] : [])].filter(Boolean).join('; '),
    ),
};

/** `roundhouse registry`. The command line itself asks the registry; the hub only gets the registration. */
export const registry: Noun = {
  name: 'registry',
  summary: 'servers of the official MCP registry, or of a mirror',
  commands: [
    localCommand({
      name: 'search',
      summary: 'find servers by a part of their names',
      example: 'roundhouse registry search filesystem',
      args: { text: argument('a part of the name, three characters at least') },
      options: { ...asked, limit: withDefault(parsed('<number>', 'servers to list at most', wholeNumber), 30) },
      async run(context) {
        const { args, options, out } = context;
        const client = await registryIn(context);
        const found = await out.progress.during(`asking ${client.address}`, client.search(args.text, options.limit));
        await out.list(found, entryColumns, (entry) => entry.name, 'no server matches');
      },
    }),
    localCommand({
      name: 'show',
      summary: 'show the ways in which a server can be run, and the values that it takes',
      example: 'roundhouse registry show io.github.user/weather',
      args: { server: name },
      options: { ...asked, version },
      async run(context) {
        const { args, options, out } = context;
        const client = await registryIn(context);
        const entry = await out.progress.during(`asking ${client.address}`, client.get(args.server, options.version));
        const { title, description, status, statusMessage, publishedAt, website, repository } = entry;
        const facts = { title, description, website, repository, published: publishedAt };
        await out.record(
          entry,
          { name: entry.name, version: entry.version, ...facts, status, 'about the status': statusMessage },
          entry.name,
        );
        if (out.form !== 'people') return;
        const ways = waysOf(entry);
        out.section('Ways', ways, {
          WAY: (way) => way.kind,
          SOURCE: (way) => way.source,
          'CAN BE ADDED': (way) => way.problem || 'yes',
        });
        const fields = ways.flatMap((way) => way.fields.map((field) => ({ ...field, way: way.kind })));
        out.section('Values', fields, fieldColumns);
      },
    }),
    command({
      name: 'add',
      summary: 'register a server of the registry: shows it, asks, asks for its secrets, and connects it',
      example: 'roundhouse registry add io.github.user/weather weather --set UNITS=metric',
      args: { server: name, name: optional('its name in the fleet; default: the last part of its name') },
      options: {
        ...registryOption,
        version,
        use: text('<way>', 'npm, pypi, oci, http or sse; default: the first that can be added'),
        set: many(
          '<NAME=VALUE>',
          'a value that is no secret; NAME alone takes any value from the environment; repeatable',
        ),
        secret: many('<NAME>', 'a secret that is not required: ask for it, too; repeatable'),
        site: text('<name>', "where it runs; default: the only site, or 'local'"),
        preview: flag('show what would be registered, and do nothing'),
        registerOnly: flag('do not connect it'),
        yes,
      },
      async run(context) {
        const { hub, args, options, out, terminal, signal } = context;
        const client = await registryIn(context);
        const entry = await out.progress.during(`asking ${client.address}`, client.get(args.server, options.version));
        const way = chosenWay(entry, options.use);
        const values = givenValues(way, options.set, terminal);
        const secrets = secretsOf(way, options.secret, values);
        const server = args.name ?? entry.name.slice(entry.name.lastIndexOf('/') + 1);
        if (entry.status === 'deprecated')
          out.warn(`${entry.name} is deprecated${entry.statusMessage === '' ? '' : `: ${entry.statusMessage}`}`);
        const plan = planOf(entry, way, { server, site: options.site, values, secrets });
        if (out.form === 'people' || options.preview) {
          const { sealed, ...facts } = plan;
          await out.record(plan, { ...facts, 'sealed values': sealed.join(', ') }, server);
        }
        if (options.preview) return;
        await confirm(out, `Register '${server}'?`, options.yes);
        await readSecrets(out, secrets, values);
        const made = await registered(hub, entry, way.transport(values), { server, site: options.site });
        if (options.registerOnly) return out.done(`${made.name} is registered at site ${made.site}`, made);
        await connectNew({ hub, out, signal }, made);
      },
    }),
  ],
};

type Values = Map<string, readonly string[]>;

/** The values of `--set`. @throws CommandError naming the values that are unknown, wrong or missing */
function givenValues({ kind, fields }: Way, given: readonly string[], { env }: Terminal): Values {
  const values: Values = new Map();
  for (const word of given) {
    const at = word.indexOf('=', 1);
    const name = at < 0 ? word : word.slice(0, at);
    const field = fieldOf(fields, name, kind);
    if (at > 0 && field.isSecret)
      throw new CommandError(
        `${name} is a secret, and other users could see it: leave it out to be asked, or give --set ${name} to take it from the environment`,
        'usage',
      );
    const value = at < 0 ? env[name] : word.slice(at + 1);
    if (value === undefined) throw new CommandError(`--set ${name}: this variable is not set here`, 'usage');
    checkValue(field, value);
    const before = values.get(name) ?? [];
    if (before.length > 0 && !field.isRepeated) throw new CommandError(`--set ${name}: it takes one value`, 'usage');
    values.set(name, [...before, value]);
  }
  const missing = fields.filter((field) => isNeeded(field) && !field.isSecret && !values.has(field.name));
  if (missing.length === 0) return values;
  const lines = missing.map(
    ({ name, description }) => `\n  --set ${name}=…${description && `  ${firstLine(description)}`}`,
  );
  throw new CommandError(`values are missing:${lines.join('')}`, 'usage');
}

/** The secrets to ask for: the required ones, and the secrets that the user names. */
function secretsOf({ kind, fields }: Way, named: readonly string[], values: Values): Field[] {
  const wanted = new Set(named.map((name) => fieldOf(fields, name, kind)));
  for (const field of fields) if (field.isSecret && isNeeded(field)) wanted.add(field);
  return [...wanted].filter(({ name }) => !values.has(name));
}

function fieldOf(fields: readonly Field[], name: string, kind: string): Field {
  const field = fields.find((one) => one.name === name);
  if (field) return field;
  const names = fields.map((one) => one.name).join(', ');
  throw new CommandError(`the way '${kind}' takes no value '${name}'${names && `: it takes ${names}`}`, 'usage');
}

async function readSecrets(out: Output, secrets: readonly Field[], values: Values): Promise<void> {
  const reader = new SecretReader(out);
  try {
    for (const field of secrets) {
      const value = await reader.read(`${field.name}${field.description && ` (${firstLine(field.description)})`}`);
      checkValue(field, value);
      values.set(field.name, [value]);
    }
  } finally {
    reader.close();
  }
}

/** The registration without the values that the hub seals. */
function planOf(
  entry: RegistryEntry,
  way: Way,
  {
    server,
    site,
    values,
    secrets,
  }: { server: string; site: string | undefined; values: Values; secrets: readonly Field[] },
) {
  // The name takes the place of a secret that the user has not entered yet.
  const transport = way.transport(new Map([...values, ...secrets.map(({ name }) => [name, [name]] as const)]));
  const sealed = (transport.type === 'stdio' ? transport.env : transport.headers) ?? {};
  return {
    server,
    ...(site === undefined ? {} : { site }),
    from: entry.name,
    version: entry.version,
    transport: transport.type,
    source: sourceOf(transport),
    sealed: Object.keys(sealed),
  };
}

function registered(
  { connect }: Roundhouse,
  { description }: RegistryEntry,
  transport: ReturnType<Way['transport']>,
  { server, site }: { server: string; site: string | undefined },
) {
  return connect.servers.create({ name: server, description, transport, ...(site === undefined ? {} : { site }) });
}

/**
 * The way that the user chose, or the first that can be added.
 * @throws CommandError with the problem of each way if none can be added
 */
function chosenWay({ name, version, ...entry }: RegistryEntry, kind: string | undefined): Way {
  const ways = waysOf({ name, version, ...entry });
  const fitting = kind === undefined ? ways : ways.filter((way) => way.kind === kind);
  const found = fitting.find(({ problem }) => problem === '');
  if (found) return found;
  const what = `version ${version} of '${name}'`;
  if (ways.length === 0) throw new CommandError(`${what} names no package and no address: see its website`);
  const kinds = ways.map((way) => way.kind).join(', ');
  if (fitting.length === 0) throw new CommandError(`${what} has no way '${kind}': it has ${kinds}`, 'missing');
  throw new CommandError(`${what} cannot be added: ${fitting.map((way) => `${way.kind}: ${way.problem}`).join('; ')}`);
}

/** @throws CommandError if a value does not fit its field. The error does not repeat the value, which may be a secret. */
function checkValue(field: Field, value: string): void {
  const expected = mustBe(field, value);
  if (expected !== undefined) throw new CommandError(`${field.name}: expected ${expected}`, 'usage');
}
