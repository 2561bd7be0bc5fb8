import { status } from '@grpc/grpc-js';
import type { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import type { ByteStream } from '../../domain/agents/fleet.js';
import { DomainError } from '../../domain/errors.js';
import { refuse, toDomainError, unreachable } from '../wire/failure.js';
import type { Stream } from '../wire/stream.js';
import { decodeTransferPart, encodeReceived } from './frames.js';

interface Source {
  readonly call: Stream;
  readonly parts: AsyncIterator<Buffer>;
}

/**
 * The bytes after which the hub tells the agent how much it has taken. The agent keeps the rest in case the link is lost. Buffers that it
 * keeps for long survive the garbage collections of young memory, and only long pauses free them.
 */
const tellEveryBytes = 64 * 1024;

/**
 * A data stream from an agent. Its chunks are taken from the gRPC stream one by one, as they are asked for: if the reader stops, HTTP/2
 * flow control holds up the agent, and at most 16 chunks wait here. When the gRPC stream breaks, the reader waits for the agent to open
 * another, which goes on after the last byte that was read.
 */
export class IncomingTransfer implements ByteStream {
  /** Bytes that the reader has taken. */
  received = 0;
  readonly #turns: BulkScheduler;
  readonly #resumes: { readonly graceMs: number } | undefined;
  readonly #onEnd: (cancelled: string | undefined) => void;
  #source: Source | undefined;
  #told = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #error: DomainError | undefined;
  #ended = false;

  /**
   * @param onEnd called once; with the reason, if the reader ended the stream
   * @param resumes how long a reader waits for the agent to open the stream again, if the agent supports that
   */
  constructor(
    source: Source,
    turns: BulkScheduler,
    resumes: { readonly graceMs: number } | undefined,
    onEnd: (cancelled: string | undefined) => void,
  ) {
    this.#turns = turns;
    this.#resumes = resumes;
    this.#onEnd = onEnd;
    this.attach(source);
  }

  /** Goes on with another gRPC stream; the stream before has broken, even if it still seems open. */
  attach(source: Source): void {
    if (this.#ended) {
      refuse(source.call, status.NOT_FOUND, 'The stream has ended');
      return;
    }
    clearTimeout(this.#timer);
    const before = this.#source;
    this.#source = source;
    this.#told = this.received;
    source.call.write(encodeReceived(this.received));
    if (before) refuse(before.call, status.ABORTED, 'opened again');
    this.#wake?.();
  }

  cancel(reason: string): void {
    this.#end(new DomainError('cancelled', `The stream was cancelled: ${reason}`), reason);
  }

  /** Ends the stream from the hub's side; its reader gets the error. */
  fail(error: DomainError): void {
    this.#end(error, undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const source = await this.#open();
        const next = await this.#next(source);
        // The reader handles each chunk at once.
        await this.#turns.take();
        if (this.#error) throw this.#error;
        // The stream broke, or was opened again meanwhile: the new stream repeats the rest of its bytes.
        if (next === undefined || this.#source !== source) continue;
        if (next.done) break;
        const part = decodeTransferPart(next.value);
        if (part.case === 'failure') throw toDomainError(part.value);
        if (part.case === 'end') {
          if (Number(part.value) !== this.received) throw brokenOff();
          break;
        }
        if (part.case !== 'chunk' || part.value.length === 0) continue;
        this.received += part.value.length;
        yield part.value;
        this.#tell();
      }
      this.#finish();
    } catch (error) {
      const failure = this.#error ?? (error instanceof DomainError ? error : brokenOff(error));
      this.fail(failure);
      throw failure;
    } finally {
      // A reader that leaves its loop early.
      this.cancel('the reader left');
    }
  }

  /** Waits for a gRPC stream to read from. */
  async #open(): Promise<Source> {
    while (!this.#source) {
      if (this.#error) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#source;
  }

  /** The next part; `undefined` if the gRPC stream broke, and another may come. */
  async #next(source: Source): Promise<IteratorResult<Buffer> | undefined> {
    let next: IteratorResult<Buffer> | undefined;
    try {
      next = await source.parts.next();
      if (!next.done) return next;
    } catch (error) {
      if (!this.#resumes) throw error;
    }
    if (!this.#resumes) return next;
    // An agent announces the end of its output. Otherwise a cut connection would look like the end.
    if (this.#source === source) {
      this.#source = undefined;
      refuse(source.call, status.ABORTED, 'the stream broke off');
      if (!this.#ended) this.#timer = setTimeout(() => this.fail(brokenOff()), this.#resumes.graceMs);
    }
    return undefined;
  }

  /** Tells the agent which bytes it need not keep any longer. */
  #tell(): void {
    if (this.received - this.#told < tellEveryBytes || !this.#source || this.#source.call.writableEnded) return;
    this.#told = this.received;
    this.#source.call.write(encodeReceived(this.received));
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#source?.call.end();
    this.#onEnd(undefined);
  }

  #end(error: DomainError, cancelled: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    clearTimeout(this.#timer);
    if (this.#source) refuse(this.#source.call, status.CANCELLED, 'The hub ended the stream');
    this.#wake?.();
    this.#onEnd(cancelled);
  }
}

function brokenOff(cause?: unknown): DomainError {
  const error = unreachable('unknown', 'The stream from the agent broke off');
  error.cause = cause;
  return error;
}
