import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import type { Answer, History } from '../kit/history.js';
import { wait } from '../kit/wait.js';

/** Servers that the clients make, change, read and remove in each round. Few clients meet at each: the check of a history takes time with their number. */
const RECORDS = 20;
/** A server with so many changes of unknown outcome is left for another one: each of them may come at any later time. */
const MOST_UNKNOWN = 3;
/** A request without an answer for so long has an unknown outcome, milliseconds. */
const ANSWER_MS = 15_000;
/** A client asks for so long until a hub serves it, milliseconds. */
const SERVED_MS = 60_000;
const PAUSE_MS = 25;
/** A client that no hub serves asks all hubs so often at the least, milliseconds. */
const UNSERVED_MS = 200;
const WORKFLOWS = '/automation/api/v1/orchestration/workflows';

interface Credentials {
  readonly key: string;
  readonly password: string;
}

/** The end of a request: an answer of a hub, or what is known without one. */
type End = { readonly status: number; readonly body: unknown } | 'unknown' | 'not_run';

/** Clients of several hubs. Each asks the hub that served it last, and another one if that hub is gone or waits for its turn. */
export class Clients {
  readonly counts: Record<string, number> = {};
  readonly #groups = new Set<string>();
  readonly #events: { readonly id: number; readonly name: string }[] = [];
  readonly #errors: string[] = [];
  #stream: EventSource | undefined;
  #isOver = false;
  #isClosed = false;
  /** How many changes of a server have an unknown outcome. */
  readonly #unknown = new Map<string, number>();
  #round = 0;
  #token = 0;
  #group = 0;

  constructor(
    readonly history: History,
    readonly urls: readonly string[],
    readonly credentials: Credentials,
  ) {}

