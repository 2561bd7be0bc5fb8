import type { connect } from '@roundhouse/sdk';
import { CommandError } from '../../frame/failures.js';

/** A server as a client's file names it. */
export interface ImportedServer {
  readonly name: string;
  readonly transport: connect.TransportInput;
  /** Why it cannot be imported; empty: it can. */
  readonly problem: string;
}

/** An entry of any of the clients' files. */
interface FileEntry {
  readonly type?: unknown;
  readonly transport?: unknown;
  readonly command?: unknown;
  readonly args?: unknown;
  readonly env?: unknown;
  readonly url?: unknown;
  /** Windsurf. */
  readonly serverUrl?: unknown;
  readonly headers?: unknown;
  readonly disabled?: unknown;
}

export interface ImportOptions {
  readonly only?: readonly string[] | undefined;
  /** No value is asked for. */
  readonly isPreview?: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the servers of a client's file. Claude Desktop, Claude Code (`.mcp.json`), Cursor and Windsurf keep them in `mcpServers`, VS Code in
 * `servers`. `${NAME}`, `${NAME:-default}` and `${env:NAME}` stand for variables, and VS Code's `${input:ID}` for a value that `ask` gives.
 * @throws CommandError if the file has another form
 */
export async function serversIn(
  content: string,
  env: NodeJS.ProcessEnv,
  ask: (question: string) => Promise<string>,
  { only, isPreview = false }: ImportOptions = {},
): Promise<ImportedServer[]> {
  const file = read(content);
  // VS Code's settings.json has its servers one level deeper.
  const inner = isObject(file.mcp) ? file.mcp : file;
  const servers = inner.mcpServers ?? inner.servers;
  if (!isObject(servers))
    throw new CommandError("the file has neither 'mcpServers' nor 'servers': it is not a client's list of MCP servers");
  const unknown = only?.filter((name) => !Object.hasOwn(servers, name)) ?? [];
  if (unknown.length > 0) throw new CommandError(`--only: the file has no server '${unknown.join("', '")}'`, 'missing');
  const values = new Values(env, isPreview ? undefined : ask, inner.inputs);
  const found: ImportedServer[] = [];
  for (const [name, entry] of Object.entries(servers)) {
    if (only && !only.includes(name)) continue;
    found.push(await readEntry(name, isObject(entry) ? entry : {}, values));
  }
  return found;
}

function read(content: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(withoutComments(content));
    if (isObject(parsed)) return parsed;
  } catch {
    // The sentence below tells what was expected.
  }
  throw new CommandError('the file is not a JSON object');
}

/** JSON as VS Code and Cursor accept it: comments and trailing commas are taken out. Strings stay as they are. */
export function withoutComments(content: string): string {
  const parts = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const bare = content.replace(/^\ufeff/, '').replace(parts, (part) => (part.startsWith('"') ? part : ''));
  return bare.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part === ',' ? '' : part));
}

async function readEntry(name: string, entry: FileEntry, values: Values): Promise<ImportedServer> {
  const url = entry.url ?? entry.serverUrl;
  const problems: string[] = entry.disabled === true ? ['it is disabled in the file'] : [];
  const filled = async (text: unknown) => values.fill(String(text), problems);
  const record = async (given: unknown) => {
    const pairs: [string, string][] = [];
    for (const [key, value] of Object.entries(isObject(given) ? given : {})) pairs.push([key, await filled(value)]);
    return Object.fromEntries(pairs);
  };
  let transport: connect.TransportInput;
  if (typeof entry.command === 'string') {
    const args: string[] = [];
    for (const word of Array.isArray(entry.args) ? entry.args : []) args.push(await filled(word));
    transport = { type: 'stdio', command: await filled(entry.command), args, env: await record(entry.env) };
  } else if (typeof url === 'string') {
    const kind = String(entry.type ?? entry.transport ?? '');
    const type = kind === 'sse' ? 'sse' : /^wss?:/.test(url) ? 'websocket' : 'http';
    transport = { type, url: await filled(url), headers: await record(entry.headers) };
  } else {
    transport = { type: 'stdio', command: '', args: [] };
    problems.push('it has neither a command nor an address');
  }
  return { name, transport, problem: problems.join('; ') };
}

/** The values that placeholders stand for. */
class Values {
  readonly #env: NodeJS.ProcessEnv;
  readonly #ask: ((question: string) => Promise<string>) | undefined;
  readonly #inputs = new Map<string, string>();
  readonly #answers = new Map<string, string>();

  constructor(env: NodeJS.ProcessEnv, ask: ((question: string) => Promise<string>) | undefined, inputs: unknown) {
    this.#env = env;
    this.#ask = ask;
    for (const input of Array.isArray(inputs) ? inputs : [])
      if (isObject(input)) this.#inputs.set(String(input.id), String(input.description ?? input.id));
  }

  /** Replaces the placeholders of a text. A placeholder without a value is a problem. */
  async fill(text: string, problems: string[]): Promise<string> {
    let filled = '';
    let at = 0;
    for (const match of text.matchAll(/\$\{([^}]+)\}/g)) {
      filled += text.slice(at, match.index);
      at = match.index + match[0].length;
      filled += await this.#valueOf(match[1] ?? '', match[0], problems);
    }
    return filled + text.slice(at);
  }

  async #valueOf(name: string, whole: string, problems: string[]): Promise<string> {
    const input = /^input:(.+)$/.exec(name)?.[1];
    if (input !== undefined) return this.#answer(input, whole);
    const [, variable = '', fallback] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(name) ?? [];
    const value = variable === '' ? undefined : (this.#env[variable] ?? fallback);
    if (value === undefined) problems.push(variable === '' ? `${whole} has no meaning here` : `${variable} is not set`);
    return value ?? whole;
  }

  async #answer(id: string, whole: string): Promise<string> {
    if (!this.#ask) return whole;
    const known = this.#answers.get(id) ?? (await this.#ask(this.#inputs.get(id) ?? id));
    this.#answers.set(id, known);
    return known;
  }
}
