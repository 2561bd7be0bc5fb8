import { type IncomingMessage, validateHeaderValue } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { AgentFailure } from '../../../../failure.js';
import type { ReadThrottle } from '../in-order.js';
import { PacedReader } from '../paced-reader.js';
import type { UnfinishedMessage } from '../unfinished.js';
import type { HttpEndpoint } from './endpoint.js';
import { HttpRequest } from './request.js';
import { discard, mediaType } from './response.js';

/** The position in a stream of events, from which it can be resumed after a break. */
export class StreamPosition {
  /** The last event's id as a header carries it. Empty if no event had an id, or if a header cannot carry it. */
  lastId = '';
  /** Messages read so far. */
  messages = 0;

  /** @param retryMs the pause before a resume, until the server names another one. */
  constructor(public retryMs: number) {}
}

export interface StreamLimits {
  readonly messageBytes: number;
  readonly backoffMaxMs: number;
}

/** The reader of a stream. */
export interface StreamReader {
  readonly limits: StreamLimits;
  readonly throttle: ReadThrottle;
  /** Counts the bytes that the stream keeps of an unfinished message. */
  unfinished(): UnfinishedMessage;
  /** A returned promise ends when the message has been handled. */
  message(text: string): unknown;
  /** An event of a type other than `message`. */
  other?(type: string, data: string): void;
}

/** How a GET for a stream ended: its status (0 without an answer), or its failure. */
export interface StreamEnd {
  readonly status: number;
  readonly failure?: AgentFailure;
  /** No server answers at the address. */
  readonly unreachable?: boolean;
}

/**
 * Passes on the messages of a response's event stream. Resolves when the stream has ended in any way, and its messages have been handled.
 * @throws AgentFailure `upstream` for an event beyond the limit, `overloaded` if there is no room for it.
 */
export function readStream(response: IncomingMessage, position: StreamPosition, by: StreamReader): Promise<void> {
  const { limits, throttle } = by;
  const unfinished = by.unfinished();
  let last: unknown;
  let lastId: string | undefined;
  const reader = new EventStreamReader({
    message: (data) => {
      position.messages++;
      last = by.message(data);
    },
    other: (type, data) => by.other?.(type, data),
    id: (id) => {
      lastId = id;
    },
    retry: (ms) => {
      position.retryMs = Math.min(ms, limits.backoffMaxMs);
    },
  });
  return new Promise((resolve, reject) => {
    const caughtUp = () => {
      const isShort = reader.held <= limits.messageBytes;
      throttle.useless(reader.takeUseless());
      // Once for each chunk: a server may send many ids without data.
      if (lastId !== undefined) position.lastId = headerText(lastId);
      lastId = undefined;
      if (isShort && unfinished.keeps(reader.held)) {
        throttle.apply(response);
        return;
      }
      const reason = `an event is longer than ${limits.messageBytes} bytes`;
      const unusable = `the server's HTTP answer is unusable: ${reason}`;
      reject(isShort ? unfinished.failure : new AgentFailure('upstream', unusable, { reason }));
      response.destroy();
    };
    const paced = new PacedReader(response, (chunk) => reader.steps(chunk), caughtUp);
    response.on('error', () => {});
    response.on('close', () =>
      paced.whenRead(() => {
        unfinished.end();
        resolve(last as undefined);
      }),
    );
  });
}

/** An event's id for a header: its UTF-8 bytes. Empty if a header cannot carry it. */
function headerText(id: string): string {
  if (id.length > longestId) return '';
  const bytes = Buffer.from(id).toString('latin1');
  try {
    validateHeaderValue('Last-Event-ID', bytes);
    return bytes;
  } catch {
    return '';
  }
}

/** A running GET for a stream of events. */
export interface StreamRequest {
  /** Resolves when the stream is over; never rejects. */
  readonly ended: Promise<StreamEnd>;
  destroy(): void;
}

