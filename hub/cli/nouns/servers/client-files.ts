import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import type { connect } from '@roundhouse/sdk';
import { CommandError } from '../../frame/failures.js';
import type { Terminal } from '../../frame/terminal.js';
import { variablesIn } from './given.js';

/** A server of a client's file. */
export interface ImportedServer {
  readonly name: string;
  readonly transport: connect.TransportInput;
  /** Its OAuth client, if the file has one. */
  readonly auth?: connect.Auth;
  /** Its command line or address with the placeholders of the file, whose values may be secrets. */
  readonly source: string;
  /** Why the server cannot be imported; empty: it can. */
  readonly problem: string;
  /** Sentences about differences between the hub and the client. */
  readonly warnings: readonly string[];
}

type FileEntry = Readonly<Record<string, unknown>>;

/** The members that an entry of any client may have, and that an import reads. */
const commonMembers = ['type', 'transport', 'disabled'];
/** `cwd`: VS Code; `envFile`: VS Code and Cursor. */
const programMembers = ['command', 'args', 'env', 'cwd', 'envFile'];
/** `serverUrl`: Windsurf; `headersHelper`: Claude Code; `auth`: Cursor; `oauth`: Claude Code and VS Code. */
const remoteMembers = ['url', 'serverUrl', 'headers', 'headersHelper', 'auth', 'oauth'];

/** The names of remote transports in the files of clients. */
const remoteTypes: Readonly<Record<string, 'http' | 'sse' | 'websocket'>> = {
  ...{ http: 'http', 'streamable-http': 'http', streamableHttp: 'http', 'streamable http': 'http' },
  ...{ sse: 'sse', ws: 'websocket', websocket: 'websocket' },
};

/** Asks the user for a value. `fallback`: the value for an empty answer. */
type Ask = (question: string, fallback: string | undefined) => Promise<string>;

export interface ImportOptions {
  readonly only?: readonly string[] | undefined;
  /** The user is asked for no values. */
  readonly isPreview?: boolean;
}

/** The source of the content, and the values of its placeholders. */
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
  ask: Ask,
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
    const server = await readEntry(name, isObject(entry) ? entry : {}, values);
    const taken = values.takenFromHere();
    const warnings = taken.length === 0 ? [] : [`the server gets from this machine: ${taken.join(', ')}`];
    found.push({ ...server, warnings: [...server.warnings, ...warnings] });
  }
  return found;
}

function read(content: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(withoutComments(content));
    if (isObject(parsed)) return parsed;
  } catch {
    // The error below names the expected form.
  }
  throw new CommandError('the file is not a JSON object');
}

/** Turns the JSON of VS Code and Cursor into plain JSON: removes comments and trailing commas outside strings. */
export function withoutComments(content: string): string {
  const parts = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const bare = content.replace(/^\ufeff/, '').replace(parts, (part) => (part.startsWith('"') ? part : ''));
  return bare.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part === ',' ? '' : part));
}

async function readEntry(name: string, entry: FileEntry, values: Values): Promise<ImportedServer> {
  const problems: string[] = entry.disabled === true ? ['it is disabled in the file'] : [];
  const url = entry.url ?? entry.serverUrl;
  if (typeof entry.command === 'string') return readProgram(name, entry, entry.command, values, problems);
  if (typeof url === 'string') return readRemote(name, entry, url, values, problems);
  problems.push('it has neither a command nor an address');
  return {
    name,
    transport: { type: 'stdio', command: '', args: [] },
    ...{ source: '', problem: problems.join('; '), warnings: [] },
  };
}

async function readProgram(
  name: string,
  entry: FileEntry,
  command: string,
  values: Values,
  problems: string[],
): Promise<ImportedServer> {
  const kind = entry.type ?? entry.transport ?? 'stdio';
  if (kind !== 'stdio') problems.push(`its type '${kind}' is not that of a command: expected stdio`);
  if (entry.args !== undefined && !Array.isArray(entry.args)) problems.push("its 'args' are no list");
  if (entry.cwd !== undefined) problems.push("the hub's servers have no working folder of their own ('cwd')");
  const words = [command, ...(Array.isArray(entry.args) ? entry.args.map(String) : [])];
  const filled: string[] = [];
  for (const word of words) filled.push(await values.fill(word, problems, true));
  const ofFile = entry.envFile === undefined ? {} : await values.variables(String(entry.envFile), problems);
  const env = { ...ofFile, ...(await sealedValues(entry, 'env', values, problems)) };
  const [program = '', ...args] = filled;
  return {
    name,
    transport: { type: 'stdio', command: program, args, env },
    ...{ source: words.join(' '), problem: problems.join('; ') },
    warnings: warningsAbout(others(entry, programMembers), words),
  };
}

