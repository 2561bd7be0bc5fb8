import { atLeast, type Caller, payerOf } from '../../../domain/access/caller.js';
import { DomainError } from '../../../domain/errors.js';
import { Turns } from '../../../domain/event-loop.js';
import type { ClientHello, McpClient } from '../../../domain/mcp/clients/client.js';
import type { McpClients } from '../../../domain/mcp/clients/clients.js';
import type { McpView } from '../../../domain/mcp/view.js';
import { Shares } from '../../../http/access/limits.js';
import { defaultKept, type KeptLimits, KeptStreams } from '../kept-streams.js';
import type { MessageStream } from '../message-stream.js';
import { OwnerCounts, ownerOf } from '../owners.js';
import type { ProtocolVersion } from '../versions.js';
import { McpSession } from './session.js';

export interface SessionSettings {
  /** How many sessions all callers may have, and how many one caller. */
  readonly most: number;
  readonly mostOfCaller: number;
  /** How many requests of one caller may be under way in its sessions. A request goes on after its client has hung up. */
  readonly mostRequestsOfCaller: number;
  /** A session ends after this time without a request, milliseconds. */
  readonly idleMs: number;
  /** The limits of kept streams, besides the limits of each session. */
  readonly kept: KeptLimits;
}

export const defaultSessionSettings: SessionSettings = {
  most: 10_000,
  mostOfCaller: 500,
  mostRequestsOfCaller: 2000,
  idleMs: 30 * 60_000,
  kept: defaultKept,
};

const SWEEP_MS = 10_000;

/** All sessions. A session belongs to the caller who opened it: no other caller finds it. */
export class McpSessions {
  readonly #clients: McpClients;
  readonly #settings: SessionSettings;
  readonly #byId = new Map<string, McpSession>();
  readonly #counts = new OwnerCounts();
  readonly #kept: KeptStreams;
  readonly #requests: Shares;
  #sweeper: NodeJS.Timeout | undefined;
  #isSweeping = false;

  constructor(clients: McpClients, settings: Partial<SessionSettings> = {}) {
    this.#clients = clients;
    this.#settings = { ...defaultSessionSettings, ...settings };
    const { kept, mostRequestsOfCaller } = this.#settings;
    this.#kept = new KeptStreams(kept);
    this.#requests = new Shares(mostRequestsOfCaller, `${mostRequestsOfCaller} requests are under way`, 1);
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * If there are too many sessions, the caller with the most loses the session that it has not used for the longest time. @throws DomainError
   * `unavailable`.
   */
  open(
    view: McpView,
    hello: ClientHello,
    given: {
      readonly place: string;
      readonly version: ProtocolVersion;
      readonly standalone?: MessageStream | undefined;
    },
  ): McpSession {
    const payer = payerOf(view.caller);
    const { most, mostOfCaller } = this.#settings;
    if (this.#counts.of(payer) >= mostOfCaller) this.#makeRoom(payer);
    else if (this.#byId.size >= most) this.#makeRoom(this.#counts.most());
    const session = new McpSession(given.place, given.version, given.standalone);
    const client = this.#clients.open(view, hello, session);
    client.awaySince = performance.now();
    session.client = client;
    session.onCaller = (caller) => this.#refresh(session, client, caller);
    session.payer = payer;
    session.takePlace = () => this.#requests.take(payer);
    session.onKept = (stream, size) => this.#kept.set(payer, stream, size, () => session.dropStream(stream));
    session.onForgotten = (stream) => this.#kept.delete(stream);
    this.#byId.set(session.id, session);
    this.#counts.add(payer);
    this.#sweeper ??= setInterval(() => void this.#sweep(), Math.min(SWEEP_MS, this.#settings.idleMs / 2)).unref();
    return session;
  }

  /** @throws DomainError `not_found`, also for a session of another caller or of another place */
  get(id: string, caller: Caller, place: string): McpSession & { readonly client: NonNullable<McpSession['client']> } {
    const session = this.#byId.get(id);
    if (!session?.client || callerOf(session) !== ownerOf(caller) || session.place !== place)
      throw new DomainError('not_found', 'Session not found', { resource: 'session' });
    session.usedAt = performance.now();
    this.#refresh(session, session.client, caller);
    return session as McpSession & { readonly client: NonNullable<McpSession['client']> };
  }

  close(session: McpSession): void {
    if (!this.#byId.delete(session.id)) return;
    this.#counts.drop(session.payer);
    session.close();
    if (session.client) this.#clients.close(session.client);
    if (this.#byId.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** A client with a lower role than before gets no messages of that time. */
  #refresh(session: McpSession, client: McpClient, caller: Caller): void {
    if (!atLeast(caller.role, client.view.caller.role)) session.dropStreams();
    this.#clients.refresh(client, caller);
  }

  closeAll(): void {
    for (const session of [...this.#byId.values()]) this.close(session);
  }

  #makeRoom(payer: string | undefined): void {
    let oldest: McpSession | undefined;
    for (const session of this.#byId.values()) {
      if (session.isPresent || session.payer !== payer) continue;
      if (!oldest || session.usedAt < oldest.usedAt) oldest = session;
    }
    if (!oldest) throw new DomainError('unavailable', 'Too many sessions are open', { retryAfter: 5 });
    this.close(oldest);
  }

  /** Ends the idle sessions, in turns with other work: thousands may have gone idle at once. */
  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    const turns = new Turns();
    const now = performance.now();
    try {
      for (const session of this.#byId.values()) {
        // A session that is used meanwhile is not idle any more.
        if (turns.due) await turns.next();
        session.forgetStreams(now);
        if (!session.isPresent && now - session.usedAt >= this.#settings.idleMs) this.close(session);
      }
    } finally {
      this.#isSweeping = false;
    }
  }
}

function callerOf({ client }: McpSession): string {
  return client ? ownerOf(client.view.caller) : '';
}
