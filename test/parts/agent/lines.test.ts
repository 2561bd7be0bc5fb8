import t from 'tap';
import { overlongRequestId } from '../../../agent/drivers/mcp/transports/in-order.js';
import { LineSplitter } from '../../../agent/drivers/process/lines.js';

function split(limit: number, chunks: Iterable<Buffer>) {
  const lines: string[] = [];
  const overlong: { head: string; tail: string; bytes: number }[] = [];
  const splitter = new LineSplitter(limit, 4, {
    line: (text) => lines.push(text),
    overlong: (head, tail, bytes) => overlong.push({ head, tail, bytes }),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, overlong };
}

const inChunksOf = (text: string, size: number): Buffer[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
};

t.test('lines are the same for any cuts of the bytes', async (t) => {
  const text = 'one\n\nzwei grüße 👋\r\n世界\nlast without end';
  for (let size = 1; size <= Buffer.byteLength(text); size++) {
    t.same(split(100, inChunksOf(text, size)).lines, ['one', 'zwei grüße 👋', '世界', 'last without end']);
  }
});

t.test('an overlong line is dropped, its ends are kept, and the next line is whole', async (t) => {
  const text = 'ok\nabcdefghijklmnop\nnext\nzzzzzzzzzzzzz';
  for (const size of [1, 2, 3, 5, 8, 100]) {
    const { lines, overlong } = split(10, inChunksOf(text, size));
    t.same(lines, ['ok', 'next']);
    t.same(overlong[0], { head: 'abcd', tail: 'mnop', bytes: 16 });
    t.equal(overlong[1]?.bytes, 13);
  }
});

t.test('a line of exactly the limit passes', async (t) => {
  t.same(split(4, [Buffer.from('abcd\nefgh')]).lines, ['abcd', 'efgh']);
});

t.test('the agent finds the request of an overlong message in the ends of the message', async (t) => {
  t.equal(overlongRequestId('{"jsonrpc":"2.0","id":12,"result":', 'x"}]}}'), 12);
  t.equal(overlongRequestId('{"id": 12, "jsonrpc"', '"}'), 12);
  t.equal(overlongRequestId('{"result":{"id":3,', 'x"}]},"jsonrpc":"2.0","id":12}'), 12);
  t.equal(overlongRequestId('{"result":{"id":3,', '"},"id":12,"jsonrpc":"2.0"}'), 12);
  t.equal(overlongRequestId('{"result":{"a":', '{"x":1,"id":12}}'), undefined);
  t.equal(overlongRequestId('zzzz', 'zzzz'), undefined);
});
