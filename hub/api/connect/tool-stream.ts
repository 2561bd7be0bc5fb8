import { DomainError } from '../../domain/errors.js';
import type { Invocation } from '../../domain/tools/invocations.js';
import type { ReplyInfo } from '../../http/api.js';
import { connectEnvelope } from './envelope.js';

/** A tool that is silent for this time has begun: the client gets the headers, and later failures as an event, milliseconds. */
const BEGIN_AFTER_MS = 250;
/** The connection is closed after ten seconds without traffic: a comment keeps it. */
const COMMENT_EVERY_MS = 5000;
/** How many progress and log messages wait for a slow client; later ones are dropped, and counted in the event `dropped`. */
const MOST_WAITING = 256;

/** Callbacks while a tool runs; both take finished JSON text. */
export interface CallListeners {
  readonly onProgress: (json: string) => void;
  readonly onLog: (json: string) => void;
}

/**
 * A tool call as a stream of events (extension): `progress` and `message` with the params of MCP's notifications of those
 * names as they come, then `result` or `error` with the body that a call without a stream is answered with.
 * @throws DomainError if the call fails before anything has been sent: it is then answered as usual.
 */
export async function* callEvents(
  call: (listeners: CallListeners) => Promise<Invocation>,
  success: (invocation: Invocation) => string,
  info: ReplyInfo,
): AsyncGenerator<Uint8Array> {
  const waiting: string[] = [];
  let dropped = 0;
  let begun = false;
  let wake = () => {};
  const tell = (event: string) => (json: string) => {
    if (waiting.length < MOST_WAITING) waiting.push(eventText(event, json));
    else dropped += 1;
    wake();
  };
  let last: (() => string) | undefined;
  const end = (text: () => string) => {
    last = text;
    wake();
  };
  call({ onProgress: tell('progress'), onLog: tell('message') }).then(
    (invocation) => end(() => eventText('result', success(invocation))),
    (error: unknown) =>
      end(() => {
        if (!begun) throw error;
        const known = error instanceof DomainError ? error : new DomainError('internal', 'Internal server error');
        return eventText('error', connectEnvelope.failure(known, info).body);
      }),
  );
  for (;;) {
    while (waiting.length > 0) {
      begun = true;
      yield Buffer.from(waiting.splice(0).join(''));
    }
    if (dropped > 0) yield Buffer.from(eventText('dropped', JSON.stringify({ count: dropped })));
    dropped = 0;
    if (last) {
      yield Buffer.from(last());
      return;
    }
    const woken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), begun ? COMMENT_EVERY_MS : BEGIN_AFTER_MS);
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    if (woken) continue;
    begun = true;
    yield Buffer.from(':\n\n');
  }
}

function eventText(event: string, json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}
