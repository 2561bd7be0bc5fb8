import type { Caller } from '../../domain/access/caller.js';
import type { CleanupSummary } from '../../domain/cleanup/cleanup.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import type { EventFeed, EventListener } from '../../domain/events/feed.js';
import { isoTime } from '../../domain/moments.js';
import type { JournalEvent } from '../../domain/store.js';
import { Conversation, type Message } from '../../http/websocket/conversation.js';
import type { Dialect, SocketSink } from '../../http/websocket/dialect.js';
import { render } from './cleanup.js';
import { automationEnvelope, automationHeaders } from './envelope.js';

/**
 * `seeds/000`, "WebSocket API", with additions. All messages are JSON objects with a `type` and further members.
 *
 * - `{type: 'auth', token}` comes first, within 10 s, with a JWT or an API key, and is answered `{type: 'authenticated', name, role}`. It may
 *   come again with a fresh token before the old one expires. A client with a credential in the upgrade's header need not send it.
 * - `{type: 'subscribe', events}` and `{type: 'unsubscribe', events}` are answered `{type: 'subscribed' | 'unsubscribed', events,
 *   subscriptions}`: the requested names, and all subscriptions now. If one name is unknown, the hub ignores the whole message.
 * - `{type: 'ping'}` is answered `{type: 'pong'}`, for clients that cannot send the protocol's own ping.
 * - Events are `{type: 'server.status', server, status, timestamp}` and so on. `status` is `healthy` or `unhealthy`, as in
 *   `GET /api/v1/servers`; `state` says `running`, `degraded`, `error`, `stopped` or `unreachable`.
 * - A request that fails is answered `{type: 'error', error: {code, message, details}}` with the codes of the REST API.
 *
 * The hub closes with a code and a reason: 4401 `credential` (invalid, expired, revoked), 4403 `forbidden`, 4408 `authentication_timeout`,
 * 1008 `too_many_messages` (50 a second) and `rate_limited`, 1009 `message_too_big` (16 KiB), 1013 `slow_reader` (more than 1 MiB behind, or nothing taken for
 * a minute), 1001 `shutdown`, 1011 `failed`. Clients get only events that their grants cover.
 */
export function automationDialect({ events }: Pick<Domain, 'events'>): Dialect {
  return {
    permission: 'event.read',
    headers: automationHeaders,
    open: (socket, caller) => new Session(events, socket, caller),
    failure: automationEnvelope.failure,
  };
}

class Session extends Conversation implements EventListener {
  readonly types = journalTypes;
  readonly serverIds = null;
  readonly #feed: EventFeed;
  readonly #wanted = new Set<SocketEvent>();
  /** The last state that was sent for each server: the journal may have two events for one change. */
  readonly #states = new Map<string, unknown>();

  constructor(feed: EventFeed, socket: SocketSink, caller: Caller | null) {
    super(socket, automationEnvelope.failure);
    this.#feed = feed;
    this.caller = caller;
    if (caller) this.welcome(caller);
  }

