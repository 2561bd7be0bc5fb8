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
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes =
      held.length > 0 ? Buffer.concat([held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const { done, rest } = take(bytes, cutOf(bytes), redactor);
    // A copy: the rest of the chunk need not stay in memory.
    held = Buffer.from(rest);
    if (done.length > 0 || bytes.length === 0) yield done;
  }
  if (held.length > 0) yield take(held, held.length, redactor).done;
}

/** Up to where bytes may go on: their last line's end, or nearly all of a line that is too long to wait for. */
function cutOf(bytes: Buffer): number {
  const lines = bytes.lastIndexOf('\n') + 1;
  return lines === 0 && bytes.length > LONGEST_HELD ? bytes.length - OVERLAP : lines;
}

function take(bytes: Buffer, wanted: number, redactor: Redactor): { done: Buffer; rest: Buffer } {
  if (!redactor.touchesBytes(bytes)) return { done: bytes.subarray(0, wanted), rest: bytes.subarray(wanted) };
  const done: Buffer[] = [];
  let from = 0;
  let cut = wanted;
  // One character for each byte: places in the text are places in the bytes.
  for (const { start, end } of redactor.find(bytes.toString('latin1'))) {
    if (start >= cut) break;
    if (end > cut) {
      cut = start;
      break;
    }
    done.push(bytes.subarray(from, start), Buffer.from(REDACTED));
    from = end;
  }
  return { done: Buffer.concat([...done, bytes.subarray(from, cut)]), rest: bytes.subarray(cut) };
}
