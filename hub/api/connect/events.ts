import { Type } from 'typebox';
import type { Caller } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { type DomainError, invalid } from '../../domain/errors.js';
import type { EventFeed, EventListener, EventSubscription, JournalReset } from '../../domain/events/feed.js';
import { eventTypes, isEventType } from '../../domain/events/types.js';
import { isoTime } from '../../domain/moments.js';
import type { JournalEvent } from '../../domain/store.js';
import { endpoint, type Handlers, SseReply, type SseSink, type SseSource } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { ServerEvent } from './event-schemas.js';

const List = (description: string, items: object) =>
  Type.Optional(Type.String({ maxLength: 8192, description, 'x-items': items }));
const EventType = Type.Enum(Object.keys(eventTypes), { title: 'EventType' });

/** `seeds/003`, "Real-Time Events (SSE)". */
export const eventEndpoints = {
  streamEvents: endpoint({
    method: 'GET',
    path: '/api/sse/events',
    summary: 'Server-Sent Events: the events of the fleet as they happen',
    description:
      'Each event has an `id`. A client that comes back with it in `Last-Event-ID` gets the events that it missed, in order; if the hub no longer has them, it sends `reset`. Before the hub ends a stream it sends `close` with a `reason`: `slow_reader` (more than 1 MiB behind), `stalled` (took nothing for a minute), `credential` (revoked or expired), `forbidden`, `shutdown` or `failed`. A client receives only events that its grants cover.',
    permission: 'event.read',
    ticket: true,
    query: Type.Object({
      types: List('Comma-separated event types to subscribe', EventType),
      servers: List('Comma-separated server ids (or names) to filter', Type.String()),
      lastEventId: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: stands for `Last-Event-ID`, where that cannot be sent',
        }),
      ),
      ticket: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: stands for the credential; see `POST /api/sse/tickets`',
        }),
      ),
    }),
    produces: ['text/event-stream'],
    events: ServerEvent,
  }),
  createTicket: endpoint({
    method: 'POST',
    path: '/api/sse/tickets',
    summary: "A ticket for one event stream, valid for 30 s: browsers' EventSource cannot send a header",
    description: 'The ticket is good for one stream, in the query parameter `ticket`.',
    permission: 'authenticated',
    response: Type.Object({ ticket: Type.String(), expiresAt: Time }),
    status: 201,
    extension: true,
  }),
};

export function eventHandlers({ events, registry, identity }: Domain): Handlers<typeof eventEndpoints> {
  return {
    streamEvents({ query }, { caller, lastEventId }) {
      const types = list(query.types);
      const unknown = types?.find((type) => !isEventType(type));
      if (unknown !== undefined)
        throw invalid(
          'types',
          `no event type '${unknown.slice(0, 100)}'; known: ${Object.keys(eventTypes).join(', ')}`,
        );
      const serverIds = list(query.servers)?.map((server) => registry.find(server, caller)?.id ?? server);
      const stream = new EventStream(events, {
        caller,
        types: types && new Set(types),
        serverIds: serverIds ? new Set(serverIds) : null,
        afterSeq: numberOf(lastEventId || query.lastEventId),
      });
      return new SseReply(stream);
    },

    createTicket: (_, { caller }) => {
      const { ticket, expiresAt } = identity.tickets.issue(caller, undefined);
      return { ticket, expiresAt: isoTime(expiresAt) };
    },
  };
}

/** The parts of a comma-separated list; `null` where there are none. */
function list(text: string | undefined): string[] | null {
  const parts = text
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return parts?.length ? parts : null;
}

/** An event's number; NaN for a malformed id. */
function numberOf(id: string | undefined): number | undefined {
  if (!id) return undefined;
  return /^\d{1,16}$/.test(id) ? Number(id) : Number.NaN;
}

/** The hub drops a client with more waiting events, bytes. */
const MOST_BEHIND = 1024 * 1024;

/** When a client whose stream broke comes back, milliseconds; spread, so that not all come at once. */
const RETRY_MS = 2000;
const RETRY_SPREAD_MS = 3000;

