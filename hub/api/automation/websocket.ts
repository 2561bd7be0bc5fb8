import type { Caller } from '../../domain/access/caller.js';
import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import type { EventFeed, EventListener } from '../../domain/events/feed.js';
import type { EventSubscription } from '../../domain/events/subscription.js';
import type { JournalEvent } from '../../domain/store.js';
import { closings, type Dialect, type SocketSession, type SocketSink } from '../../http/websocket/dialect.js';
import { closingFor } from '../../http/websocket/socket.js';
import { automationEnvelope, automationHeaders } from './envelope.js';
import { journalTypes, renderEvent, type SocketEvent, socketEvents } from './websocket-events.js';

/** A client that is further behind is dropped, in bytes of what waits for it. */
const MOST_BEHIND = 1024 * 1024;
const MAX_CREDENTIAL_LENGTH = 8192;

/**
 * `seeds/000`, "WebSocket API", and what it leaves open. All messages are JSON objects with a `type`, and what belongs to it stands beside it.
 *
 * - `{type: 'auth', token}` comes first, within 10 s, with a JWT or an API key, and is answered `{type: 'authenticated', name, role}`. It may
 *   come again with a fresh token before the old one expires. Who sends a credential in the upgrade's header need not send it.
 * - `{type: 'subscribe', events}` and `{type: 'unsubscribe', events}` are answered `{type: 'subscribed' | 'unsubscribed', events,
 *   subscriptions}`: those asked for, and all there are now. Of one unknown name nothing of the message is done.
 * - `{type: 'ping'}` is answered `{type: 'pong'}`, for clients that cannot send the protocol's own.
 * - Events are `{type: 'server.status', server, status, timestamp}` and so on. `status` is `healthy` or `unhealthy`, as in
 *   `GET /api/v1/servers`; beside it `state` says `running`, `degraded`, `error`, `stopped` or `unreachable`.
 * - What cannot be done is answered `{type: 'error', error: {code, message, details}}` with the codes of the REST API.
 *
 * The hub closes with a code and a reason: 4401 `credential` (invalid, expired, revoked), 4403 `forbidden`, 4408 `authentication_timeout`,
 * 1008 `too_many_messages` (50 a second), 1009 `message_too_big` (16 KiB), 1013 `slow_reader` (more than 1 MiB behind, or nothing taken for
 * a minute), 1001 `shutdown`, 1011 `failed`. Grants narrow what is heard.
 */
export function automationDialect({ events }: Pick<Domain, 'events'>): Dialect {
  return {
    permission: 'event.read',
    headers: automationHeaders,
    open: (socket, caller) => new Session(events, socket, caller),
    failure: automationEnvelope.failure,
  };
}

interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

class Session implements SocketSession, EventListener {
  readonly types = journalTypes;
  readonly serverIds = null;
  caller: Caller | null = null;
  readonly #feed: EventFeed;
  readonly #socket: SocketSink;
  readonly #wanted = new Set<SocketEvent>();
  /** The last state told of each server: the journal may have two events for one change of it. */
  readonly #states = new Map<string, unknown>();
  #subscription: EventSubscription | undefined;
  /** Bytes of what waits in the journal for this client to have room. */
  #behind = 0;
  /** Messages that came while a token was being verified. */
  #waiting: string[] | undefined;
  #ended = false;

  constructor(feed: EventFeed, socket: SocketSink, caller: Caller | null) {
    this.#feed = feed;
    this.#socket = socket;
    if (caller) this.#welcome(caller);
  }

  get hearer(): Caller {
    if (!this.caller) throw new Error('nobody is known yet to listen');
    return this.caller;
  }

  message(text: string): void {
    if (this.#waiting) {
      this.#waiting.push(text);
      return;
    }
    try {
      this.#take(parse(text));
    } catch (error) {
      this.#tell(error);
    }
  }

  drained(): void {
    this.#behind = 0;
    this.#subscription?.resume();
  }

  ended(): void {
    this.#ended = true;
    this.#subscription?.close();
  }