async function readRemote(
  name: string,
  entry: FileEntry,
  url: string,
  values: Values,
  problems: string[],
): Promise<ImportedServer> {
  const kind = String(entry.type ?? entry.transport ?? (/\/sse\/?$/.test(url) ? 'sse' : 'http'));
  const type = /^wss?:/.test(url) ? 'websocket' : Object.hasOwn(remoteTypes, kind) ? remoteTypes[kind] : undefined;
  if (!type) problems.push(`its type '${kind}' is unknown: expected http, sse or ws`);
  if (/^(?:unix|pipe):/.test(url)) problems.push('the hub does not connect to sockets in the file system');
  if (entry.headersHelper !== undefined) problems.push("a program prints its headers ('headersHelper')");
  const headers = await sealedValues(entry, 'headers', values, problems);
  const address = await values.fill(url, problems, true);
  const leftOut = others(entry, remoteMembers);
  const auth = await readAuth(entry, values, problems, leftOut);
  return {
    name,
    transport: { type: type ?? 'http', url: address, headers },
    ...(auth === undefined ? {} : { auth }),
    ...{ source: url, problem: problems.join('; '), warnings: warningsAbout(leftOut, [url]) },
  };
}

const others = (entry: FileEntry, known: readonly string[]) =>
  Object.keys(entry).filter((member) => !known.includes(member) && !commonMembers.includes(member));

/** A placeholder for a variable of the environment. */
const variable = /\$\{(?!userHome\}|pathSeparator\}|workspaceFolder)(?:env:)?[A-Z_][A-Z0-9_]*(?::-[^}]*)?\}/gi;

/** @param leftOut the members that have no equivalent in the hub @param open the texts that the hub shows */
function warningsAbout(leftOut: readonly string[], open: readonly string[]): string[] {
  const shown = open.flatMap((text) => text.match(variable) ?? []);
  const members = leftOut.map((member) => `'${member}'`).join(', ');
  return [
    ...(leftOut.length === 0 ? [] : [`the hub has nothing like ${members}: left out`]),
    ...(shown.length === 0 ? [] : [`the hub shows command lines and addresses, also the value of ${shown.join(', ')}`]),
  ];
}

/** The variables or headers of an entry. In VS Code, `null` removes a variable. */
async function sealedValues(entry: FileEntry, member: 'env' | 'headers', values: Values, problems: string[]) {
  const given = entry[member];
  if (given !== undefined && !isObject(given)) problems.push(`its '${member}' is no object`);
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(isObject(given) ? given : {})) {
    if (typeof value === 'object' && value !== null) problems.push(`the value of '${member}.${key}' is no text`);
    else if (value !== null) pairs.push([key, await values.fill(String(value), problems, false)]);
  }
  return Object.fromEntries(pairs);
}

/** The OAuth client of an entry: that of Cursor, or that of Claude Code and VS Code. */
async function readAuth(
  { auth, oauth }: FileEntry,
  values: Values,
  problems: string[],
  leftOut: string[],
): Promise<connect.Auth | undefined> {
  const member = auth === undefined ? 'oauth' : 'auth';
  const given = auth ?? oauth;
  if (given === undefined) return undefined;
  const words = auth === undefined ? ['clientId', 'clientSecret', 'scopes'] : ['CLIENT_ID', 'CLIENT_SECRET', 'scopes'];
  const [clientId, clientSecret, scopes] = words.map((word) => (isObject(given) ? given[word] : undefined));
  if (isObject(given))
    for (const other of Object.keys(given)) if (!words.includes(other)) leftOut.push(`${member}.${other}`);
  if (clientId === undefined || clientId === '') {
    problems.push(`its '${member}' names no OAuth client ('${words[0]}')`);
    return undefined;
  }
  return {
    type: 'oauth2',
    grantType: 'authorization_code',
    clientId: await values.fill(String(clientId), problems, true),
    ...(clientSecret === undefined ? {} : { clientSecret: await values.fill(String(clientSecret), problems, false) }),
    ...(scopes === undefined ? {} : { scopes: Array.isArray(scopes) ? scopes.map(String) : String(scopes).split(' ') }),
  };
}

