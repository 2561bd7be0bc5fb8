import type { ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** A flag and the length stand before a message. */
const headBytes = 5;

/** How a reader tells of its call. */
export interface ReaderEvents {
  /** The hub keeps so many bytes more of a message that is not whole; fewer if the number is negative. */
  kept(bytes: number): void;
  /** The call ends because of a message that the hub does not take. */
  refused(reason: string): void;
  /** The call is over. */
  closed(): void;
}

/**
 * Takes the messages of one call out of its bytes, in place of grpc-js's own decoder. That decoder has one limit for all methods, and keeps an
 * object for each part of a message that is not whole: parts of one byte take a hundred times their size. This one takes at most
 * twice as much memory as bytes have come, and tells how many it keeps.
 */
export class MessageReader {
  /** The largest message that the call may send from now on, bytes. */
  limit: number;
  readonly #events: ReaderEvents | undefined;
  readonly #head = Buffer.alloc(headBytes);
  /** The message that is not whole; grows as its bytes come. */
  #message: Buffer = this.#head;
  #filled = 0;
  #kept = 0;
  #isClosed = false;

  constructor(limit: number, events?: ReaderEvents) {
    this.limit = limit;
    this.#events = events;
  }

  /** Takes the next bytes of the call, and gives the messages that are whole now, each with its head. @throws Error, with which grpc-js ends the call. */
  write(data: Buffer): Buffer[] {
    const whole: Buffer[] = [];
    for (let at = 0; at < data.length && !this.#isClosed; ) {
      const missing = this.#length() - this.#filled;
      const part = data.subarray(at, at + missing);
      this.#makeRoom(part.length);
      part.copy(this.#message, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#length()) continue;
      whole.push(this.#message === this.#head ? Buffer.from(this.#head) : this.#message);
      this.#reset();
    }
    this.#tell();
    return whole;
  }

  /** The call is over: its unfinished message is dropped, and so is all further data. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reset();
    this.#tell();
    this.#events?.closed();
  }

  /** How long the message is with its head; as long as the head is not whole, the head's length. */
  #length(): number {
    if (this.#filled < headBytes) return headBytes;
    const [compressed] = this.#head;
    if (compressed !== 0) throw this.#refusal('Received a compressed message: agents send none');
    const length = this.#head.readUInt32BE(1);
    if (length > this.limit) throw this.#refusal(`Received message larger than max (${length} vs ${this.limit})`);
    return headBytes + length;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#filled + bytes;
    if (needed <= this.#message.length) return;
    const length = this.#length();
    // A message that comes at once is not kept, and may share its memory with others.
    const grown = needed === length ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(Math.min(length, 2 * needed));
    this.#message.copy(grown, 0, 0, this.#filled);
    this.#message = grown;
  }

  #refusal(reason: string): Error {
    this.close();
    this.#events?.refused(reason);
    return new Error(reason);
  }

  #reset(): void {
    this.#message = this.#head;
    this.#filled = 0;
  }

  #tell(): void {
    const more = this.#filled - this.#kept;
    this.#kept = this.#filled;
    if (more !== 0) this.#events?.kept(more);
  }
}

interface InnerCall {
  decoder?: { write?(data: Buffer): Buffer[] };
  readonly stream?: ServerHttp2Stream;
}

/** Lets a reader take the messages of a call, and closes it with the call. @throws Error where grpc-js no longer lets it be done. */
export function readMessages(call: ServerInterceptingCallInterface, reader: MessageReader): void {
  const inner = call as InnerCall;
  if (typeof inner.decoder?.write !== 'function' || typeof inner.stream?.once !== 'function')
    throw new Error('grpc-js has changed: the messages of a call cannot be limited');
  inner.decoder = reader;
  inner.stream.once('close', () => reader.close());
  if (inner.stream.destroyed) reader.close();
}

/** Limits the messages that a call takes from now on. */
export function limitMessages(call: unknown, bytes: number): void {
  const { decoder } = (call as { readonly call: InnerCall }).call;
  if (decoder instanceof MessageReader) decoder.limit = bytes;
}
