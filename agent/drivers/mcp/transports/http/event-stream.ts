import { StringDecoder } from 'node:string_decoder';

export interface EventStreamHandlers {
  /** An event of type `message` (the default) arrived. */
  message(data: string): void;
  /** An event of another type; by default such are left out. */
  other?(type: string, data: string): void;
  /** The stream's position, to resume from. */
  id(id: string): void;
  /** The pause before a reconnect that the server asks for, milliseconds. */
  retry(ms: number): void;
}

/** The memory that each line of an event takes beside its characters. */
const lineBytes = 64;

/**
 * Reads `text/event-stream` as the HTML standard describes it, from chunks cut anywhere. Holds one event at most;
 * {@link EventStreamReader.push} returns false when that grows beyond the limit.
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

  constructor(
    private readonly limit: number,
    private readonly handlers: EventStreamHandlers,
  ) {}

  push(chunk: Buffer): boolean {
    let text = this.#decoder.write(chunk);
    if (text === '') return true;
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterReturn = text.endsWith('\r');
    if (!this.#started) {
      this.#started = true;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    let start = 0;
    for (let end = lineEnd(text, 0); end >= 0; end = lineEnd(text, start)) {
      this.#line(this.#rest + text.slice(start, end));
      this.#rest = '';
      start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
    }
    this.#rest += text.slice(start);
    return this.#held + this.#rest.length <= this.limit;
  }

  #line(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#held += value.length + lineBytes;
    } else if (field === 'event') {
      this.#type = value;
    } else if (field === 'id') {
      if (!value.includes('\0')) this.handlers.id(value);
    } else if (field === 'retry' && /^[0-9]{1,9}$/.test(value)) {
      this.handlers.retry(Number(value));
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#held = 0;
    this.#type = '';
    if (data.length === 0) return;
    const text = data.length === 1 ? (data[0] ?? '') : data.join('\n');
    if (type !== '' && type !== 'message') {
      this.handlers.other?.(type, text);
      return;
    }
    // Servers open a resumable stream with an event that has an id and no data.
    if (text !== '') this.handlers.message(text);
  }
}

const lineBreak = /[\r\n]/g;

function lineEnd(text: string, from: number): number {
  lineBreak.lastIndex = from;
  return lineBreak.exec(text)?.index ?? -1;
}
