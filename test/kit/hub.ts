import { join } from 'node:path';
import type { Test } from 'tap';
import type { HubParts, RunningHub } from '../../hub/main.js';
import { tempFolder } from '../temp-folder.js';
import { loadHub } from './product.js';
import { Program } from './program.js';
import { type LogEntry, Running } from './running.js';

/** The key that every hub of a test starts with: role admin, tier Enterprise. */
export const ADMIN_KEY = 'mcp_key_of_the_admin_in_tests';
export const ADMIN_PASSWORD = 'correct horse battery staple';

/** The part of `t` that a test needs to start something that ends with the test. */
export type Owner = Pick<Test, 'testdirName' | 'teardown'>;

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly body: any;
}

/** A running hub, and the calls that tests make to it. */
export class Hub<R extends Running = Running> {
  readonly url: string;
  readonly agentAddress: string;
  /** Agents started so far: each gets a folder of its own. */
  agentCount = 0;

  /** @param data its data folder @param ready the hub's log entry that says that it is ready */
  constructor(
    protected readonly running: R,
    readonly data: string,
    ready: LogEntry,
  ) {
    const { http, agents } = ready as unknown as Pick<RunningHub, 'http' | 'agents'>;
    this.url = `http://${http.host}:${http.port}`;
    this.agentAddress = `${agents.host}:${agents.port}`;
  }

  /** Everything it logged so far. */
  get log(): readonly LogEntry[] {
    return this.running.log;
  }

  /** Resolves with the first entry, past or to come, that the predicate takes. @throws when the hub ends before that. */
  logged(wanted: (entry: LogEntry) => boolean, from = 0): Promise<LogEntry> {
    return this.running.logged(wanted, from);
  }

  /** Stops it as an operator does; resolves once it has ended. */
  stop(): Promise<void> {
    return this.running.stop();
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

/** A hub that runs as a process of its own. */
export class HubProcess extends Hub<Program> {
  get pid(): number {
    return this.running.pid;
  }

  get exitCode(): number | null {
    return this.running.exitCode;
  }

  /** The standard output so far. */
  get output(): string {
    return this.running.output;
  }

  override stop(signal?: NodeJS.Signals): Promise<void> {
    return this.running.stop(signal);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A hub in the test's own process. */
class HubInside extends Running {
  #hub: Promise<RunningHub> | undefined;
  #closed: Promise<void> | undefined;

  async start(env: Readonly<Record<string, string>>, parts: HubParts): Promise<void> {
    const { readConfig, createLog, Redactor, LogFiles, startHub } = await loadHub();
    const config = readConfig({ env });
    const redactor = new Redactor();
    const logFiles = new LogFiles(join(config.data, 'logs'));
    const destination = { write: (line: string) => this.take(line) };
    const log = createLog(config.logLevel, redactor, logFiles, destination);
    // Rules about the machine would raise alerts in tests that are not about them, where the machine is full.
    const mutedRules = ['site_memory', 'site_disk'] as const;
    // An agent on a busy machine takes its time to load the code for clusters.
    const clusters = { firstLookMs: 120_000 };
    this.#hub = startHub(config, log, redactor, { logFiles, graceMs: 0, mutedRules, clusters, ...parts });
    await this.#hub;
  }

  stop(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const hub = await this.#hub?.catch(() => undefined);
    await hub?.close();
    this.over();
  }
}

export interface ProgramOptions {
  /** The data folder; default: a new one. */
  readonly data?: string;
  /** Settings, in addition to the usual settings of tests. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface HubProcessOptions extends ProgramOptions {
  /** See {@link Program}. */
  readonly through?: readonly string[];
}

export interface HubOptions extends ProgramOptions {
  /** Changes that are no setting. */
  readonly parts?: HubParts;
}

function settings(data: string, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ROUNDHOUSE_LISTEN: '127.0.0.1:0',
    ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0',
    ROUNDHOUSE_DATA: data,
    ROUNDHOUSE_API_KEY: ADMIN_KEY,
    ROUNDHOUSE_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ROUNDHOUSE_RATE_LIMIT_SCALE: '1000',
    // No test asks the official registry.
    ROUNDHOUSE_REGISTRY: 'http://127.0.0.1:1',
    ...env,
  };
}

const isReady = ({ event }: LogEntry) => event === 'hub.ready';

/** Starts a hub inside the test's process, on free ports; it ends with the test. */
export async function startHub(
  t: Owner,
  { data = tempFolder(t), env = {}, parts = {} }: HubOptions = {},
): Promise<Hub> {
  const hub = new HubInside();
  t.teardown(() => hub.stop());
  await hub.start(settings(data, env), parts);
  return new Hub(hub, data, await hub.logged(isReady));
}

/** Runs a hub as a process of its own, ready or not; it ends with the test. */
export const runHubProcess = (
  t: Owner,
  { data = tempFolder(t), env = {}, through = [] }: HubProcessOptions = {},
): Program => new Program(t, ['hub'], settings(data, env), through);

/** Starts a hub as a process of its own, on free ports: for tests that kill it, or look at the process. It ends with the test. */
export async function startHubProcess(
  t: Owner,
  { data = tempFolder(t), ...more }: HubProcessOptions = {},
): Promise<HubProcess> {
  const program = runHubProcess(t, { data, ...more });
  return new HubProcess(program, data, await program.logged(isReady));
}
