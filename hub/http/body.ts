import { isUtf8 } from 'node:buffer';
import { DomainError } from '../domain/errors.js';
import type { Exchange } from './exchange.js';

/** A request's body, read as it arrives and kept as text. Must be made before the socket layer's callback returns. */
export class Body {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #text: string | undefined;
  #error: DomainError | undefined;
  #listener: (() => void) | undefined;

  /** @throws DomainError `payload_too_large`, `malformed` for what the headers already say. */
  constructor(x: Exchange, limit: number) {
    this.#limit = limit;
    if (Number(x.header('content-length')) > limit) throw tooLarge(limit);
    const contentType = x.header('content-type');
    x.res.onData((chunk, last) => this.#take(chunk, last, contentType));
  }

  /** Calls back once the body is there, or has failed; at once if it already is. */
  whenRead(listener: () => void): void {
    if (this.#text !== undefined || this.#error) listener();
    else this.#listener = listener;
  }

  /** @throws DomainError `payload_too_large`, `malformed`. */
  get text(): string {
    if (this.#error) throw this.#error;
    return this.#text ?? '';
  }

  /** The chunk is only lent: it is turned into text or copied before this returns. */
  #take(chunk: ArrayBuffer, last: boolean, contentType: string): void {
    if (this.#error || this.#text !== undefined) return;
    this.#length += chunk.byteLength;
    if (this.#length > this.#limit) {
      this.#chunks = [];
      this.#error = tooLarge(this.#limit);
    } else if (last) {
      const view = Buffer.from(chunk);
      this.#finish(this.#chunks.length === 0 ? view : Buffer.concat([...this.#chunks, view]), contentType);
      this.#chunks = [];
    } else {
      this.#chunks.push(Buffer.from(new Uint8Array(chunk)));
      return;
    }
    this.#listener?.();
  }

  #finish(bytes: Buffer, contentType: string): void {
    if (bytes.length > 0 && contentType !== '' && !isJson(contentType))
      this.#error = new DomainError('malformed', 'Content-Type must be application/json in UTF-8');
    else if (!isUtf8(bytes)) this.#error = new DomainError('malformed', 'The body is not valid UTF-8');
    else this.#text = bytes.toString();
  }
}

function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== 'application/json') return false;
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}

function tooLarge(limit: number): DomainError {
  return new DomainError('payload_too_large', `The body is larger than ${limit} bytes`, { limit });
}
