import { clientCodes } from '../gen/behaviour.js';
import { RoundhouseError } from './errors.js';

/** Of a stream. */
export interface StreamOptions {
  /** Ends the stream: a waiting `next` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Items as they come. It begins with the first item that is asked for, and lets go of its connection when it is left (`break`), closed,
 * cancelled or over.
 */
export class Stream<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #controller = new AbortController();
  readonly #items: AsyncGenerator<T, void, undefined>;
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#outer?.reason);
  #isClosed = false;

  constructor(read: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>, { signal }: StreamOptions = {}) {
    this.#outer = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#items = read(this.#controller.signal);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isClosed) return { done: true, value: undefined };
    try {
      const { done, value } = await this.#items.next();
      if (done !== true) return { done: false, value };
    } catch (error) {
      this.#unlink();
      // A stream that was closed ends; that its connection broke off is no news.
      if (!this.#isClosed) throw error;
    }
    this.close();
    return { done: true, value: undefined };
  }

  /** Ends the stream, from anywhere. A reader that waits for its next item gets the end of the stream. */
  close(): void {
    this.#isClosed = true;
    this.#unlink();
    this.#controller.abort();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    await this.#items.return().catch(() => undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #unlink(): void {
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

const newline = 10;

/** Watches how long the lines of a stream are, or its events: an event ends with an empty line. */
export class StreamBound {
  readonly #most: number;
  readonly #isOfEvents: boolean;
  #length = 0;
  #last: number | undefined;

  constructor(most: number, of: 'lines' | 'events') {
    this.#most = most;
    this.#isOfEvents = of === 'events';
  }

  /** Whether the line or event that is under way after a chunk is no longer than allowed. */
  holds(chunk: Uint8Array): boolean {
    let end = chunk.lastIndexOf(newline);
    if (this.#isOfEvents)
      while (end >= 0 && (end > 0 ? chunk[end - 1] : this.#last) !== newline)
        end = end > 0 ? chunk.lastIndexOf(newline, end - 1) : -1;
    this.#last = chunk.at(-1) ?? this.#last;
    this.#length = end < 0 ? this.#length + chunk.length : chunk.length - 1 - end;
    return this.#length <= this.#most;
  }

  /** The failure of the stream. */
  failure(operation: string): RoundhouseError {
    const item = this.#isOfEvents ? 'An event' : 'A line';
    const message = `${item} of the stream is longer than ${this.#most} bytes (maxAnswerBytes)`;
    return new RoundhouseError({ code: clientCodes.INVALID_ANSWER, status: 200, message, operation });
  }
}
