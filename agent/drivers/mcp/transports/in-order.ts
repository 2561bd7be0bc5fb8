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

  async function large(text: string, only: number | undefined): Promise<boolean> {
    let message: LargeMessage;
    try {
      message = await readLargeMessage(text);
    } catch (error) {
      const reason = `the server sent a message of ${text.length} characters that cannot be read: ${(error as Error).message}`;
      const id = only ?? overlongRequestId(text.slice(0, endLength), text.slice(-endLength));
      if (id !== undefined) events.failed(id, new AgentFailure('upstream', reason, { reason }));
      return id !== undefined;
    }
    if (message === 'unusable') return false;
    return message === 'whole' ? events.message(text, only) : events.message(message.text, only, message.body);
  }

  return {
    message: (text, only) => inTurn(() => (text.length > largeFrom ? large(text, only) : events.message(text, only))),
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
