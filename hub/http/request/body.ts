import { isUtf8 } from 'node:buffer';
import { Parts } from '@roundhouse/proto/parts';
import { DomainError } from '../../domain/errors.js';
import { parseJson } from '../../domain/json-body.js';
import type { EndpointSpec } from '../endpoint.js';
import type { Exchange } from './exchange.js';

const JSON_TYPE = 'application/json';

type BodyReaders = NonNullable<EndpointSpec['reads']>;

/**
 * A request's body: read as it arrives, and kept as JSON text. It must be created before the socket layer's callback returns. A body of another
 * media type becomes JSON only when the pipeline asks for it: that takes time, and the hub may refuse the request before.
 */
export class Body {
  readonly #x: Exchange;
  readonly #limit: number;
  readonly #reads: BodyReaders;
  readonly #parts = new Parts();
  #text: string | undefined;
  /** A text that a reader made of the body. It is a value as it is. */
  #plain: string | undefined;
  #error: DomainError | undefined;
  /** Makes JSON of the body that is there. */
  #convert: (() => Promise<unknown>) | undefined;
  #listener: (() => void) | undefined;

  /**
   * @param reads further media types besides JSON, each with a function that turns the text into JSON
   * @throws DomainError `payload_too_large`, `unsupported_media_type` if the headers say so.
   */
  constructor(x: Exchange, limit: number, reads: BodyReaders = {}) {
    this.#x = x;
    this.#limit = limit;
    this.#reads = reads;
    if (Number(x.header('content-length')) > limit) throw tooLarge(limit);
    const encoding = x.header('content-encoding').trim();
    if (encoding !== '' && encoding.toLowerCase() !== 'identity')
      throw unsupported('Content-Encoding is not supported: send the body as plain bytes');
    const contentType = x.header('content-type');
    x.res.onData((chunk, last) => this.#take(chunk, last, contentType));
  }

  /**
   * Calls the listener once the body is there or has failed; at once if that has happened already. The caller has checked before that the
   * request may run.
   */
  whenRead(listener: () => void): void {
    this.#listener = listener;
    this.#go();
  }

  /** Goes on if the body is there and wanted. */
  #go(): void {
    const [listener, convert] = [this.#listener, this.#convert];
    if (!listener) return;
    if (convert) {
      this.#convert = undefined;
      void this.#converted(convert);
    } else if (this.#text !== undefined || this.#error !== undefined) listener();
  }

  /**
   * The body as a value; `undefined` for a body without bytes.
   * @throws DomainError `payload_too_large`, `unavailable`, `malformed`, `unsupported_media_type`
   */
  value(depthLimit: number): unknown {
    const text = this.#json;
    return this.#plain ?? (text === '' ? undefined : parseJson(text, depthLimit));
  }

  /** Whether all bytes are there, or too many. */
  get #isTaken(): boolean {
    return this.#text !== undefined || this.#error !== undefined || this.#convert !== undefined;
  }

  /** @throws DomainError */
  get #json(): string {
    if (this.#error) throw this.#error;
    return this.#text ?? '';
  }

  /** The chunk is valid only until this returns, so it is turned into text or copied. */
  #take(chunk: ArrayBuffer, last: boolean, contentType: string): void {
    if (this.#isTaken || this.#x.ended) return;
    const refusal = this.#refusal(chunk.byteLength);
    if (refusal) {
      this.#parts.clear();
      this.#error = refusal;
    } else if (last) {
      this.#parts.add(Buffer.from(chunk));
      this.#finish(this.#parts.take(), contentType);
    } else {
      this.#parts.add(Buffer.from(new Uint8Array(chunk)));
      return;
    }
    this.#go();
  }

  /** Counts further bytes. @returns why the hub does not take them */
  #refusal(bytes: number): DomainError | undefined {
    if (this.#parts.length + bytes > this.#limit) return tooLarge(this.#limit);
    try {
      this.#x.keepBytes(bytes);
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  }

  #finish(bytes: Buffer, contentType: string): void {
    const type = mediaType(contentType);
    const reader = type !== undefined && Object.hasOwn(this.#reads, type) ? this.#reads[type] : undefined;
    const isOther = !reader && bytes.length > 0 && contentType !== '' && type !== JSON_TYPE;
    if (isOther) this.#error = wrongType(this.#reads);
    else if (!isUtf8(bytes)) this.#error = new DomainError('malformed', 'The body is not valid UTF-8');
    else {
      const text = bytes.toString();
      if (reader && text !== '') this.#convert = () => reader(text);
      else this.#text = text;
    }
  }

  async #converted(convert: () => Promise<unknown>): Promise<void> {
    try {
      const value = await convert();
      if (typeof value === 'string') [this.#plain, this.#text] = [value, ''];
      else this.#text = JSON.stringify(value) ?? 'null';
    } catch (cause) {
      this.#error = new DomainError('malformed', `The body cannot be read: ${(cause as Error).message}`, {}, { cause });
    }
    this.#go();
  }
}

/** The media type that a header names; `undefined` for text that is not in UTF-8. */
function mediaType(contentType: string): string | undefined {
  if (contentType === JSON_TYPE) return contentType;
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset) ? type.trim() : undefined;
}

function wrongType(reads: BodyReaders): DomainError {
  const types = [JSON_TYPE, ...Object.keys(reads)].join(' or ');
  return unsupported(`Content-Type must be ${types} in UTF-8`);
}

function unsupported(message: string): DomainError {
  return new DomainError('unsupported_media_type', message);
}

function tooLarge(limit: number): DomainError {
  return new DomainError('payload_too_large', `The body is larger than ${limit} bytes`, { limit });
}
