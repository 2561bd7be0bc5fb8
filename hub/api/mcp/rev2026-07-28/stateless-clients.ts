import { payerOf } from '../../../domain/access/caller.js';
import { DomainError } from '../../../domain/errors.js';
import type {
  ClientAsk,
  ClientHello,
  ClientListener,
  McpClient,
  McpLogLevel,
} from '../../../domain/mcp/clients/client.js';
import type { McpClients } from '../../../domain/mcp/clients/clients.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { OwnerCounts, ownerOf } from '../owners.js';
import type { Surroundings } from '../requests.js';

export interface StatelessSettings {
  /** How many calls of all callers may run at once, and how many of one caller. */
  readonly most: number;
  readonly mostOfCaller: number;
}

const defaultStatelessSettings: StatelessSettings = { most: 5000, mostOfCaller: 200 };

/** Where a request comes from. */
type From = Pick<Surroundings, 'view' | 'origin'>;

/** Known clients without a request under way. Beyond this number the hub forgets the client that was used longest ago. */
const MOST_FREE = 5000;

/** A call of a client that servers can ask. */
export interface AskableCall extends ClientListener {
  /** Whether the client can be asked by way of this call. */
  readonly mayAsk: boolean;
  /** Whether the call went to this server. */
  reached(server: ServerRecord): boolean;
}

/**
 * A client without a session that servers can ask. Requests belong to one client if they have the same caller, address, program, capabilities
 * and view. The client has one instance of each server. A question of an instance does not name its call, so any call of the client may carry
 * the question.
 */
export class StatelessClient implements ClientListener {
  readonly client: McpClient;
  /** Calls that run, the oldest first. */
  readonly calls = new Set<AskableCall>();
  /** Streams of changes. */
  readonly streams = new Set<ClientListener>();
  readonly #clients: McpClients;

  constructor(
    readonly key: string,
    view: McpView,
    hello: ClientHello,
    clients: McpClients,
  ) {
    this.#clients = clients;
    this.client = clients.open(view, hello, this);
  }

  get isFree(): boolean {
    return this.calls.size + this.streams.size === 0;
  }

  notify(method: string, params: string): void {
    for (const stream of this.streams) stream.notify(method, params);
    [...this.calls].at(-1)?.notify(method, params);
  }

  ask(ask: ClientAsk): void {
    const able = [...this.calls].reverse().filter(({ mayAsk }) => mayAsk);
    const call = able.find((one) => one.reached(ask.server)) ?? able[0];
    if (call) call.ask(ask);
    else this.#clients.answer(this.client, ask.id, DECLINED);
  }

  unask(askId: string, reason: string): void {
    for (const call of this.calls) call.unask(askId, reason);
  }
}

const DECLINED = {
  case: 'error',
  value: Buffer.from(
    '{"code":-32601,"message":"The client has no call under way that could be answered with a question"}',
  ),
} as const;

/** The clients without sessions that servers can ask. A client stays while it has an instance, or has not been told yet that its instance ended. */
export class StatelessClients {
  readonly #clients: McpClients;
  readonly #settings: StatelessSettings;
  /** In the order of their last use. */
  readonly #byKey = new Map<string, StatelessClient>();
  readonly #counts = new OwnerCounts();
  #running = 0;

  constructor(clients: McpClients, settings: Partial<StatelessSettings> = {}) {
    this.#clients = clients;
    this.#settings = { ...defaultStatelessSettings, ...settings };
  }

  /** The known client of a request; `undefined` if the client has made no call that needs an instance. */
  find(from: From, hello: ClientHello): StatelessClient | undefined {
    return this.#byKey.get(keyOf(from, hello));
  }

