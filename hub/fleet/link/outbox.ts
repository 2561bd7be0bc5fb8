/** What an outbox needs of a gRPC stream. */
export interface MessageSink {
  /** Returns false when the stream wants no more until it says `drain`. */
  write(message: Buffer): boolean;
  on(event: 'drain', listener: () => void): unknown;
}

/** Told what became of a frame. */
export interface Ticket {
  /** Set once the frame is with the stream: from then on it may have left. */
  written: boolean;
  /** A frame whose sender no longer wants it is not sent. */
  readonly dropped: boolean;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly ticket: Ticket | undefined;
}

/**
 * Sends frames in as few messages as possible: what becomes ready in one turn of the event loop travels together. One
 * message costs a stream about as much as the sending of 20 frames. Holds frames back while the stream is full.
 */
export class Outbox {
  readonly #sink: MessageSink;
  readonly #limits: { readonly batchBytes: number; readonly queueBytes: number; readonly queueFrames: number };
  #waiting: Waiting[] = [];
  #bytes = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;

  constructor(sink: MessageSink, limits: { batchBytes: number; queueBytes: number; queueFrames: number }) {
    this.#sink = sink;
    this.#limits = limits;
    sink.on('drain', () => {
      this.#blocked = false;
      this.flush();
    });
  }

  /** Whether so much waits that nothing should be added but what ends or keeps alive. */
  get full(): boolean {
    return this.#bytes >= this.#limits.queueBytes || this.#waiting.length >= this.#limits.queueFrames;
  }

  /** Queues a frame, encoded with its place in the message. */
  push(bytes: Buffer, ticket?: Ticket): void {
    if (this.#closed) return;
    this.#waiting.push({ bytes, ticket });
    this.#bytes += bytes.length;
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    // The check phase comes right after the poll phase that brought the requests: no wait, and all of them together.
    setImmediate(this.#run);
  }

  /** Sends what waits now, as far as the stream takes it. */
  flush(): void {
    const { batchBytes } = this.#limits;
    const waiting = this.#waiting;
    let next = 0;
    while (next < waiting.length && !this.#blocked && !this.#closed) {
      const parts: Buffer[] = [];
      let size = 0;
      for (; next < waiting.length; next++) {
        const { bytes, ticket } = waiting[next] as Waiting;
        if (size > 0 && size + bytes.length > batchBytes) break;
        this.#bytes -= bytes.length;
        if (ticket?.dropped) continue;
        if (ticket) ticket.written = true;
        parts.push(bytes);
        size += bytes.length;
      }
      if (size > 0)
        this.#blocked = !this.#sink.write(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size));
    }
    this.#waiting = next === waiting.length ? [] : waiting.slice(next);
  }

  /** Forgets what waits, and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (!this.#closed) this.flush();
  };
}
