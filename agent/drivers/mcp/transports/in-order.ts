import { nestsTooDeep } from '@roundhouse/proto/json-cost';
import { type LargeMessage, readLargeMessage } from '@roundhouse/proto/work';
import { AgentFailure } from '../../../failure.js';
import type { TransportEvents } from './transport.js';

/** A worker thread reads longer messages, characters. A parser holds the event loop for 30 ms at most with a shorter message. */
const largeFrom = 256 * 1024;
/** Of a message that could not be read, so many characters at either end may name the request. */
const endLength = 4096;
/** While a worker reads a message of a server, little more is read from that server, milliseconds. */
const holdMs = 20;

/** The events of a transport as the transport reports them: the answer to a large message comes later. */
export type CarrierEvents = Omit<TransportEvents, 'message'> & {
  /** See {@link TransportEvents.message}. */
  message(text: string, only?: number): boolean | Promise<boolean>;
};

/**
 * Passes on the events of one transport in their order. A worker thread reads large messages; until it is done, everything that follows waits.
 * @param hold makes the server wait for so many milliseconds
 */
export function inOrder(events: TransportEvents, hold: (ms: number) => void): CarrierEvents {
  let last: Promise<unknown> | undefined;
  let holding: NodeJS.Timeout | undefined;

  /** Acts once everything before has been dealt with: at once if nothing is under way. */
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

  /** Fails the request that a message answers, if it says which. */
  function unreadable(text: string, only: number | undefined, why: string): boolean {
    const reason = `the server sent a message of ${text.length} characters that cannot be read: ${why}`;
    const id = only ?? overlongRequestId(text.slice(0, endLength), text.slice(-endLength));
    if (id !== undefined) events.failed(id, new AgentFailure('upstream', reason, { reason }));
    return id !== undefined;
  }

  /** Hands a message on. No message ends the agent: code that walks a value could run out of stack. */
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
 * Which request a message answers that was too long to be kept, told from its first and last characters; `undefined`
 * where they do not say. Sound for valid JSON: a member right behind the first brace, or right before the only closing
 * one, belongs to the message itself and to nothing inside it.
 */
export function overlongRequestId(head: string, tail: string): number | undefined {
  const first = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?([0-9]{1,15})"?\s*,/.exec(head);
  const last = /,\s*"id"\s*:\s*"?([0-9]{1,15})"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  const id = first?.[1] ?? last?.[1];
  return id === undefined ? undefined : Number(id);
}