  /** Begins a call of a client. @throws DomainError `unavailable` if too many calls run. */
  begin(from: From, hello: ClientHello, call: AskableCall): StatelessClient {
    const payer = payerOf(from.view.caller);
    if (this.#running >= this.#settings.most || this.#counts.of(payer) >= this.#settings.mostOfCaller)
      throw new DomainError('unavailable', 'Too many requests wait for their clients', { retryAfter: 5 });
    this.#running += 1;
    this.#counts.add(payer);
    const known = this.#use(from, hello);
    known.calls.add(call);
    return known;
  }

  end(known: StatelessClient, call: AskableCall): void {
    if (!known.calls.delete(call)) return;
    this.#running -= 1;
    this.#counts.drop(payerOf(known.client.view.caller));
    this.#rest(known);
  }

  /** Adds a stream to the client. The stream gets the client's notifications. */
  listen(from: From, hello: ClientHello, stream: ClientListener): StatelessClient {
    const known = this.#use(from, hello);
    known.streams.add(stream);
    return known;
  }

  unlisten(known: StatelessClient, stream: ClientListener): void {
    if (known.streams.delete(stream)) this.#rest(known);
  }

  close(): void {
    for (const known of [...this.#byKey.values()]) this.#forget(known);
  }

  #use({ view, origin }: From, hello: ClientHello): StatelessClient {
    const key = keyOf({ view, origin }, hello);
    const known = this.#byKey.get(key) ?? new StatelessClient(key, view, hello, this.#clients);
    this.#byKey.delete(key);
    this.#byKey.set(key, known);
    known.client.awaySince = undefined;
    this.#clients.refresh(known.client, view.caller);
    return known;
  }

  /** The client has no request under way: its instances stay for a while. */
  #rest(known: StatelessClient): void {
    if (!known.isFree) return;
    const { client } = known;
    client.awaySince = performance.now();
    // The client has no stream that gets changes.
    client.toldTools = '';
    const hasInstance = !this.#clients.instances.of(client)[Symbol.iterator]().next().done;
    if (!hasInstance && client.lost.size === 0) this.#forget(known);
    else if (this.#byKey.size > MOST_FREE) {
      const oldest = [...this.#byKey.values()].find(({ isFree }) => isFree);
      if (oldest) this.#forget(oldest);
    }
  }

  #forget(known: StatelessClient): void {
    if (this.#byKey.get(known.key) === known) this.#byKey.delete(known.key);
    this.#clients.close(known.client);
  }
}

/** Loopback has several addresses, and is one machine. */
const loopback = /^(?:::ffff:)?127\.|^::1$/;

function keyOf({ view, origin: { ip } }: From, hello: ClientHello): string {
  return JSON.stringify([ownerOf(view.caller), loopback.test(ip) ? 'loopback' : ip, view.key, hello]);
}

/** How long a level stays wanted after the last request that named it, milliseconds. So the hub does not set the level with each request. */
const KEEP_MS = 60_000;
const MOST = 1000;

const ignoring: ClientListener = { notify: () => {}, ask: () => {}, unask: () => {} };

/** The log levels that requests name, for servers that have one level for all clients. The lowest wanted level counts. */
export class LogLevels {
  readonly #clients: McpClients;
  readonly #wanted = new Map<string, { readonly client: McpClient; readonly timer: NodeJS.Timeout }>();

  constructor(clients: McpClients) {
    this.#clients = clients;
  }

  want(view: McpView, level: McpLogLevel): void {
    const key = `${level} ${view.key}`;
    const known = this.#wanted.get(key);
    if (known) {
      known.timer.refresh();
      return;
    }
    if (this.#wanted.size >= MOST) return;
    const client = this.#clients.open(view, { capabilities: {}, info: {} }, ignoring);
    const timer = setTimeout(() => this.#drop(key), KEEP_MS).unref();
    this.#wanted.set(key, { client, timer });
    this.#clients.setLevel(client, level);
  }

  close(): void {
    for (const key of [...this.#wanted.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const wanted = this.#wanted.get(key);
    if (!wanted) return;
    clearTimeout(wanted.timer);
    this.#wanted.delete(key);
    this.#clients.close(wanted.client);
  }
}
