import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { ByteStream } from '../domain/agents/fleet.js';
import { DomainError } from '../domain/errors.js';
import { toDomainError, unreachable } from './failure.js';
import { decodeTransferPart } from './frames.js';
import { refuse } from './refuse.js';

/**
 * A data stream from an agent. Its chunks are taken from the gRPC stream one by one, as they are asked for: a reader that
 * stops holds up the agent through HTTP/2 flow control, with at most 16 chunks waiting here.
 */
export class IncomingTransfer implements ByteStream {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #parts: AsyncIterator<Buffer>;
  readonly #onEnd: (cancelled: string | undefined) => void;
  #error: DomainError | undefined;
  #ended = false;

  /** `onEnd` is called once; with the reason, if it was the reader who ended it. */
  constructor(
    call: ServerDuplexStream<Buffer, Buffer>,
    parts: AsyncIterator<Buffer>,
    onEnd: (cancelled: string | undefined) => void,
  ) {
    this.#call = call;
    this.#parts = parts;
    this.#onEnd = onEnd;
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
        const next = await this.#parts.next();
        if (this.#error) throw this.#error;
        if (next.done) break;
        const part = decodeTransferPart(next.value);
        if (part.case === 'failure') throw toDomainError(part.value);
        if (part.case === 'chunk' && part.value.length > 0) yield part.value;
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

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#call.end();
    this.#onEnd(undefined);
  }

  #end(error: DomainError, cancelled: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    refuse(this.#call, status.CANCELLED, 'The hub ended the stream');
    this.#onEnd(cancelled);
  }
}

function brokenOff(cause: unknown): DomainError {
  const error = unreachable('unknown', 'The stream from the agent broke off');
  error.cause = cause;
  return error;
}