  deliver(events: readonly JournalEvent[]): boolean {
    const texts: string[] = [];
    for (const event of events) {
      const { event: type, text, state } = renderEvent(event);
      if (this.#wanted.has(type) && this.#isNews(event, state)) texts.push(text);
    }
    return this.socket.send(...texts);
  }

  missed(event: JournalEvent): void {
    const { event: type, text } = renderEvent(event);
    if (this.#wanted.has(type)) this.waits(text.length);
  }

  protected take(message: Message): void {
    const { type } = message;
    if (type === 'subscribe') this.#subscribe(eventsOf(message));
    else if (type === 'unsubscribe') this.#unsubscribe(eventsOf(message));
    else if (type === 'ping') this.#send({ type: 'pong' });
    else throw invalid('type', 'must be auth, subscribe, unsubscribe or ping');
  }

  protected welcome({ name, role }: Caller): void {
    this.#send({ type: 'authenticated', name, role });
  }

  protected tellError(error: Readonly<Record<string, unknown>>): void {
    this.#send({ type: 'error', error });
  }

  #subscribe(events: readonly SocketEvent[]): void {
    for (const event of events) this.#wanted.add(event);
    this.#send({ type: 'subscribed', events, subscriptions: [...this.#wanted] });
    this.subscription ??= this.#feed.subscribe(this);
  }

  #unsubscribe(events: readonly SocketEvent[]): void {
    for (const event of events) this.#wanted.delete(event);
    if (this.#wanted.size === 0) {
      this.subscription = undefined;
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

  #send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

/** @throws DomainError `invalid_input`; `details.known` lists all events */
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

/** The events that clients may subscribe to (`seeds/000`, "Event Types"). */
const socketEvents = [
  'server.status',
  'update.progress',
  'update.complete',
  'test.complete',
  'alert.new',
  'cleanup.complete',
] as const;
type SocketEvent = (typeof socketEvents)[number];

type Data = JournalEvent['data'];

interface Rendering {
  readonly event: SocketEvent;
  /** The documented payload. */
  readonly payload: (data: Data) => Readonly<Record<string, unknown>>;
}

/** `status` is as in `GET /api/v1/servers`; the extension `state` has more detail. */
const serverStatus = (state: (data: Data) => string): Rendering => ({
  event: 'server.status',
  payload: (data) => {
    const now = state(data);
    return { server: data.serverName, status: now === 'running' ? 'healthy' : 'unhealthy', state: now };
  },
});

const stateOfHealth: Readonly<Record<string, string>> = { healthy: 'running', degraded: 'degraded' };

/** The event for clients, by type of the journal. Other types are not sent. */
const renderings: Readonly<Record<string, Rendering>> = {
  'server.connected': serverStatus(() => 'running'),
  'server.disconnected': serverStatus(({ error }) => (error ? 'unreachable' : 'stopped')),
  'server.error': serverStatus(() => 'error'),
  'server.health': serverStatus(({ health }) => stateOfHealth[String(health)] ?? 'error'),
  'update.progress': {
    event: 'update.progress',
    payload: ({ serverName, progress, message }) => ({ server: serverName, progress, message }),
  },
  'update.complete': {
    event: 'update.complete',
    payload: ({ serverName, version, success }) => ({ server: serverName, version, success }),
  },
  'test.complete': { event: 'test.complete', payload: ({ testId, results }) => ({ test_id: testId, results }) },
  'alert.new': {
    event: 'alert.new',
    payload: ({ alertId, severity, message }) => ({ alert_id: alertId, severity, message }),
  },
  'cleanup.complete': {
    event: 'cleanup.complete',
    payload: ({ cleanupId, summary }) => ({ cleanup_id: cleanupId, summary: render(summary as CleanupSummary) }),
  },
};

/** The types of the journal that are sent to clients. */
const journalTypes: ReadonlySet<string> = new Set(Object.keys(renderings));

/** An event for clients. */
export interface RenderedEvent {
  readonly event: SocketEvent;
  /** `{type, …payload, timestamp}`: flat, as in the clients' own messages. */
  readonly text: string;
  /** For `server.status`: two events with the same state are one change. */
  readonly state: unknown;
}

/** The text is made once for all clients. */
const rendered = new WeakMap<JournalEvent, RenderedEvent>();

/** @throws Error for a type that is not one of {@link journalTypes} */
function renderEvent(event: JournalEvent): RenderedEvent {
  let made = rendered.get(event);
  if (!made) {
    const rendering = renderings[event.type];
    if (!rendering) throw new Error(`no event of type '${event.type}' is told`);
    const timestamp = event.data.timestamp ?? isoTime(event.time);
    const payload = rendering.payload(event.data);
    const text = JSON.stringify({ type: rendering.event, ...payload, timestamp });
    made = { event: rendering.event, text, state: payload.state };
    rendered.set(event, made);
  }
  return made;
}
