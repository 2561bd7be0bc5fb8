import { within } from '../../domain/cancellation.js';
/** A silent stream begins after this time, milliseconds, so that its client gets the headers. A failure before that is an error answer. */
export const BEGIN_AFTER_MS = 250;
/** Shorter than the time that proxies wait for the next byte. */
export const FILL_EVERY_MS = 5000;

const LINE_FEED = 10;

/**
 * JSON lines, with an empty line in each pause. Readers skip empty lines. The end of the stream waits for the chunk under way: the reader's signal
 * has to end that chunk.
 */
export const filledLines = (chunks: AsyncIterable<Uint8Array>) => madeOf(chunks, fillLines);

async function* fillLines(iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let next = iterator.next();
  let last = LINE_FEED;
  for (let waitMs = BEGIN_AFTER_MS; ; waitMs = FILL_EVERY_MS) {
    const came = await within(waitMs, next);
    if (came?.done) return;
    if (came) {
      last = came.value.at(-1) ?? last;
      yield came.value;
      next = iterator.next();
    } else if (last === LINE_FEED) yield Buffer.from('\n');
  }
}

/**
 * A stream that is made from another one. When it ends, the other ends, even before the first chunk: a generator that never began would not run its
 * `finally`.
 */
export function madeOf(
  chunks: AsyncIterable<Uint8Array>,
  make: (iterator: AsyncIterator<Uint8Array>) => AsyncGenerator<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const made = make(iterator);
  return {
    next: () => made.next(),
    async return() {
      await iterator.return?.();
      return made.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
