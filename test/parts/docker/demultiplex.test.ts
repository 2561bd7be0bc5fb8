import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { Demultiplexer } from '../../../agent/drivers/docker/engine/demultiplex.js';

function frame(channel: number, content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.from([channel, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

t.test('frames are taken apart wherever they are cut', async (t) => {
  const whole = Buffer.concat([frame(1, 'one'), frame(2, 'error'), frame(1, ''), frame(1, ' two ü'), frame(3, '!')]);
  for (const size of [1, 2, 7, 9, whole.length]) {
    const source = new PassThrough();
    const { stdout, stderr, ...output } = demultiplexed(source);
    const read = Promise.all([text(stdout), text(stderr)]);
    for (let at = 0; at < whole.length; at += size) source.write(whole.subarray(at, at + size));
    source.end();
    await once(source, 'end');
    output.end();
    t.same(await read, ['one two ü', 'error!'], `in pieces of ${size}`);
  }
});

t.test('output without a reader is not read ahead', async (t) => {
  const source = new PassThrough();
  const { stdout, stderr } = demultiplexed(source);
  stderr.resume();
  const piece = frame(1, Buffer.alloc(64 * 1024));
  let written = 0;
  while (source.write(piece) && written < 1000) written++;
  await new Promise(setImmediate);
  t.ok(source.isPaused());
  t.ok(stdout.readableLength < 4 * piece.length, 'what is held is bounded');
  stdout.resume();
  await once(source, 'drain');
  t.notOk(source.isPaused());
});

t.test('a stream in another form is reported once that shows', async (t) => {
  const source = new PassThrough();
  let broken = 0;
  demultiplexed(source, () => broken++);
  source.write('plain text of a terminal');
  await new Promise(setImmediate);
  t.equal(broken, 1);
});

function demultiplexed(source: PassThrough, onBroken: () => void = () => {}) {
  const output = new Demultiplexer(source, onBroken);
  return { stdout: output.stdout, stderr: output.stderr, end: () => output.end() };
}
