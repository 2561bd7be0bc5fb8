import t from 'tap';
import { framedLines, type LogLine, plainLines } from '../../../agent/drivers/docker/host/logs.js';

const TIME = '2026-01-02T03:04:05.123456789Z';

function frame(channel: number, text: string): Buffer {
  const payload = Buffer.from(`${TIME} ${text}`);
  const header = Buffer.alloc(8);
  header[0] = channel;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

t.test('frames in chunks of any size', async (t) => {
  const parts = [
    frame(1, 'one ü\n'),
    frame(2, 'half '),
    frame(1, 'two\r\n'),
    frame(2, 'and half\n'),
    frame(1, '\n'),
    frame(1, 'rest'),
  ];
  const expected = [
    { time: TIME, stream: 'stdout', message: 'one ü' },
    { time: TIME, stream: 'stdout', message: 'two' },
    { time: TIME, stream: 'stderr', message: 'half and half' },
    { time: TIME, stream: 'stdout', message: '' },
    { time: TIME, stream: 'stdout', message: 'rest' },
  ];
  for (const size of [1, 7, 64, 4096])
    t.same(await all(framedLines(inChunks(Buffer.concat(parts), size))), expected, `${size} bytes`);
});

t.test('a line without an end comes in pieces', async (t) => {
  const parts = Array.from({ length: 20 }, () => frame(1, 'x'.repeat(16_384)));
  const found = await all(framedLines(inChunks(Buffer.concat(parts), 10_000)));
  t.same(
    found.map(({ message }) => message.length),
    [262_144, 65_536],
  );
});

t.test('a terminal has no frames', async (t) => {
  const text = `${TIME} one ü\r\n${TIME} \r\n${TIME} rest`;
  for (const size of [1, 5, 4096])
    t.same(await all(plainLines(inChunks(Buffer.from(text), size))), [
      { time: TIME, stream: 'stdout', message: 'one ü' },
      { time: TIME, stream: 'stdout', message: '' },
      { time: TIME, stream: 'stdout', message: 'rest' },
    ]);
});

t.test('a stream that is no log is refused', async (t) => {
  const garbage = inChunks(Buffer.from('HTTP/1.1 200 OK\r\n'), 8);
  await t.rejects(all(framedLines(garbage)), { name: 'AgentFailure', kind: 'upstream' });
});
