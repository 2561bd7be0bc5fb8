import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { CalledTool, CallOptions } from '../call.js';
import type { CallGate } from '../call-gate.js';
import type { Connection } from '../connection/connection.js';
import type { Link } from '../connection/link.js';

/** A link with its open connection. */
interface Usable {
  readonly link: Link;
  readonly connection: Connection;
}

/** The link for calls of a server, or the reason why there is none. */
export interface CallTarget {
  /** The link with its open connection, if calls may use it. */
  usable(): Usable | undefined;
  /** The server's name, and why it is not connected. */
  away(): { readonly name: string; readonly error: string };
}

/** The calls of one server. The gate admits a call, which then uses the present link. */
export class Calls {
  readonly interests = new Interests((method, params) => {
    const usable = this.target.usable();
    // A failure is ignored.
    usable?.connection.request(method, params, {}).catch(() => {});
  });

  constructor(
    private readonly gate: CallGate,
    private readonly target: CallTarget,
  ) {}

  /** See {@link Servers.ping}. */
  async ping(limitMs: number): Promise<number> {
    const usable = this.target.usable();
    if (usable === undefined) throw this.away();
    await usable.connection.ping(limitMs);
    return usable.connection.tools.tools.length;
  }

  /** See {@link Servers.callTool}. */
  callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const now = this.target.usable();
    if (now === undefined) return Promise.reject(this.away());
    if (this.gate.enter()) return this.#admitted(now, tool, args, options);
    return this.gate.wait(options.signal).then(() => {
      const usable = this.target.usable();
      if (usable !== undefined) return this.#admitted(usable, tool, args, options);
      this.gate.leave();
      throw this.away();
    });
  }

  /** Sends a call that has a place, unless the site refuses it: while it waited, the policy or the server may have become another one. */
  #admitted({ link, connection }: Usable, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const refused = options.refused?.(connection.tools);
    if (refused === undefined) return link.callTool(connection, tool, args, options);
    this.gate.leave();
    return Promise.reject(refused);
  }

  /** See {@link Servers.request}. */
  async request(method: string, params: string, options: CallOptions): Promise<Uint8Array> {
    if (!this.gate.enter()) await this.gate.wait(options.signal);
    try {
      const usable = this.target.usable();
      if (usable === undefined) throw this.away();
      const send = () => usable.link.request(usable.connection, method, params, options);
      return await this.interests.request(method, params, send);
    } finally {
      this.gate.leave();
    }
  }

  /** See {@link Servers.withinLimits}. */
  async withinLimits<T>(signal: Cancellation, call: () => Promise<T>): Promise<T> {
    if (!this.gate.enter()) await this.gate.wait(signal, { ownConnection: true });
    try {
      return await call();
    } finally {
      this.gate.leave();
    }
  }

  /** A new connection is open: it gets the subscriptions and the log level of the last one. */
  connected(): void {
    const usable = this.target.usable();
    if (usable === undefined) return;
    const { connection } = usable;
    connection.onRenewed = () => this.interests.restore(connection);
    this.interests.restore(connection);
  }

  /** The failure of a call that is not sent. */
  away(): AgentFailure {
    const { name, error } = this.target.away();
    const message = `the server '${name}' is not connected${error === '' ? '' : `: ${error}`}`;
    return new AgentFailure('disconnected', message, { reason: error, outcome: 'not_run' });
  }
}

/** The notifications of a server that the hub's clients together want. */
export interface Interest {
  readonly serverId: string;
  /** Resources whose updates are wanted. */
  readonly uris: readonly string[];
  /** The lowest log level that a client asks for; empty if no client asks for one. */
  readonly logLevel: string;
}

/** The most subscriptions of one server. */
const mostUris = 10_000;
const subscribed: Promise<Uint8Array> = Promise.resolve(Buffer.from('{}'));

/** The subscriptions and the log level for one server. The agent sends them once, and again on each new connection. */
export class Interests {
  /** The server's answer for each URI, or the promise of it. A client that subscribes meanwhile gets the same answer. */
  readonly #uris = new Map<string, Promise<Uint8Array>>();
  #logLevel = '';
  /** The list that is being made: what its parts name, and what clients have asked for since it began. */
  #listed: { readonly uris: Set<string>; hasLevel: boolean } | undefined;

  /** @param tell sends a request to the server, and ignores the answer */
  constructor(private readonly tell: (method: string, params: string) => void) {}

  /** Sends a request, unless the server has done the same already. Notes the change. @throws AgentFailure `overloaded`, or as `send`. */
  async request(method: string, params: string, send: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (method === 'logging/setLevel') {
      const result = await send();
      this.#logLevel = textOf(params, 'level');
      if (this.#listed) this.#listed.hasLevel = true;
      return result;
    }
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return send();
    const uri = textOf(params, 'uri');
    if (method === 'resources/unsubscribe') {
      this.#uris.delete(uri);
      return send();
    }
    this.#listed?.uris.add(uri);
    const there = this.#uris.get(uri);
    if (there) return there;
    if (this.#uris.size >= mostUris) {
      throw new AgentFailure('overloaded', `the server has ${mostUris} subscriptions already`, {
        retryAfterMs: 60_000,
      });
    }
    const subscribing = send();
    this.#uris.set(uri, subscribing);
    try {
      return await subscribing;
    } catch (error) {
      // The client may have unsubscribed meanwhile, and another client subscribed.
      if (this.#uris.get(uri) === subscribing) this.#uris.delete(uri);
      throw error;
    }
  }

  /** Begins a list that replaces all subscriptions and the log level. */
  beginList(): void {
    this.#listed = { uris: new Set(), hasLevel: false };
  }

  /** Adds a part of the list. */
  add({ uris, logLevel }: Omit<Interest, 'serverId'>): void {
    for (const uri of uris) {
      if (this.#listed && this.#listed.uris.size >= mostUris) break;
      this.#listed?.uris.add(uri);
      if (this.#uris.has(uri)) continue;
      this.#uris.set(uri, subscribed);
      this.tell('resources/subscribe', JSON.stringify({ uri }));
    }
    if (logLevel === '') return;
    if (this.#listed) this.#listed.hasLevel = true;
    if (logLevel !== this.#logLevel) this.tell('logging/setLevel', JSON.stringify({ level: logLevel }));
    this.#logLevel = logLevel;
  }

  /** Ends the list: all that is not in it goes, except for what clients have asked for since it began. */
  endList(): void {
    const listed = this.#listed;
    if (!listed) return;
    this.#listed = undefined;
    for (const uri of [...this.#uris.keys()]) {
      if (listed.uris.has(uri)) continue;
      this.#uris.delete(uri);
      this.tell('resources/unsubscribe', JSON.stringify({ uri }));
    }
    if (!listed.hasLevel) this.#logLevel = '';
  }

  /** Repeats the subscriptions and the log level on a new connection. */
  restore(connection: Connection): void {
    const ask = (method: string, params: object) => {
      connection.request(method, JSON.stringify(params), {}).catch(() => {});
    };
    for (const uri of this.#uris.keys()) ask('resources/subscribe', { uri });
    if (this.#logLevel !== '') ask('logging/setLevel', { level: this.#logLevel });
  }
}

function textOf(params: string, name: string): string {
  const value: unknown = (JSON.parse(params) as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'string') return value;
  throw new AgentFailure('invalid_argument', `${name} must be a string`, { field: name });
}
