import type { Caller } from '../../domain/access/caller.js';
import { isoTime } from '../../domain/clock.js';
import type { DomainError } from '../../domain/errors.js';
import type { EventFeed, EventListener, EventSubscription, JournalReset } from '../../domain/events/feed.js';
import type { JournalEvent } from '../../domain/store.js';
import type { SseSink, SseSource } from '../../http/endpoint.js';

/** The hub drops a client with more waiting events, bytes. */
export const MOST_BEHIND = 1024 * 1024;

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
export class EventStream implements SseSource, EventListener {
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
