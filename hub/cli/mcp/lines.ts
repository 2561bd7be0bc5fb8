import type { Readable } from 'node:stream';

const LINE_FEED = 10;

/** A line that was longer than allowed; its text is not kept. */
export const tooLong = Symbol('a line that is too long');

/**
 * The lines of a stream of UTF-8, without their ends; empty ones are left out.
 * @param limit bytes of a line; of a longer one nothing is held, and {@link tooLong} comes in its place
 */
export async function* linesOf(input: Readable, limit: number): AsyncGenerator<string | typeof tooLong> {
  let parts: Buffer[] = [];
  let held = 0;
  const take = (part: Buffer) => {
    held += part.length;
    if (held <= limit) parts.push(part);
    else parts = [];
  };
  const finish = () => {
    const line = held > limit ? tooLong : Buffer.concat(parts).toString().trim();
    parts = [];
    held = 0;
    return line;
  };
  for await (const chunk of input) {
    let rest: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      take(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = finish();
      if (line !== '') yield line;
    }
    take(rest);
  }
  const last = finish();
  if (last !== '') yield last;
}