/** The events of a stream. */
export interface EventStreamOptions {
  readonly caller: Caller;
  readonly types: ReadonlySet<string> | null;
  readonly serverIds: ReadonlySet<string> | null;
  /** The stream begins after this event; absent: with the next event. NaN: an event that never existed. */
  readonly afterSeq?: number | undefined;
}

/** One client's event stream: joins the journal's feed to the connection. */
class EventStream implements SseSource, EventListener {
  readonly types: ReadonlySet<string> | null;
  readonly serverIds: ReadonlySet<string> | null;
  caller: Caller;
  readonly #feed: EventFeed;
  readonly #mostBehind: number;
  #afterSeq: number | undefined;
  #sink: SseSink | undefined;
  #subscription: EventSubscription | undefined;
  /** Bytes of events that wait in the journal until this client has room. */
  #behind = 0;
  /** The number of the last event that the client got. */
  #told = 0;

  constructor(feed: EventFeed, { caller, types, serverIds, afterSeq }: EventStreamOptions, mostBehind = MOST_BEHIND) {
    this.#feed = feed;
    this.caller = caller;
    this.types = types;
    this.serverIds = serverIds;
    this.#afterSeq = afterSeq;
    this.#mostBehind = mostBehind;
  }

  get hearer(): Caller {
    return this.caller;
  }

  start(sink: SseSink): void {
    this.#sink = sink;
    const retry = `retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`;
    // An id without data is no event to the client, but from now on it knows where it stands.
    if (this.#afterSeq === undefined) sink.send(this.#place(this.#feed.latest) + retry);
    else sink.send(retry);
    const subscription = this.#feed.subscribe(this, this.#afterSeq ?? this.#feed.latest);
    if (this.#sink) this.#subscription = subscription;
    else subscription.close();
  }

  deliver(events: readonly JournalEvent[]): boolean {
    let text = '';
    for (const event of events) text += rendered(event);
    this.#told = events.at(-1)?.seq ?? this.#told;
    return this.#sink?.send(text) ?? false;
  }

  reset({ reason, oldestSeq, latestSeq }: JournalReset): void {
    const data = { reason, oldestId: String(oldestSeq), latestId: String(latestSeq), timestamp: isoTime(Date.now()) };
    this.#told = latestSeq;
    this.#sink?.send(`event: reset\ndata: ${JSON.stringify(data)}\nid: ${latestSeq}\n\n`);
  }

  missed(event: JournalEvent): void {
    this.#behind += Buffer.byteLength(rendered(event));
    if (this.#behind > this.#mostBehind)
      this.#sink?.close({ reason: 'slow_reader', message: `More than ${this.#mostBehind} bytes wait to be read` });
  }

  drained(): void {
    this.#behind = 0;
    this.#subscription?.resume();
  }

  ended(): void {
    this.#sink = undefined;
    this.#subscription?.close();
  }

  failed({ code, message }: DomainError): void {
    if (code === 'unavailable') this.#sink?.close({ reason: 'shutdown', message });
    else this.#sink?.close({ reason: 'failed', message: 'Internal server error' });
  }

  /** Also sends the journal's position: if filters let little through, the client must still come back within the kept events. */
  heartbeat(): string {
    const { latest } = this.#feed;
    return this.#subscription?.isLive && latest > this.#told ? `:\n${this.#place(latest)}\n` : ':\n\n';
  }

  #place(seq: number): string {
    this.#told = seq;
    return `id: ${seq}\n`;
  }
}

/** An event's text is made once for all clients. */
const texts = new WeakMap<JournalEvent, string>();

/** `seeds/003`, "Event Format". */
function rendered(event: JournalEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    const { seq, type, time, data } = event;
    const body = JSON.stringify({ ...data, timestamp: data.timestamp ?? isoTime(time) });
    text = `event: ${type}\ndata: ${body}\nid: ${seq}\n\n`;
    texts.set(event, text);
  }
  return text;
}
