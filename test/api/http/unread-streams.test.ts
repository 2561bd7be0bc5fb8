// Event streams that clients do not read: the bytes that the hub keeps for them have a bound per payer.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { Json, SseReply, type SseSink } from '../../../hub/http/endpoint.js';
import { wait } from '../../kit/wait.js';
import { dial, keyOf, on, startHttp } from './fixture.js';

const MiB = 1024 * 1024;
/** More than the sockets of both ends hold. */
const LARGE = `data: ${'x'.repeat(16 * MiB)}\n\n`;
const BOUND = 40 * MiB;

/** A hub with event streams: `open` opens one, and tells when it has ended. */
async function serve(t: Test) {
  const opened: { sink: SseSink; isOver: boolean }[] = [];
  const table = [
    on('GET', '/api/events', {}, (_, { caller }) => {
      const stream = { sink: undefined as never as SseSink, isOver: false };
      const start = (sink: SseSink) => {
        stream.sink = sink;
        opened.push(stream);
      };
      const ended = () => {
        stream.isOver = true;
      };
      return new SseReply({ caller, start, drained: () => {}, ended });
    }),
    on('GET', '/api/large', { bare: true }, () => new Json(Buffer.alloc(16 * MiB, ' '))),
  ];
  const settings = { maxUnreadBytesPerCaller: BOUND };
  const { port, logged } = await startHttp(t, { connect: table }, { settings });
  const ask = async (path: string, key: string) => {
    const socket = await dial(t, port);
    socket.write(`GET /connect${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`);
    return socket;
  };
  const open = async (key = keyOf('none')) => {
    const socket = await ask('/api/events', key);
    await once(socket, 'readable');
    socket.pause();
    const stream = opened.at(-1);
    if (!stream) throw new Error('no stream');
    return { socket, ...stream, isOver: () => stream.isOver };
  };
  return { open, ask, logged };
}

t.test(
  'streams that a caller does not read end beyond the bound, and those of a client that reads go on',
  async (t) => {
    const { open, logged } = await serve(t);
    const reading = await open();
    let got = 0;
    reading.socket.on('data', ({ length }: Buffer) => {
      got += length;
    });
    reading.socket.resume();
    const unread = [await open(), await open(), await open(), await open()];
    for (const { sink } of unread) sink.send(LARGE);
    await wait('two streams end', () => unread.filter(({ isOver }) => isOver()).length === 2);
    t.same(
      unread.map(({ isOver }) => isOver()),
      [true, true, false, false],
      'the ones that are behind for the longest time',
    );
    t.equal(logged.filter(({ body }) => body === 'event stream closed').length, 2, 'the log says so once for each');
    reading.sink.send(LARGE);
    await wait('the reader gets its event', () => got >= LARGE.length);
    t.notOk(reading.isOver());
  },
);

t.test('events that the source keeps for a client that is behind count, too', async (t) => {
  const { open } = await serve(t);
  const [first, second] = [await open(), await open()];
  for (const { sink } of [first, second]) sink.send(LARGE);
  second.sink.keeps(4 * MiB);
  t.notOk(first.isOver());
  second.sink.keeps(12 * MiB);
  await wait('the first stream ends', () => first.isOver());
  t.notOk(second.isOver());
});

t.test('streams and answers share the bound', async (t) => {
  const { open, ask } = await serve(t);
  const streams = [await open(), await open()];
  for (const { sink } of streams) sink.send(LARGE);
  const socket = await ask('/api/large', keyOf('none'));
  const [head] = (await once(socket, 'data')) as [Buffer];
  t.match(head.toString(), /^HTTP\/1.1 503 [\s\S]*read the answers/);
});
