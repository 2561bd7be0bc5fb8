import { isVisible, MUST_BE_VISIBLE } from '@roundhouse/proto/text';
import type { connect } from '@roundhouse/sdk';
import { argument, command, flag, parsed, text, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Output } from '../../frame/output.js';
import { confirm, SecretReader } from '../../frame/prompt.js';
import { counted, list, textOfFile } from '../../frame/values.js';
import { type ImportedServer, serversIn } from './client-files.js';

/** A server of the file, and the reason if it is not imported. */
interface Planned extends ImportedServer {
  readonly action: 'add' | 'skip';
  readonly reason: string;
}

/** `roundhouse server import FILE`. */
export const importServers = command({
  name: 'import',
  summary: "register the servers of a client's file: Claude Desktop, .mcp.json, Cursor, VS Code or Windsurf",
  example: 'roundhouse server import ~/.cursor/mcp.json',
  args: { file: argument("the client's file; - for standard input") },
  options: {
    site: text('<name>', "where they run; default: the only site, or 'local'"),
    only: parsed('<names>', 'only these servers, comma-separated', list),
    preview: flag('show what would be done, and do nothing'),
    connect: flag('connect each server afterwards'),
    yes,
  },
  async run({ hub, args, options, out, terminal, signal, connection }) {
    const content = await textOfFile(args.file, terminal.stdin);
    const origin = { ...terminal, file: args.file === '-' ? undefined : args.file };
    const reader = new SecretReader(out);
    const found = await serversIn(content, origin, (question, fallback) => reader.read(question, fallback), {
      only: options.only,
      isPreview: options.preview,
    }).finally(() => reader.close());
    const { hub: address } = await connection();
    const names = new Set((await hub.connect.servers.list({}, { signal })).map(({ name }) => name.toLowerCase()));
    // The first server of the file with a name, by the name in lower case.
    const first = new Map<string, string>();
    const planned = found.map((server): Planned => {
      if (server.problem !== '') return { ...server, action: 'skip', reason: server.problem };
      if (leadsToHub(server, address)) return { ...server, action: 'skip', reason: 'it is the hub itself' };
      if (!isVisible(server.name)) return { ...server, action: 'skip', reason: `its name ${MUST_BE_VISIBLE}` };
      const key = server.name.toLowerCase();
      if (names.has(key)) return { ...server, action: 'skip', reason: 'a server of this name is there' };
      const other = first.get(key);
      if (other !== undefined)
        return { ...server, action: 'skip', reason: `its name differs from '${other}' in case only` };
      first.set(key, server.name);
      return { ...server, action: 'add', reason: '' };
    });
    const toAdd = planned.filter(({ action }) => action === 'add');
    if (options.preview || out.form === 'people') await showPlan(out, planned);
    for (const { name, warnings } of toAdd) for (const warning of warnings) out.warn(`${name}: ${warning}`);
    if (options.preview) return;
    if (toAdd.length === 0) {
      if (out.form === 'people') out.say('nothing to import');
      else await out.list([], {}, () => '');
      return;
    }
    await confirm(
      out,
      `Register ${toAdd.length} of ${counted(planned.length, 'server')}?`,
      options.yes || args.file === '-',
    );
    const made: connect.Server[] = [];
    const failed: string[] = [];
    for (const { name, transport, auth } of toAdd) {
      try {
        const more = {
          ...(options.site === undefined ? {} : { site: options.site }),
          ...(auth === undefined ? {} : { auth }),
        };
        const server = await hub.connect.servers.create({ name, transport, ...more }, { signal });
        made.push(server);
        if (options.connect)
          await out.progress.during(
            `connecting ${name}`,
            hub.connect.servers.connectServer(server.id, { signal, timeoutMs: 600_000 }),
          );
      } catch (error) {
        if (signal.aborted) throw error;
        failed.push(name);
        out.warn(`${name}: ${(error as Error).message}`);
      }
    }
    if (out.form === 'people') {
      const sealed = toAdd.some(
        (server) => made.some(({ name }) => name === server.name) && sealedIn(server).length > 0,
      );
      out.say(`${counted(made.length, 'server')} registered${sealed ? '; the hub keeps their sealed values' : ''}`);
    } else await out.list(made, {}, ({ name }) => name);
    if (failed.length > 0) throw new CommandError(`not registered, or not connected: ${failed.join(', ')}`);
  },
});

/** Whether an entry is the hub itself: an import would make the hub a server of itself. */
function leadsToHub({ transport }: ImportedServer, hub: string): boolean {
  if (transport.type !== 'stdio') {
    const url = URL.canParse(transport.url) ? new URL(transport.url) : undefined;
    return url?.host === new URL(hub).host && /^\/mcp(?:\/|$)/.test(url.pathname);
  }
  const words = [transport.command, ...(transport.args ?? [])];
  return words.includes('mcp') && words.some((word) => /(?:^|\/)(?:roundhouse(?:\.mjs)?|@roundhouse\/cli)$/.test(word));
}

/** The names of the values that the hub seals. */
function sealedIn({ transport, auth }: Pick<ImportedServer, 'transport' | 'auth'>): string[] {
  return [
    ...Object.keys((transport.type === 'stdio' ? transport.env : transport.headers) ?? {}),
    ...(auth?.type === 'oauth2' && auth.clientSecret !== undefined ? ['clientSecret'] : []),
  ];
}

/** The plan without any value of a variable or a header: these may be secrets. */
async function showPlan(out: Output, planned: readonly Planned[]): Promise<void> {
  const plan = planned.map(({ name, transport, auth, source, action, reason, warnings }) => ({
    name,
    action,
    reason,
    transport: transport.type,
    source,
    warnings,
    secrets: sealedIn({ transport, auth }),
  }));
  type Row = (typeof plan)[number];
  const columns = {
    SERVER: (row: Row) => row.name,
    ACTION: (row: Row) => row.action,
    TRANSPORT: (row: Row) => row.transport,
    SOURCE: (row: Row) => row.source,
    'SEALED VALUES': (row: Row) => row.secrets.join(', '),
    REASON: (row: Row) => row.reason,
  };
  await out.list(plan, columns, (row) => row.name, 'the file names no servers');
}
