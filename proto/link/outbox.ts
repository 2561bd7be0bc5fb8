/** The part of a gRPC stream that an outbox needs. */
export interface MessageSink {
  /** Returns false if the stream is full until its `drain` event. */
  write(message: Buffer): boolean;
  on(event: 'drain', listener: () => void): unknown;
  /** Whether a message costs the stream nothing, so that frames need not wait for others to share it. */
  readonly sendsAtOnce?: boolean;
}

/** The state of a frame, shared with its sender. */
export interface Ticket {
  /** Set when the frame is written to the stream: from then on it may have been sent. */
  written: boolean;
  /** A frame whose sender no longer wants it is not sent. */
  readonly dropped: boolean;
}

export interface OutboxLimits {
  /** Frames that are ready together travel in one message up to this size. */
  readonly batchBytes: number;
  /** Bytes and frames that may wait before the outbox is full. The hub then refuses new commands for the agent. */
  readonly queueBytes: number;
  readonly queueFrames: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  batchBytes: 256 * 1024,
  queueBytes: 8 * 1024 * 1024,
  queueFrames: 20_000,
};

interface Waiting {
  readonly bytes: Buffer;
  readonly ticket: Ticket | undefined;
}

/**
 * Sends frames in as few messages as possible: frames that are ready in the same turn of the event loop travel together. A message costs
 * a stream about as much as the sending of 20 frames. The outbox holds frames back while the stream is full.
 */
export class Outbox {
  readonly #sink: MessageSink;
  readonly #limits: OutboxLimits;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;

  constructor(sink: MessageSink, limits: OutboxLimits = defaultOutboxLimits) {
    this.#sink = sink;
    this.#limits = limits;
    sink.on('drain', () => {
      this.#blocked = false;
      this.flush();
    });
  }

  /** Bytes that wait for the stream. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the limits are reached. Then only frames that end the session or keep it alive should be added. */
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
    if (this.#sink.sendsAtOnce) process.nextTick(this.#run);
    // The check phase follows the poll phase that brought the requests or answers, so all of them are sent together without a delay.
    else setImmediate(this.#run);
  }

  /** Writes the waiting frames until the stream is full. */
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

  /** Drops the waiting frames, and takes no more. */
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