/** A value for which VS Code asks the user. */
interface AskedInput {
  readonly question: string;
  readonly isSecret: boolean;
  readonly choices: readonly string[];
  /** The value for an empty answer. */
  readonly fallback?: string | undefined;
  /** A command of an extension of VS Code gives the value. */
  readonly isCommand: boolean;
}

/** The values of placeholders. */
class Values {
  readonly #origin: Origin;
  readonly #ask: Ask | undefined;
  readonly #inputs = new Map<string, AskedInput>();
  readonly #answers = new Map<string, string>();
  /** The files and variables of this machine that the values come from. */
  readonly #taken = new Set<string>();

  constructor(origin: Origin, ask: Ask | undefined, inputs: unknown) {
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
    for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
      filled += text.slice(at, match.index);
      at = match.index + match[0].length;
      filled += await this.#valueOf(match[1] ?? '', match[0], problems, isOpen);
    }
    return filled + text.slice(at);
  }

  /** The files and variables of this machine whose text was used in values since the last call. */
  takenFromHere(): string[] {
    const taken = [...this.#taken];
    this.#taken.clear();
    return taken;
  }

  /** The variables of a file that an entry names. */
  async variables(path: string, problems: string[]): Promise<Record<string, string>> {
    const before = problems.length;
    const file = await this.fill(path, problems, false);
    if (problems.length > before) return {};
    try {
      const variables = variablesIn(await readFile(this.#path(file), 'utf8'), file);
      this.#taken.add(`the variables in ${this.#path(file)}`);
      return variables;
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
    if (name.includes('${')) return problem(`${whole}} has a placeholder within a placeholder`);
    const isShown = `${whole} is a secret, and the hub shows command lines and addresses`;
    const [, kind, rest = ''] = /^(input|file):(.+)$/.exec(name) ?? [];
    if (kind === 'input') {
      const input = this.#inputs.get(rest) ?? { question: rest, isSecret: true, choices: [], isCommand: false };
      if (input.isCommand) return problem(`a command of VS Code gives ${whole}`);
      return isOpen && input.isSecret ? problem(isShown) : this.#answer(rest, input, whole);
    }
    if (kind === 'file') {
      if (isOpen) return problem(isShown);
      const path = this.#path(rest);
      return readFile(path, 'utf8').then(
        (text) => {
          this.#taken.add(`the file ${path}`);
          return text.trimEnd();
        },
        () => problem(`the file of ${whole} cannot be read`),
      );
    }
    const place = this.#placeOf(name);
    if (place !== undefined) return place;
    const [, variable = '', fallback] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(name) ?? [];
    const own = variable === '' ? undefined : this.#origin.env[variable];
    if (own !== undefined) this.#taken.add(`the variable ${variable}`);
    const value = own ?? fallback;
    return value ?? problem(variable === '' ? `${whole} has no meaning here` : `${variable} is not set`);
  }

  /** Folders that VS Code and Cursor know by name. The workspace is known if the file lies in one. */
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

  /** An absolute path: relative paths start at the folder of the file. */
  #path(path: string): string {
    const { file, home } = this.#origin;
    return resolve(file === undefined ? '.' : dirname(file), path.replace(/^~(?=\/)/, home));
  }

  async #answer(id: string, { question, choices, fallback }: AskedInput, whole: string): Promise<string> {
    if (!this.#ask) return whole;
    const text = choices.length > 0 ? `${question} (${choices.join(', ')})` : question;
    const known = this.#answers.get(id) ?? (await this.#ask(text, fallback));
    if (choices.length > 0 && !choices.includes(known))
      throw new CommandError(`${question}: expected one of ${choices.join(', ')}`, 'usage');
    this.#answers.set(id, known);
    return known;
  }
}

function readInput({ id, type, description, password, options, ...more }: FileEntry): AskedInput {
  const choices = (Array.isArray(options) ? options : []).map((one) => String(isObject(one) ? one.value : one));
  return {
    question: String(description ?? id),
    isSecret: password === true,
    choices: type === 'pickString' ? choices : [],
    fallback: typeof more.default === 'string' ? more.default : undefined,
    isCommand: type === 'command',
  };
}
