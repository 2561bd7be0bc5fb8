import type { Readable } from 'node:stream';
import { nestsTooDeep } from '@roundhouse/proto/json-cost';
import { type LargeMessage, readLargeMessage } from '@roundhouse/proto/work';
import { AgentFailure } from '../../../failure.js';
import type { TransportEvents } from './transport.js';

/** A worker thread reads longer messages, characters. For a shorter message the parser holds the event loop for 30 ms at most. */
const largeFrom = 256 * 1024;
/** How many characters at each end of an unreadable message are searched for the request's id. */
const endLength = 4096;
/** While a worker reads a message of a server, the agent pauses the server's stream for this time again and again, milliseconds. */
const holdMs = 20;

/** The events of a transport as the transport reports them: the answer to a large message comes later. */
export type CarrierEvents = Omit<TransportEvents, 'message'> & {
  /** See {@link TransportEvents.message}. */
  message(text: string, only?: number): boolean | Promise<boolean>;
};

/**
 * Passes on the events of one transport in their order. A worker thread reads large messages; all later events wait until it is done.
 * @param hold pauses the server's stream, milliseconds
 */
export function inOrder(events: TransportEvents, hold: (ms: number) => void): CarrierEvents {
  let last: Promise<unknown> | undefined;
  let holding: NodeJS.Timeout | undefined;

  /** Acts once all earlier events have been handled; at once if there are none. */
  function inTurn<T>(act: () => T | Promise<T>): T | Promise<T> {
    const done = last === undefined ? act() : last.then(act);
    if (!(done instanceof Promise)) return done;
    hold(holdMs);
    holding ??= setInterval(() => hold(holdMs), holdMs / 2);
    const over = done
      .catch(() => {})
      .then(() => {
        if (last !== over) return;
        last = undefined;
        clearInterval(holding);
        holding = undefined;
      });
    last = over;
    return done;
  }

  /** Fails the request that an unreadable message answers, if the message names it. */
  function unreadable(text: string, only: number | undefined, why: string): boolean {
    const reason = `the server sent a message of ${text.length} characters that cannot be read: ${why}`;
    const id = only ?? overlongRequestId(text.slice(0, endLength), text.slice(-endLength));
    if (id !== undefined) events.failed(id, new AgentFailure('upstream', reason, { reason }));
    return id !== undefined;
  }

  /** Passes a message on. No message may end the agent: code that walks a value could run out of stack. */
  function handle(text: string, only: number | undefined, body?: Uint8Array): boolean {
    try {
      return events.message(text, only, body);
    } catch (error) {
      return unreadable(text, only, (error as Error).message);
    }
  }

  function small(text: string, only: number | undefined): boolean {
    return nestsTooDeep(text) ? unreadable(text, only, 'it nests deeper than 1,000 levels') : handle(text, only);
  }

  /** The worker thread checks the depth. */
  async function large(text: string, only: number | undefined): Promise<boolean> {
    let message: LargeMessage;
    try {
      message = await readLargeMessage(text);
    } catch (error) {
      return unreadable(text, only, (error as Error).message);
    }
    if (message === 'unusable') return unreadable(text, only, 'it is no message, or takes too much work');
    return message === 'whole' ? handle(text, only) : handle(message.text, only, message.body);
  }

  return {
    message: (text, only) => inTurn(() => (text.length > largeFrom ? large(text, only) : small(text, only))),
    failed: (id, failure) => void inTurn(() => events.failed(id, failure)),
    closed: (reason, clean) => void inTurn(() => events.closed(reason, clean)),
    waiting: (id) => events.waiting(id),
    takesQuestions: (id) => events.takesQuestions?.(id) ?? false,
    expired: () => events.expired(),
  };
}

/**
 * The id of the request that an overlong message answers, read from its first and last characters; `undefined` if they do not name it. For
 * valid JSON the id is certain: a member right after the first brace, or right before the last brace, belongs to the message itself.
 */
export function overlongRequestId(head: string, tail: string): number | undefined {
  const first = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?([0-9]{1,15})"?\s*,/.exec(head);
  const last = /,\s*"id"\s*:\s*"?([0-9]{1,15})"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  const id = first?.[1] ?? last?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The time in which lines without a message are counted, milliseconds, and the most of them. */
const uselessWindowMs = 250;
const mostUseless = 1000;

/** A source that can be paused and resumed. */
type Source = Pick<Readable, 'pause' | 'resume'>;

/** Slows a server down that sends too much: the agent reads nothing for a while, and the server's own output blocks it. */
export class ReadThrottle {
  #until = 0;
  #useless = 0;
  #uselessSince = 0;
  readonly #stopped = new Map<Source, NodeJS.Timeout>();

  /** Stops reading for a time, milliseconds. */
  hold(ms: number): void {
    this.#until = Math.max(this.#until, performance.now() + ms);
  }

  /** Counts lines that make no message, such as empty lines and comments: a server that sends very many of them is not read for a while. */
  useless(lines: number): void {
    this.#useless += lines;
    if (this.#useless <= mostUseless) return;
    this.#useless = 0;
    const now = performance.now();
    const isFlood = now - this.#uselessSince < uselessWindowMs;
    this.#uselessSince = now;
    if (isFlood) this.hold(uselessWindowMs);
  }

  get held(): boolean {
    return this.#until > performance.now();
  }

  /** Pauses a source while the throttle is held; called after each chunk of the source. */
  apply(source: Source): void {
    if (this.#until === 0 || this.#stopped.has(source)) return;
    const left = this.#until - performance.now();
    if (left <= 0) {
      this.#until = 0;
      return;
    }
    source.pause();
    const timer = setTimeout(() => {
      this.#stopped.delete(source);
      source.resume();
    }, left);
    this.#stopped.set(source, timer.unref());
  }

  /** Forgets all streams: the stopped streams are about to end. */
  release(): void {
    for (const timer of this.#stopped.values()) clearTimeout(timer);
    this.#stopped.clear();
  }
}
