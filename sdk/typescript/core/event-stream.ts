import { EventSource, type EventSourceFetchInit } from 'eventsource';
import type { Caller, Operation } from './caller.js';
import { isObject, RoundhouseError } from './errors.js';
import { Places } from './places.js';
import { Queue } from './queue.js';
import { StreamBound, type StreamOptions } from './stream.js';

/** An event as it came. */
export interface StreamEvent<Data = Readonly<Record<string, unknown>>> {
  /** Such as `server.connected`. `reset` says that events were missed which the hub no longer keeps. */
  readonly type: string;
  readonly data: Data;
  /** Its place in the stream: a later stream goes on after it. Empty for an event that the hub does not keep. */
  readonly id: string;
}

export interface EventStreamOptions extends StreamOptions {
  /** Begin after this event, rather than with the next one. */
  readonly lastEventId?: string | undefined;
  /** Told each time that the connection was lost and taken up again. */
  readonly onReconnect?: (() => void) | undefined;
}

/** How many events may wait for the reader before the client stops reading the connection. */
const MOST_WAITING = 256;
/** The last statuses of a run. */
const over = new Set(['completed', 'failed', 'cancelled']);

/**
 * Server-Sent Events, one by one. A lost connection is resumed after the last event; the hub keeps events for a while. The stream opens
 * when the reader asks for the first event, or by {@link open}. It closes its connection when the reader leaves it (`break`), or when it is
 * closed, cancelled or over.
 * @throws RoundhouseError the hub's refusal of the stream; from `open` and from the iteration
 */
export class EventStream<E extends StreamEvent<unknown> = StreamEvent>
  implements AsyncIterableIterator<E, undefined, undefined>
{
  readonly #queue = new Queue<E>(MOST_WAITING);
  readonly #connect: (init: EventSourceFetchInit) => Promise<Response>;
  readonly #options: EventStreamOptions;
  readonly #places: Places;
  readonly #newBound: () => StreamBound;
  readonly #operation: string;
  readonly #onAbort = () => this.#finish(this.#options.signal?.reason);
  /** A run's stream ends with the run. */
  readonly #ends: boolean;
  #source: Source | undefined;
  #opened: Promise<void> | undefined;
  #isOpen = false;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  /** The hub said why it ends the connection, and that is no end of the stream. */
  #interrupted = false;

  constructor(
    caller: Caller,
    operation: Operation,
    params: readonly string[],
    _body: undefined,
    query: object | undefined,
    options: EventStreamOptions = {},
  ) {
    this.#options = options;
    this.#ends = params.length > 0;
    this.#operation = operation.id;
    this.#newBound = () => new StreamBound(caller.maxAnswerBytes, 'events');
    const { lastEventId, last_event_id, ...rest } = (query ?? {}) as Record<string, unknown>;
    this.#places = new Places(String(options.lastEventId ?? lastEventId ?? last_event_id ?? ''));
    this.#connect = ({ signal }) => {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.#places.last !== '') headers['Last-Event-ID'] = this.#places.last;
      return caller.open(operation, params, undefined, rest, { signal: signal as AbortSignal, headers });
    };
  }

  /** Resolves once the stream is open: from then on the hub sends every event. */
  open(): Promise<void> {
    this.#opened ??= new Promise<void>((resolve, reject) => {
      const { signal } = this.#options;
      this.#settle = { resolve, reject };
      if (signal?.aborted) {
        this.#finish(signal.reason);
        return;
      }
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      if (!this.#queue.isEnded)
        this.#source = new Source(
          (init) => this.#fetch(init),
          (event) => this.#take(event),
        );
      else resolve();
    });
    return this.#opened;
  }

  async next(): Promise<IteratorResult<E, undefined>> {
    // The queue reports the failure.
    if (!this.#opened) await this.open().catch(() => undefined);
    return this.#queue.next();
  }

  /** Ends the stream, from anywhere. A reader that waits for its next event gets the end of the stream. */
  close(): void {
    this.#queue.drop();
    this.#finish();
  }

  async return(): Promise<IteratorResult<E, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(error?: unknown): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#source?.close();
    this.#queue.end(error);
    if (error === undefined) this.#settle?.resolve();
    else this.#settle?.reject(error);
    // A caller that did not wait for the opening gets the failure from the iteration.
    this.#opened?.catch(() => undefined);
  }

  async #fetch(init: EventSourceFetchInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#connect(init);
    } catch (error) {
      // A refused or missing stream stays so at the next attempt, and no reader waits for a stream that never opened.
      const isFinal =
        error instanceof RoundhouseError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (isFinal || !this.#isOpen) this.#finish(error);
      throw error;
    }
    if (this.#isOpen) this.#options.onReconnect?.();
    this.#isOpen = true;
    this.#interrupted = false;
    this.#settle?.resolve();
    const { status, headers } = response;
    // There are no more events.
    if (status === 204) this.#finish();
    return new Response(this.#measured(response.body), { status, headers });
  }

  /** The body at the reader's pace, watched for the places it tells. */
  #measured(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> | null {
    const reader = body?.getReader();
    if (!reader) return null;
    this.#places.begin();
    const bound = this.#newBound();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          await this.#queue.room();
          const { done, value } = await reader.read();
          if (!done) {
            if (!bound.holds(value)) {
              this.#finish(bound.failure(this.#operation));
              controller.close();
              await reader.cancel().catch(() => undefined);
              return;
            }
            this.#places.feed(value);
            controller.enqueue(value);
            return;
          }
          // If the connection ends without an error, the events are complete.
          if (this.#ends && !this.#interrupted) queueMicrotask(() => this.#finish());
          controller.close();
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  #take({ type, data, lastEventId }: MessageEvent<string>): void {
    const parsed = parse(data);
    if (type === 'close') {
      // The hub restarts, or was not read fast enough: the connection is taken up again.
      this.#interrupted = true;
      return;
    }
    this.#queue.push({ type, data: parsed, id: lastEventId } as StreamEvent<unknown> as E);
    if (this.#ends && type === 'status_change' && isObject(parsed) && over.has(String(parsed.status)))
      queueMicrotask(() => this.#finish());
  }
}

/** An `EventSource` that tells of every event, whatever it is called. */
class Source extends EventSource {
  readonly #onEvent: (event: MessageEvent<string>) => void;

  constructor(
    fetch: (init: EventSourceFetchInit) => Promise<Response>,
    onEvent: (event: MessageEvent<string>) => void,
  ) {
    // The address is the caller's business.
    super('http://hub.invalid/', { fetch: (_url, init) => fetch(init) });
    this.#onEvent = onEvent;
  }

  override dispatchEvent(event: Event): boolean {
    if (event instanceof MessageEvent) this.#onEvent(event);
    return super.dispatchEvent(event);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
