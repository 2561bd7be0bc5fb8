import { jsonLineCost } from '@roundhouse/proto/json-cost';
import { Parts } from '@roundhouse/proto/parts';
import { type Asked, readAnswer, unreadable } from './answer.js';
import type { ByteStream } from './fleet.js';
import type { Shape } from './shape.js';

/** An agent cuts lines far below this, bytes; a line has a few values. */
const MOST_LINE = 4 * 1024 * 1024;
const MOST_VALUES = 16;

/** The lines of a stream, each a JSON object. @throws DomainError `upstream_failed` if the agent sends lines of another form */
export async function* jsonLines<T extends object>(
  stream: ByteStream,
  shape: Shape<T>,
  asked: Asked,
): AsyncGenerator<T> {
  const begun = new Parts();
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, from)) {
      begun.add(bytes.subarray(from, feed));
      yield readLine(begun.take(), shape, asked);
      from = feed + 1;
    }
    begun.add(bytes.subarray(from));
    if (begun.length > MOST_LINE) throw unreadable(asked, 'has a line that is too long');
  }
}

function readLine<T extends object>(json: Buffer, shape: Shape<T>, asked: Asked): T {
  const cost = jsonLineCost(json, MOST_VALUES);
  if (cost === undefined || cost > MOST_VALUES) throw unreadable(asked);
  return readAnswer<T>({ case: 'json', value: json }, shape, asked);
}
