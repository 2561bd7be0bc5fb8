/** The part of a gRPC stream that an outbox needs. */
export interface MessageSink {
  /** Returns false when the stream wants no more until it says `drain`. */
  write(message: Buffer): boolean;
  on(event: 'drain', listener: () => void): unknown;
}

/** Frames that are ready together travel in one message up to this size. */
const batchBytes = 256 * 1024;

/**
 * Sends frames in as few messages as possible: what becomes ready in one turn of the event loop travels together. Holds
 * frames back while the stream is full.
 */
export class Outbox {
  readonly #sink: MessageSink;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
    sink.on('drain', () => {
      this.#blocked = false;
      this.#flush();
    });
  }

  /** Bytes that wait for the stream. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues a frame, encoded with its place in the message. */
  push(frame: Buffer): void {
    if (this.#closed) return;
    this.#waiting.push(frame);
    this.#bytes += frame.length;
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    // The check phase comes right after the poll phase that brought the answers: no wait, and all of them together.
    setImmediate(this.#run);
  }

  /** Forgets what waits, and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
  }

  #flush(): void {
    const waiting = this.#waiting;
    let next = 0;
    while (next < waiting.length && !this.#blocked && !this.#closed) {
      const first = next;
      let size = 0;
      for (; next < waiting.length; next++) {
        const { length } = waiting[next] as Buffer;
        if (size > 0 && size + length > batchBytes) break;
        size += length;
      }
      this.#bytes -= size;
      const message = next - first === 1 ? (waiting[first] as Buffer) : Buffer.concat(waiting.slice(first, next), size);
      this.#blocked = !this.#sink.write(message);
    }
    this.#waiting = next === waiting.length ? [] : waiting.slice(next);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (!this.#closed) this.#flush();
  };
}
