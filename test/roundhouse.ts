import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { tempFolder } from './temp-folder.js';

const bin = fileURLToPath(new URL('../agent/bin/roundhouse.mjs', import.meta.url));

/** The key that every hub of a test starts with: role admin, tier Enterprise. */
export const ADMIN_KEY = 'mcp_key_of_the_admin_in_tests';
export const ADMIN_PASSWORD = 'correct horse battery staple';

type LogEntry = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** A hub or an agent, run as a user runs it, its JSON log read as events. */
class Program {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  /** Everything it logged so far. */
  readonly log: LogEntry[] = [];
  output = '';

  /** `through`: a command that runs it, such as `ip netns exec NAME`. */
  constructor(
    t: Test,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    through: readonly string[] = [],
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'));
    const [program = process.execPath, ...words] = [...through, process.execPath, bin, ...args];
    this.#child = spawn(program, words, {
      // It ends with its standard input: a test that is killed leaves nothing behind.
      env: { ...Object.fromEntries(inherited), ROUNDHOUSE_PARENT: 'stdin', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#exit = once(this.#child, 'exit').then(() => this.#wake());
    this.#child.stdout?.on('data', (chunk) => {
      this.output += chunk;
    });
    if (this.#child.stderr) createInterface(this.#child.stderr).on('line', (line) => this.#take(line));
    t.teardown(() => this.stop());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Resolves with the first entry, past or to come, that the predicate takes. @throws when the program ends before that. */
  async logged(wanted: (entry: LogEntry) => boolean, from = 0): Promise<LogEntry> {
    for (let seen = from; ; ) {
      for (; seen < this.log.length; seen += 1) {
        const entry = this.log[seen];
        if (entry && wanted(entry)) return entry;
      }
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`it ended before that:\n${this.log.map((entry) => JSON.stringify(entry)).join('\n')}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    await this.#exit;
  }

  exited(): Promise<unknown> {
    return this.#exit;
  }

  #take(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogEntry);
    } catch {
      this.log.push({ msg: line });
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of what it reads
  readonly body: any;
}

/** A running hub. */
export class Hub extends Program {
  url = '';
  agentAddress = '';
  /** Its data folder. */
  data = '';
  /** Agents started so far: each gets a folder of its own. */
  agentCount = 0;

  async ready(): Promise<this> {
    const entry = await this.logged(({ msg }) => msg === 'hub is ready');
    const http = entry.http as { host: string; port: number };
    const agents = entry.agents as { host: string; port: number };
    this.url = `http://${http.host}:${http.port}`;
    this.agentAddress = `${agents.host}:${agents.port}`;
    return this;
  }

  /** Calls an endpoint, as the admin unless told otherwise. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    key: string | null = ADMIN_KEY,
    init: RequestInit = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = key === null ? {} : { Authorization: `Bearer ${key}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...init,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }

  /** A join token for a site. */
  async token(site: string, ttlSeconds?: number): Promise<string> {
    const { body } = await this.call('POST', '/connect/api/agents/tokens', { site, ttlSeconds });
    return body.data.token;
  }

  /** Registers a server and connects it; gives its id. */
  async connectServer(server: Readonly<Record<string, unknown>>): Promise<string> {
    const made = await this.call('POST', '/api/servers', server);
    if (made.status !== 201) throw new Error(`not registered: ${JSON.stringify(made.body)}`);
    const connected = await this.call('POST', `/api/servers/${made.body.data.id}/connect`);
    if (connected.status !== 200) throw new Error(`not connected: ${JSON.stringify(connected.body)}`);
    return made.body.data.id;
  }

  /** Makes a key of a role. */
  async key(role: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { body } = await this.call('POST', '/api/keys', { name: role, role, tier: 'enterprise', ...more });
    return body.data.key;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface HubOptions {
  /** The data folder; default: a new one. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a hub on free ports; it ends with the test. */
export function startHub(t: Test, { data = tempFolder(t), env = {} }: HubOptions = {}): Promise<Hub> {
  const settings = {
    ROUNDHOUSE_LISTEN: '127.0.0.1:0',
    ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0',
    ROUNDHOUSE_DATA: data,
    ROUNDHOUSE_API_KEY: ADMIN_KEY,
    ROUNDHOUSE_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ROUNDHOUSE_RATE_LIMIT_SCALE: '1000',
  };
  const hub = new Hub(t, ['hub'], { ...settings, ...env });
  hub.data = data;
  return hub.ready();
}

/** Runs an agent that is yet to join, or that joined before; it ends with the test. */
export function runAgent(
  t: Test,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  through: readonly string[] = [],
): Program {
  return new Program(t, ['agent', ...args], env, through);
}

/** Starts an agent at a site, and resolves once the hub has it. */
export async function startAgent(
  t: Test,
  hub: Hub,
  site = 'local',
  more: readonly string[] = [],
): Promise<Program & { id: string; data: string }> {
  hub.agentCount += 1;
  const data = join(hub.data, 'agents', `${site}-${hub.agentCount}`);
  const token = await hub.token(site);
  const from = hub.log.length;
  const agent = runAgent(t, ['--hub', hub.agentAddress, '--token', token, '--data', data, ...more]);
  const connected = hub.logged(({ msg, site: at }) => msg === 'agent connected' && at === site, from);
  const gone = agent
    .exited()
    .then(() => Promise.reject(new Error(`the agent ended: ${JSON.stringify(agent.log.at(-1))}`)));
  const { agent: id } = await Promise.race([connected, gone]);
  return Object.assign(agent, { id: String(id), data });
}

/** Runs a `roundhouse` command to its end. */
export async function roundhouse(
  t: Test,
  args: readonly string[],
  { input = '', env = {} as Record<string, string> } = {},
) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'));
  const child = spawn(process.execPath, [bin, ...args], { env: { ...Object.fromEntries(inherited), ...env } });
  t.teardown(() => child.kill('SIGKILL'));
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Where the MCP project's reference servers lie, to be run by node. */
export const everything = fileURLToPath(
  new URL('../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);
export const filesystem = fileURLToPath(
  new URL('../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', import.meta.url),
);
/** A misbehaving server of test/fixtures/servers. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/servers/${name}.mjs`, import.meta.url));
}