  deliver(events: readonly JournalEvent[]): boolean {
    let room = true;
    for (const event of events) {
      const { event: type, text, state } = renderEvent(event);
      if (!this.#wanted.has(type) || !this.#isNews(event, state)) continue;
      room = this.#socket.send(text) && room;
      if (this.#ended) return false;
    }
    return room;
  }

  missed(event: JournalEvent): void {
    const { event: type, text } = renderEvent(event);
    if (!this.#wanted.has(type)) return;
    this.#behind += text.length;
    if (this.#behind > MOST_BEHIND) this.#socket.close(...closings.slowReader);
  }

  /** More was missed than is kept: what is documented has no word for it, so the client is made to begin anew. */
  reset(): void {
    this.#socket.close(...closings.slowReader);
  }

  failed({ code }: DomainError): void {
    if (code === 'unavailable') this.#socket.close(...closings.shutdown);
    else this.#socket.close(...closings.failed);
  }

  #take(message: Message): void {
    const { type } = message;
    if (type === 'auth') this.#authenticate(message.token);
    else if (!this.caller)
      throw new DomainError('unauthenticated', "Authentication required: send {type: 'auth', token}");
    else if (type === 'subscribe') this.#subscribe(eventsOf(message));
    else if (type === 'unsubscribe') this.#unsubscribe(eventsOf(message));
    else if (type === 'ping') this.#send({ type: 'pong' });
    else throw invalid('type', 'must be auth, subscribe, unsubscribe or ping');
  }

  #authenticate(token: unknown): void {
    if (typeof token !== 'string' || token === '') throw invalid('token', 'must be a JWT or an API key');
    if (token.length > MAX_CREDENTIAL_LENGTH) throw new DomainError('invalid_credential', 'Invalid credential');
    let caller: Caller | Promise<Caller>;
    try {
      caller = this.#socket.authenticate(token);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (!(caller instanceof Promise)) {
      this.#welcome(caller);
      return;
    }
    this.#waiting = [];
    caller
      .then(
        (verified) => this.#welcome(verified),
        (error: unknown) => this.#refuse(error),
      )
      .finally(() => {
        const waiting = this.#waiting ?? [];
        this.#waiting = undefined;
        for (const text of waiting) this.message(text);
      });
  }

  #welcome(caller: Caller): void {
    if (this.#ended) return;
    this.caller = caller;
    this.#send({ type: 'authenticated', name: caller.name, role: caller.role });
  }

  /** Who is known already stays so. */
  #refuse(error: unknown): void {
    this.#tell(error);
    if (!this.caller) this.#socket.close(...closingFor(error));
  }

  #subscribe(events: readonly SocketEvent[]): void {
    for (const event of events) this.#wanted.add(event);
    this.#send({ type: 'subscribed', events, subscriptions: [...this.#wanted] });
    this.#subscription ??= this.#feed.subscribe(this);
  }

  #unsubscribe(events: readonly SocketEvent[]): void {
    for (const event of events) this.#wanted.delete(event);
    if (this.#wanted.size === 0) {
      this.#subscription?.close();
      this.#subscription = undefined;
      this.#behind = 0;
      this.#states.clear();
    }
    this.#send({ type: 'unsubscribed', events, subscriptions: [...this.#wanted] });
  }

  #isNews({ serverId }: JournalEvent, state: unknown): boolean {
    if (serverId === undefined || state === undefined) return true;
    if (this.#states.get(serverId) === state) return false;
    this.#states.set(serverId, state);
    return true;
  }

  #tell(error: unknown): void {
    const isKnown = error instanceof DomainError && error.code !== 'internal';
    if (!isKnown) this.#socket.log.error({ err: error }, 'websocket message failed');
    const told = isKnown ? error : new DomainError('internal', 'Internal server error');
    const info = { requestId: this.#socket.requestId, timestamp: isoTime(Date.now()) };
    const { error: shown } = JSON.parse(automationEnvelope.failure(told, info).body) as { error: unknown };
    this.#send({ type: 'error', error: shown });
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}

function parse(text: string): Message {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new DomainError('malformed', 'The message is not JSON text');
  }
  if (typeof message !== 'object' || message === null || typeof (message as Message).type !== 'string')
    throw invalid('type', 'a message must be an object with a type');
  return message as Message;
}

/** @throws DomainError `invalid_input`; `details.known` lists the events there are. */
function eventsOf({ events }: Message): SocketEvent[] {
  const list = Array.isArray(events) ? (events as readonly unknown[]) : [];
  if (list.length === 0) throw invalid('events', 'must be a list of event types');
  const unknown = list.filter((name) => !socketEvents.some((known) => known === name));
  if (unknown.length > 0) {
    const [first] = unknown;
    const error = `no event type '${typeof first === 'string' ? first.slice(0, 100) : typeof first}'`;
    const details = { field: 'events', error, problems: [{ field: 'events', error }], known: socketEvents };
    throw new DomainError('invalid_input', `events: ${error}; known: ${socketEvents.join(', ')}`, details);
  }
  return [...new Set(list as readonly SocketEvent[])];
}