/** Asks for a stream of events, and reads it to its end. */
export function requestStream(
  endpoint: HttpEndpoint,
  headers: () => Readonly<Record<string, string>>,
  position: StreamPosition,
  reader: StreamReader,
): StreamRequest {
  let request: HttpRequest | undefined;
  const ended = new Promise<StreamEnd>((resolve) => {
    const outgoing = {
      method: 'GET',
      headers: () => ({ ...headers(), Accept: 'text/event-stream' }),
      repeatable: true,
    } as const;
    request = new HttpRequest(endpoint, outgoing, {
      failed: (failure, unreachable) => resolve({ status: 0, failure, unreachable }),
      closed: () => resolve({ status: 0 }),
      response: (response) => {
        const status = response.statusCode ?? 0;
        if (status === 200 && mediaType(response) === 'text/event-stream') {
          readStream(response, position, reader).then(
            () => resolve({ status }),
            (failure: AgentFailure) => resolve({ status, failure }),
          );
        } else {
          discard(response);
          // An answer that is no stream counts as 406: the server offers no stream.
          resolve({ status: status === 200 ? 406 : status });
        }
      },
    });
  });
  return { ended, destroy: () => request?.destroy() };
}

export interface EventStreamHandlers {
  /** An event of type `message` (the default) arrived. */
  message(data: string): void;
  /** An event of another type. Without this handler it is ignored. */
  other?(type: string, data: string): void;
  /** The stream's position, to resume from. */
  id(id: string): void;
  /** The pause before a reconnect that the server asks for, milliseconds. */
  retry(ms: number): void;
}

/** The longest id of an event that goes into a header, and the longest name of a type, characters. */
const longestId = 4096;
const longestType = 100;

/** The lines of one step of {@link EventStreamReader.steps}. */
const linesOfStep = 64;

/** So many lines besides its data may come with each message. */
const linesWithMessage = 8;

/** The memory that each line of an event takes in addition to its characters. */
const lineBytes = 64;

/**
 * Reads `text/event-stream` as the HTML standard describes it. Chunks may be cut anywhere. It holds one event at most; its owner looks at
 * {@link EventStreamReader.held} after each chunk.
 */
export class EventStreamReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #data: string[] = [];
  #held = 0;
  #type = '';
  #started = false;
  /** The last chunk ended with a carriage return: a line feed that follows belongs to it. */
  #afterReturn = false;
  #useless = 0;

  constructor(private readonly handlers: EventStreamHandlers) {}

  /** The characters of the unfinished event, and the memory of its lines. */
  get held(): number {
    return this.#held + this.#rest.length;
  }

  /** How many lines since the last call made no message. Each message allows a few of them: its id, its type, its end. */
  takeUseless(): number {
    const useless = Math.max(0, this.#useless);
    this.#useless = 0;
    return useless;
  }

  /** Takes a chunk in steps of a few lines: the caller may do other work between them. */
  *steps(chunk: Buffer): Generator<void> {
    let text = this.#decoder.write(chunk);
    if (text === '') return;
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterReturn = text.endsWith('\r');
    if (!this.#started) {
      this.#started = true;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    let start = 0;
    let lines = 0;
    for (let end = lineEnd(text, 0); end >= 0; end = lineEnd(text, start)) {
      this.#line(this.#rest + text.slice(start, end));
      this.#rest = '';
      start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
      lines += 1;
      if (lines % linesOfStep === 0) yield;
    }
    this.#rest += text.slice(start);
  }

  #line(line: string): void {
    if (!this.#field(line)) this.#useless += 1;
  }

  /** Returns whether the line belongs to an event's data. */
  #field(line: string): boolean {
    if (line === '') {
      this.#dispatch();
      return false;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return false;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#held += value.length + lineBytes;
    } else if (field === 'event') {
      // A longer name is not kept, because no known type has one.
      this.#type = value.length > longestType ? 'unknown' : value;
    } else if (field === 'id') {
      if (!value.includes('\0')) this.handlers.id(value);
    } else if (field === 'retry' && /^[0-9]{1,9}$/.test(value)) {
      this.handlers.retry(Number(value));
    }
    return field === 'data';
  }

  #dispatch(): void {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#held = 0;
    this.#type = '';
    if (data.length === 0) return;
    const text = data.length === 1 ? (data[0] ?? '') : data.join('\n');
    // Servers open a resumable stream with an event that has an id and no data.
    const isOther = type !== '' && type !== 'message';
    if (isOther || text === '') this.#useless += data.length;
    else this.#useless -= linesWithMessage;
    if (isOther) this.handlers.other?.(type, text);
    else if (text !== '') this.handlers.message(text);
  }
}

const lineBreak = /[\r\n]/g;

function lineEnd(text: string, from: number): number {
  lineBreak.lastIndex = from;
  return lineBreak.exec(text)?.index ?? -1;
}