  /** Waits until servers can be registered, starts a workflow that runs every second, and reads the event stream. */
  async prepare(): Promise<void> {
    await this.#done('POST', `${WORKFLOWS}/execute`, { workflow: 'health_sweep', schedule: '* * * * * *' });
    const registered = { name: 'first', site: 'local', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } };
    await this.#done('POST', '/api/servers', registered);
    this.#listen(0);
  }

  /** The clients at work, until {@link Clients.stop}. */
  async run(count: number, random: () => number): Promise<void> {
    const client = async (n: number) => {
      while (!this.#isOver) {
        await this.#step(n, random);
        await pause(PAUSE_MS);
      }
    };
    await Promise.all(Array.from({ length: count }, (_, n) => client(n)));
  }

  /** Ends the work after the requests under way. */
  stop(): void {
    this.#isOver = true;
  }

  /** From now on the clients use other servers. */
  nextRound(): void {
    this.#round += 1;
  }

  /** The name of a server of this round. */
  #record(n: number): string {
    for (let next = 0; ; next += 1) {
      const record = `server-${this.#round}-${n}-${next}`;
      if ((this.#unknown.get(record) ?? 0) < MOST_UNKNOWN) return record;
    }
  }

  async #step(client: number, random: () => number): Promise<void> {
    const draw = random();
    const record = this.#record(Math.floor(random() * RECORDS));
    const path = `/api/servers/${record}`;
    if (draw < 0.04) return this.#refreshTogether(client);
    if (draw < 0.12) return this.#makeGroup();
    const value = randomUUID();
    if (draw < 0.35) {
      const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
      const body = { name: record, site: 'local', description: value, transport };
      return this.#note({ client, record, kind: 'create', value }, 'POST', '/api/servers', body);
    }
    if (draw < 0.6) return this.#note({ client, record, kind: 'write', value }, 'PUT', path, { description: value });
    if (draw < 0.7) return this.#note({ client, record, kind: 'remove' }, 'DELETE', path);
    return this.#note({ client, record, kind: 'read' }, 'GET', path);
  }

  async #note(request: Parameters<History['run']>[0], method: string, path: string, body?: object): Promise<void> {
    const answer = await this.history.run(request, async (): Promise<Answer> => {
      const end = await this.#ask(method, path, body);
      if (typeof end === 'string') return { result: end };
      const { status } = end;
      // A server that is there already; or another client has changed the server meanwhile, which the history shows by itself.
      if (status === 409) return { result: request.kind === 'create' ? 'exists' : 'not_run' };
      if (status === 404) return { result: 'absent' };
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(end.body)}`);
      const { data } = end.body as { data?: { description?: string } };
      return request.kind === 'read' ? { result: 'done', seen: data?.description ?? '' } : { result: 'done' };
    });
    if (answer.result === 'unknown' && request.kind !== 'read')
      this.#unknown.set(request.record, (this.#unknown.get(request.record) ?? 0) + 1);
    const name = `${request.kind} ${answer.result}`;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  /** Three clients send the same refresh token: one of them gets a new one. */
  async #refreshTogether(client: number): Promise<void> {
    const auth = '/automation/api/v1/auth';
    this.#token += 1;
    const record = `token-${this.#token}`;
    const { password } = this.credentials;
    let token = '';
    await this.history.run({ client, record, kind: 'create' }, async () => {
      const end = await this.#ask('POST', `${auth}/token`, { username: 'admin', password });
      if (typeof end === 'string') return { result: end };
      token = (end.body as { refresh_token: string }).refresh_token;
      return { result: 'done' };
    });
    if (token === '') return;
    await Promise.all(
      [1, 2, 3].map(() =>
        this.history.run({ client, record, kind: 'remove' }, async () => {
          const end = await this.#ask('POST', `${auth}/refresh`, { refresh_token: token });
          if (typeof end === 'string') return { result: end };
          return { result: end.status === 200 ? 'done' : 'absent' };
        }),
      ),
    );
  }

  /** Makes a group, which the event stream has to tell. */
  async #makeGroup(): Promise<void> {
    this.#group += 1;
    const name = `group-${this.#group}`;
    const end = await this.#ask('POST', '/api/groups', { name });
    if (typeof end !== 'string' && end.status === 201) this.#groups.add(name);
  }

  async #done(method: string, path: string, body?: object): Promise<unknown> {
    for (;;) {
      const end = await this.#ask(method, path, body);
      if (typeof end !== 'string' && end.status < 300) return end.body;
      await pause(PAUSE_MS);
    }
  }

  /** Asks the hubs until one of them serves the request. */
  async #ask(method: string, path: string, body?: object): Promise<End> {
    const until = Date.now() + SERVED_MS;
    let pauseMs = PAUSE_MS;
    for (let hub = 0; Date.now() < until; hub += 1) {
      const end = await this.#askOne(this.#url(hub), method, path, body);
      if (end !== 'not_run') {
        this.#first = (this.#first + hub) % this.urls.length;
        return end;
      }
      if (hub % this.urls.length < this.urls.length - 1) continue;
      await pause(pauseMs);
      pauseMs = Math.min(UNSERVED_MS, pauseMs * 1.5);
    }
    return 'not_run';
  }

  /** The hub that served a client last. */
  #first = 0;
  #url(n: number): string {
    return this.urls[(this.#first + n) % this.urls.length] ?? '';
  }

  async #askOne(url: string, method: string, path: string, body?: object): Promise<End> {
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          Authorization: `Bearer ${this.credentials.key}`,
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const text = await response.text();
      if (response.status !== 503) return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
      return /"outcome":"not_run"/.test(text) ? 'not_run' : 'unknown';
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      return code === 'ECONNREFUSED' ? 'not_run' : 'unknown';
    }
  }

  /** Reads the event stream of one hub after the other, and goes on after the last event. */
  #listen(hub: number): void {
    if (this.#isClosed) return;
    const url = `${this.urls[hub % this.urls.length]}/api/sse/events?types=group.created`;
    const last = this.#events.at(-1)?.id;
    const stream = new EventSource(url, {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: {
            ...init.headers,
            Authorization: `Bearer ${this.credentials.key}`,
            ...(last === undefined ? {} : { 'Last-Event-ID': String(last) }),
          },
        }),
    });
    this.#stream = stream;
    stream.addEventListener('group.created', ({ lastEventId, data }) => {
      const id = Number(lastEventId);
      const before = this.#events.at(-1)?.id ?? 0;
      if (id <= before) this.#errors.push(`event ${id} came after event ${before}`);
      this.#events.push({ id, name: JSON.parse(data).groupName });
    });
    stream.addEventListener('reset', () => this.#errors.push('the stream was reset'));
    stream.onerror = () => {
      stream.close();
      if (this.#stream === stream) setTimeout(() => this.#listen(hub + 1), PAUSE_MS);
    };
  }

  /** Waits until the stream has told each group that a hub acknowledged. @returns what contradicts the promises of the event stream */
  async missingEvents(): Promise<string[]> {
    const told = () => new Set(this.#events.map(({ name }) => name));
    await wait(
      () => `the events of ${[...this.#groups].filter((name) => !told().has(name)).join()} came`,
      () => [...this.#groups].every((name) => told().has(name)),
    );
    this.#isClosed = true;
    this.#stream?.close();
    const twice = this.#events.map(({ name }) => name).filter((name, at, all) => all.indexOf(name) !== at);
    return [...this.#errors, ...twice.map((name) => `${name} was told twice`)];
  }
}
