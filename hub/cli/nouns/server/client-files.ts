import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import type { connect } from '@roundhouse/sdk';
import { CommandError } from '../../frame/failures.js';
import type { Terminal } from '../../frame/terminal.js';
import { variablesIn } from './given.js';

/** A server as a client's file names it. */
export interface ImportedServer {
  readonly name: string;
  readonly transport: connect.TransportInput;
  /** Its OAuth client, where the file has one. */
  readonly auth?: connect.Auth;
  /** Its command line or address as the file has it: placeholders stay, as their values may be secrets. */
  readonly source: string;
  /** Why it cannot be imported; empty: it can. */
  readonly problem: string;
}

/** An entry of any of the clients' files. */
interface FileEntry {
  readonly type?: unknown;
  readonly transport?: unknown;
  readonly command?: unknown;
  readonly args?: unknown;
  readonly cwd?: unknown;
  readonly env?: unknown;
  /** VS Code and Cursor. */
  readonly envFile?: unknown;
  readonly url?: unknown;
  /** Windsurf. */
  readonly serverUrl?: unknown;
  readonly headers?: unknown;
  /** Claude Code: a program that prints headers. */
  readonly headersHelper?: unknown;
  /** Cursor: a client that is known to the server's authorization server. */
  readonly auth?: unknown;
  readonly disabled?: unknown;
}

export interface ImportOptions {
  readonly only?: readonly string[] | undefined;
  /** No value is asked for. */
  readonly isPreview?: boolean;
}

/** Where the content comes from, and what its placeholders may name. */
export interface Origin extends Pick<Terminal, 'env' | 'home'> {
  /** The path of the file; absent: standard input. */
  readonly file?: string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the servers of a client's file. Claude Desktop, Claude Code (`.mcp.json`), Cursor and Windsurf keep them in `mcpServers`, VS Code in
 * `servers`. Placeholders: `${NAME}`, `${NAME:-default}` and `${env:NAME}` for variables, `${file:PATH}` for the text of a file, `${userHome}`,
 * `${workspaceFolder}`, and VS Code's `${input:ID}` for a value that `ask` gives.
 * @throws CommandError if the file has another form
 */
export async function serversIn(
  content: string,
  origin: Origin,
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
  const values = new Values(origin, isPreview ? undefined : ask, inner.inputs);
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
  const open = (text: unknown) => values.fill(String(text), problems, true);
  const sealed = (text: unknown) => values.fill(String(text), problems, false);
  const record = async (given: unknown) => {
    const pairs: [string, string][] = [];
    // VS Code: null takes a variable away.
    for (const [key, value] of Object.entries(isObject(given) ? given : {}))
      if (value !== null) pairs.push([key, await sealed(value)]);
    return Object.fromEntries(pairs);
  };
  let transport: connect.TransportInput;
  let source = '';
  let auth: connect.Auth | undefined;
  if (typeof entry.command === 'string') {
    const words = Array.isArray(entry.args) ? entry.args.map(String) : [];
    source = [entry.command, ...words].join(' ');
    if (entry.cwd !== undefined) problems.push("the hub's servers have no working folder of their own ('cwd')");
    const args: string[] = [];
    for (const word of words) args.push(await open(word));
    const ofFile = entry.envFile === undefined ? {} : await values.variables(String(entry.envFile), problems);
    const env = { ...ofFile, ...(await record(entry.env)) };
    transport = { type: 'stdio', command: await open(entry.command), args, env };
  } else if (typeof url === 'string') {
    source = url;
    const kind = String(entry.type ?? entry.transport ?? '');
    const type = kind === 'sse' ? 'sse' : /^wss?:/.test(url) ? 'websocket' : 'http';
    if (entry.headersHelper !== undefined) problems.push("a program prints its headers ('headersHelper')");
    transport = { type, url: await open(url), headers: await record(entry.headers) };
    if (isObject(entry.auth)) auth = await readAuth(entry.auth, sealed);
  } else {
    transport = { type: 'stdio', command: '', args: [] };
    problems.push('it has neither a command nor an address');
  }
  return { name, transport, ...(auth === undefined ? {} : { auth }), source, problem: problems.join('; ') };
}

async function readAuth(
  { CLIENT_ID, CLIENT_SECRET, scopes }: Readonly<Record<string, unknown>>,
  filled: (text: unknown) => Promise<string>,
): Promise<connect.Auth> {
  return {
    type: 'oauth2',
    grantType: 'authorization_code',
    clientId: await filled(CLIENT_ID ?? ''),
    ...(CLIENT_SECRET === undefined ? {} : { clientSecret: await filled(CLIENT_SECRET) }),
    ...(Array.isArray(scopes) ? { scopes: scopes.map(String) } : {}),
  };
}

/** A value that VS Code asks for. */
interface AskedInput {
  readonly question: string;
  readonly isSecret: boolean;
  readonly choices: readonly string[];
  /** VS Code gets it from a command of an extension. */
  readonly isCommand: boolean;
}

/** The values that placeholders stand for. */
class Values {
  readonly #origin: Origin;
  readonly #ask: ((question: string) => Promise<string>) | undefined;
  readonly #inputs = new Map<string, AskedInput>();
  readonly #answers = new Map<string, string>();

