import { constants, createGzip } from 'node:zlib';
import { within } from '../../domain/cancellation.js';
import { BEGIN_AFTER_MS, FILL_EVERY_MS, madeOf } from './keep-alive-lines.js';

/** An empty block, which readers skip. It may stand anywhere after a flush. */
const EMPTY_BLOCK = Buffer.from([0, 0, 0, 0xff, 0xff]);

/** Whether a client reads gzip. @param accepted its `Accept-Encoding` */
export function acceptsGzip(accepted: string): boolean {
  return accepted.split(',').some((entry) => {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

/**
 * A stream in gzip. The client can read each chunk as soon as it comes. Before the first chunk, the client gets the head of the answer and
 * bytes of gzip that hold no text; plain text has no such bytes. The stream's end waits for the chunk under way: the client's signal has to
 * end that chunk.
 */
export const gzipped = (chunks: AsyncIterable<Uint8Array>) => madeOf(chunks, compress);

async function* compress(iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  const ready: Buffer[] = [];
  gzip.on('data', (part: Buffer) => ready.push(part));
  const taken = () => Buffer.concat(ready.splice(0));
  const flushed = () => new Promise<Buffer>((resolve) => gzip.flush(() => resolve(taken())));
  const finished = () => new Promise<Buffer>((resolve) => gzip.once('end', () => resolve(taken())).end());
  try {
    let next = iterator.next();
    for (let waitMs = BEGIN_AFTER_MS; ; waitMs = FILL_EVERY_MS) {
      const came = await within(waitMs, next);
      if (came?.done) {
        yield await finished();
        return;
      }
      if (came) gzip.write(came.value);
      // The first block carries the head of gzip.
      yield came || waitMs === BEGIN_AFTER_MS ? await flushed() : EMPTY_BLOCK;
      if (came) next = iterator.next();
    }
  } finally {
    gzip.close();
  }
}
