import { randomUUID } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { argument, type Context, flag, localCommand, type Noun, text, withDefault, yes } from '../../frame/command.js';
import { clientOf, hubAddress, type KeyWarning, warningAbout } from '../../frame/connection.js';
import { ContextFile } from '../../frame/contexts.js';
import { CommandError } from '../../frame/failures.js';
import { confirm } from '../../frame/prompt.js';
import { programFile } from '../../frame/terminal.js';

/** An MCP client whose file of servers the command line can change. */
interface ClientProgram {
  readonly name: string;
  readonly title: string;
  /** The member of the file that holds the servers. */
  readonly member: 'mcpServers' | 'servers';
  /** The path of the file on a platform. Unknown platforms have the path of Linux. */
  file(home: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string;
}

/** The folder in which desktop programs keep their settings. */
function settingsFolder(
  home: string,
  platform: NodeJS.Platform,
  { APPDATA, XDG_CONFIG_HOME }: NodeJS.ProcessEnv,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return platform === 'win32' ? APPDATA || join(home, 'AppData', 'Roaming') : XDG_CONFIG_HOME || join(home, '.config');
}

/** The clients, by the names that the command line takes. */
const clientPrograms: readonly ClientProgram[] = [
  {
    name: 'claude',
    title: 'Claude Desktop',
    member: 'mcpServers',
    file: (...at) => join(settingsFolder(...at), 'Claude', 'claude_desktop_config.json'),
  },
  { name: 'claude-code', title: 'Claude Code', member: 'mcpServers', file: (home) => join(home, '.claude.json') },
  { name: 'cursor', title: 'Cursor', member: 'mcpServers', file: (home) => join(home, '.cursor', 'mcp.json') },
  {
    name: 'vscode',
    title: 'VS Code',
    member: 'servers',
    file: (...at) => join(settingsFolder(...at), 'Code', 'User', 'mcp.json'),
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    member: 'mcpServers',
    file: (home) => join(home, '.codeium', 'windsurf', 'mcp_config.json'),
  },
];

const names = clientPrograms.map(({ name }) => name).join(', ');

/** `roundhouse client`. A client runs `roundhouse mcp`: its file gets no key. */
export const client: Noun = {
  name: 'client',
  summary: 'MCP clients of this machine',
  commands: [
    localCommand({
      name: 'list',
      summary: 'list the clients that can be set up, and whether they have the hub',
      example: 'roundhouse client list',
      async run({ out, terminal }) {
        const found = await Promise.all(
          clientPrograms.map(async (program) => {
            const file = program.file(terminal.home, process.platform, terminal.env);
            const servers = await serversOf(program, file).catch(() => ({}));
            return { name: program.name, title: program.title, file, roundhouse: 'roundhouse' in servers };
          }),
        );
        type Row = (typeof found)[number];
        const columns = {
          CLIENT: (row: Row) => row.name,
          PROGRAM: (row: Row) => row.title,
          'HAS ROUNDHOUSE': (row: Row) => row.roundhouse,
          FILE: (row: Row) => row.file,
        };
        await out.list(found, columns, (row) => row.name);
      },
    }),
    localCommand(
      {
        name: 'setup',
        summary: "add the hub to a client's file: shows the change, asks, and keeps a copy of the old file",
        example: 'roundhouse client setup cursor --context prod',
        args: { client: argument(names) },
        options: {
          name: withDefault(text('<name>', "the hub's name in the client"), 'roundhouse'),
          file: text('<file>', "the client's file, if it lies elsewhere"),
          server: text('<name>', 'offer only this server'),
          group: text('<name>', 'offer only servers of this group'),
          site: text('<name>', 'offer only servers of this site'),
          preview: flag('show the change, and do nothing'),
          yes,
        },
        async run({ args, options, out, terminal, signal, connection }) {
          const program = clientPrograms.find(({ name }) => name === args.client);
          if (!program) throw new CommandError(`'${args.client}' is no client of these: ${names}`, 'usage');
          const file = resolve(options.file ?? program.file(terminal.home, process.platform, terminal.env));
          const way = await wayOf(program, { options, out, terminal, signal, connection });
          const entry = {
            ...(program.member === 'servers' ? { type: 'stdio' } : {}),
            command: process.execPath,
            args: [await programFile(), 'mcp', ...way.args, ...viewArguments(options)],
          };
          if (/[\\/]_npx[\\/]/.test(entry.args[0] ?? ''))
            out.warn(
              'npx keeps this program in its cache, and may delete it: run `npm install -g @roundhouse/cli` first',
            );
          const content = await contentOf(file);
          const servers = serversIn(content, program, file);
          const isThere = Object.hasOwn(servers, options.name);
          const warn = () => way.warning && out.warn(`${way.key}: ${way.warning.text}`);
          if (isThere && JSON.stringify(servers[options.name]) === JSON.stringify(entry) && !way.prepare) {
            warn();
            return out.done(`${program.title} has it already: ${file}`, { file, changed: false });
          }
          if (out.form === 'people') {
            out.say(`${isThere ? 'Replaces' : 'Adds'} in ${file}:\n`);
            out.say(JSON.stringify({ [program.member]: { [options.name]: entry } }, null, 2));
            out.say(`\n${program.title} uses ${way.key}.`);
          }
          warn();
          if (options.preview) return out.done('', { file, name: options.name, entry, changed: false });
          await confirm(out, `Change the file of ${program.title}?`, options.yes);
          await way.prepare?.();
          const copy = await replace(file, {
            ...content,
            [program.member]: { ...servers, [options.name]: entry },
          });
          const kept = copy === undefined ? '' : `; the old file is ${copy}`;
          await out.done(`${program.title} has the hub as '${options.name}' after its next start${kept}`, {
            ...{ file, name: options.name, entry, changed: true },
            backup: copy ?? null,
          });
        },
      },
      'address',
    ),
  ],
};

/** How a client reaches the hub. The client's file holds no key. */
interface Way {
  /** The arguments of `roundhouse mcp` that name the hub and the place of the key. */
  readonly args: readonly string[];
  /** A description of the key, for people. */
  readonly key: string;
  /** A warning about an existing key. */
  readonly warning?: KeyWarning | undefined;
  /** Makes the key and its context. Absent: both exist, and the hub accepts the key or cannot be asked. */
  prepare?(): Promise<void>;
}

/**
 * The way that the options and the environment name. Otherwise the client gets its own context with a key of role user, because the key of the user
 * who sets it up is often an admin's.
 */
async function wayOf(
  { name, title }: ClientProgram,
  {
    options,
    out,
    terminal,
    signal,
    connection,
  }: Pick<Context, 'options' | 'out' | 'terminal' | 'signal' | 'connection'>,
): Promise<Way> {
  const { env, home } = terminal;
  const file = new ContextFile(env, home);
  const { contexts, current } = await file.read();
  const ofContext = (context: string, warning: KeyWarning | undefined) => ({
    ...{ args: ['--context', context], key: `the key of the context '${context}'`, warning },
  });
  const isOption = options.hub !== undefined || options.keyFile !== undefined;
  const usual = env.ROUNDHOUSE_CONTEXT || (env.ROUNDHOUSE_URL ? null : current);
  const named = options.context ?? (isOption ? null : usual);
  if (named !== null) {
    return ofContext(named, await warningAbout(await file.get(named), { signal, out }));
  }
  if (options.key !== undefined)
    throw new CommandError('--key would stand in the file of the client: give --key-file, or --context', 'usage');
  const found = await connection();
  if (options.keyFile !== undefined) {
    const path = resolve(options.keyFile);
    return {
      args: ['--hub', found.hub, '--key-file', path],
      key: `the key in ${path}`,
      warning: await warningAbout(found, { signal, out }),
    };
  }
  const hub = hubAddress(found.hub);
  const own = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (own && own.hub !== hub)
    throw new CommandError(
      `the context '${name}' is of another hub, ${own.hub}: give --context or --key-file`,
      'usage',
    );
  const warning = own && (await warningAbout(own, { signal, out }));
  if (own && !warning?.isRefused) return ofContext(name, warning);
  return {
    args: ['--context', name],
    key: own
      ? `a new key of role user in the context '${name}': the hub refuses the old key`
      : `a new key of role user, in the new context '${name}'`,
    async prepare() {
      const client = await clientOf(found, out.progress);
      const { key } = await client.connect.keys.create({ name: title, role: 'user', tier: 'pro' });
      await file.put(name, { ...own, hub, key }, false);
    },
  };
}

function viewArguments({
  server,
  group,
  site,
}: Readonly<Partial<Record<'server' | 'group' | 'site', string>>>): string[] {
  return Object.entries({ server, group, site }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** The content of a client's file; an empty object if the file is missing or empty. @throws CommandError if it is not plain JSON */
async function contentOf(file: string): Promise<Record<string, unknown>> {
  const text = (await exists(file)) ? await readFile(file, 'utf8') : '';
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // A file with comments would lose them.
  }
  throw new CommandError(`${file} is not plain JSON: add the entry by hand, --preview shows it`);
}

async function serversOf(program: ClientProgram, file: string): Promise<Record<string, unknown>> {
  return serversIn(await contentOf(file), program, file);
}

function serversIn(
  content: Readonly<Record<string, unknown>>,
  { member }: ClientProgram,
  file: string,
): Record<string, unknown> {
  const servers = content[member] ?? {};
  if (typeof servers === 'object' && !Array.isArray(servers)) return servers as Record<string, unknown>;
  throw new CommandError(`${file}: '${member}' is not an object`);
}

/** Replaces a file. A crash leaves the old file or the new one. @returns the copy of the old file, if there was one */
async function replace(file: string, content: unknown): Promise<string | undefined> {
  const target = (await exists(file)) ? await realpath(file) : file;
  await mkdir(dirname(target), { recursive: true });
  const isThere = await exists(target);
  const mode = isThere ? (await stat(target)).mode & 0o777 : 0o600;
  const copy = `${target}.${new Date().toISOString().replaceAll(':', '')}.backup`;
  // Files of clients hold keys, and not every client keeps its file from other users.
  if (isThere) await writeFile(copy, await readFile(target), { mode: 0o600, flag: 'wx' });
  const draft = `${target}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode });
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
  return isThere ? copy : undefined;
}
