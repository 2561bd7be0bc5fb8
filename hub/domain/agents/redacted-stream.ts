import { REDACTED, type Redactor } from '../audit/redactor.js';
import type { ByteStream } from './fleet.js';

/** Without a line's end so much is held back at most, bytes. */
const LONGEST_HELD = 256 * 1024;
/** The last bytes of a longer line are held back: a secret may go on in the next chunk. */
const OVERLAP = 16 * 1024;

/**
 * A stream of lines without the secrets in them. A chunk that ends with a line's end goes on at once, so that a followed log stays live.
 */
export function redactedStream(stream: ByteStream, redactor: Redactor): ByteStream {
  return {
    [Symbol.asyncIterator]: () => redacted(stream, redactor),
    cancel: (reason) => stream.cancel(reason),
  };
}

async function* redacted(stream: ByteStream, redactor: Redactor): AsyncGenerator<Uint8Array> {
  let held = '';
  for await (const chunk of stream) {
    // One character for each byte: lines are found and cut without decoding them.
    const text = held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    const cut = cutOf(text);
    const { done, rest } = take(text, cut, redactor);
    // Nothing was held back, nothing is, and nothing was taken out: the bytes go on as they are.
    const same = held === '' && done === text;
    held = rest;
    if (same) yield chunk;
    else if (done !== '') yield Buffer.from(done, 'latin1');
  }
  if (held !== '') yield Buffer.from(take(held, held.length, redactor).done, 'latin1');
}

/** Up to where a text may go on: its last line's end, or nearly all of a line that is too long to wait for. */
function cutOf(text: string): number {
  const lines = text.lastIndexOf('\n') + 1;
  return lines === 0 && text.length > LONGEST_HELD ? text.length - OVERLAP : lines;
}

function take(text: string, wanted: number, redactor: Redactor): { done: string; rest: string } {
  if (wanted === text.length && !redactor.touches(text)) return { done: text, rest: '' };
  let done = '';
  let from = 0;
  let cut = wanted;
  for (const { start, end } of redactor.find(text)) {
    if (start >= cut) break;
    if (end > cut) {
      cut = start;
      break;
    }
    done += text.slice(from, start) + REDACTED;
    from = end;
  }
  return { done: done + text.slice(from, cut), rest: text.slice(cut) };
}