  constructor(origin: Origin, ask: ((question: string) => Promise<string>) | undefined, inputs: unknown) {
    this.#origin = origin;
    this.#ask = ask;
    for (const input of Array.isArray(inputs) ? inputs : [])
      if (isObject(input)) this.#inputs.set(String(input.id), readInput(input));
  }

  /**
   * Replaces the placeholders of a text. A placeholder without a value is a problem, and so is a secret in a text that the hub shows.
   * @param isOpen whether the hub shows the text: a command line or an address
   */
  async fill(text: string, problems: string[], isOpen: boolean): Promise<string> {
    let filled = '';
    let at = 0;
    for (const match of text.matchAll(/\$\{([^}]+)\}/g)) {
      filled += text.slice(at, match.index);
      at = match.index + match[0].length;
      filled += await this.#valueOf(match[1] ?? '', match[0], problems, isOpen);
    }
    return filled + text.slice(at);
  }

  /** The variables of a file that an entry names. */
  async variables(path: string, problems: string[]): Promise<Record<string, string>> {
    const before = problems.length;
    const file = await this.fill(path, problems, false);
    if (problems.length > before) return {};
    try {
      return variablesIn(await readFile(this.#path(file), 'utf8'), file);
    } catch (error) {
      problems.push(error instanceof CommandError ? error.message : `its 'envFile' ${file} cannot be read`);
      return {};
    }
  }

  async #valueOf(name: string, whole: string, problems: string[], isOpen: boolean): Promise<string> {
    const problem = (text: string) => {
      problems.push(text);
      return whole;
    };
    const isShown = `${whole} is a secret, and the hub shows command lines and addresses`;
    const [, kind, rest = ''] = /^(input|file):(.+)$/.exec(name) ?? [];
    if (kind === 'input') {
      const input = this.#inputs.get(rest) ?? { question: rest, isSecret: true, choices: [], isCommand: false };
      if (input.isCommand) return problem(`a command of VS Code gives ${whole}`);
      return isOpen && input.isSecret ? problem(isShown) : this.#answer(rest, input, whole);
    }
    if (kind === 'file') {
      if (isOpen) return problem(isShown);
      return readFile(this.#path(rest), 'utf8').then(
        (text) => text.trimEnd(),
        () => problem(`the file of ${whole} cannot be read`),
      );
    }
    const place = this.#placeOf(name);
    if (place !== undefined) return place;
    const [, variable = '', fallback] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(name) ?? [];
    const value = variable === '' ? undefined : (this.#origin.env[variable] ?? fallback);
    return value ?? problem(variable === '' ? `${whole} has no meaning here` : `${variable} is not set`);
  }

  /** Folders that VS Code and Cursor know by name. The workspace is known where the file lies in one. */
  #placeOf(name: string): string | undefined {
    const { file, home } = this.#origin;
    if (name === 'userHome') return home;
    if (name === 'pathSeparator' || name === '/') return sep;
    const folder = file === undefined ? undefined : dirname(resolve(file));
    const isInside = folder !== undefined && ['.vscode', '.cursor'].includes(basename(folder));
    const workspace = isInside && dirname(folder) !== home ? dirname(folder) : undefined;
    if (name === 'workspaceFolder') return workspace;
    return name === 'workspaceFolderBasename' && workspace !== undefined ? basename(workspace) : undefined;
  }

  /** A path of the file: relative ones are seen from its folder. */
  #path(path: string): string {
    const { file, home } = this.#origin;
    return resolve(file === undefined ? '.' : dirname(file), path.replace(/^~(?=\/)/, home));
  }

  async #answer(id: string, { question, choices }: AskedInput, whole: string): Promise<string> {
    if (!this.#ask) return whole;
    const text = choices.length > 0 ? `${question} (${choices.join(', ')})` : question;
    const known = this.#answers.get(id) ?? (await this.#ask(text));
    if (choices.length > 0 && !choices.includes(known))
      throw new CommandError(`${question}: expected one of ${choices.join(', ')}`, 'usage');
    this.#answers.set(id, known);
    return known;
  }
}

function readInput({ id, type, description, password, options }: Readonly<Record<string, unknown>>): AskedInput {
  const choices = (Array.isArray(options) ? options : []).map((one) => String(isObject(one) ? one.value : one));
  return {
    question: String(description ?? id),
    isSecret: password === true,
    choices: type === 'pickString' ? choices : [],
    isCommand: type === 'command',
  };
}
