import t from 'tap';
import { MessageStream } from '../../../hub/api/mcp/message-stream.js';
import { caller } from '../mcp-door/caller.js';

/** Reads a stream; `room`: characters that it takes before it is behind. */
function reader(stream: MessageStream, options = {}, room = Number.POSITIVE_INFINITY) {
  const source = stream.connect(caller, options);
  const got: string[] = [];
  let left = room;
  let isOver = false;
  source.start({
    send: (text) => {
      const data = /^data: (.+)$/m.exec(text)?.[1];
      if (data !== undefined) got.push(data);
      left -= text.length;
      return left > 0;
    },
    keeps: () => {},
    close: () => {},
    end: () => {
      isOver = true;
      source.ended();
    },
  });
  return {
    got,
    get isOver() {
      return isOver;
    },
    leave: () => source.ended(),
    /** Has read everything. */
    drain: () => {
      left = room;
      source.drained?.();
    },
  };
}

t.test('a reader with a last id gets the missed messages, and no more', async (t) => {
  const stream = new MessageStream(3, true);
  const first = reader(stream);
  for (const n of [1, 2, 3]) stream.send(`${n}`);
  first.leave();
  stream.send('4');
  t.same(first.got, ['1', '2', '3']);
  t.same(reader(stream, { after: 2 }).got, ['3', '4']);
});

t.test('without an id no message comes twice: first the waiting messages, then new ones', async (t) => {
  const stream = new MessageStream(0, true);
  stream.send('1');
  const first = reader(stream, { priming: true });
  stream.send('2');
  first.leave();
  stream.send('3');
  const second = reader(stream, { priming: true });
  stream.send('4');
  t.same(
    [first.got, second.got],
    [
      ['1', '2'],
      ['3', '4'],
    ],
  );
});

t.test('an unknown id hides no later message', async (t) => {
  const stream = new MessageStream(0, true);
  stream.send('1');
  const { got } = reader(stream, { after: 999 });
  stream.send('2');
  t.same(got, ['2']);
});

t.test('a slow reader misses no answer, or learns that the stream is over', async (t) => {
  const large = 'x'.repeat(400_000);
  const stream = new MessageStream(0, false);
  const slow = reader(stream, {}, 10);
  for (let n = 0; n < 15; n += 1) stream.send(`${n}${large}`);
  for (let n = 0; n < 20; n += 1) slow.drain();
  t.same(
    slow.got.map((text) => text.replace(large, '')),
    Array.from({ length: 15 }, (_, n) => String(n)),
  );
  for (let n = 0; n < 60 && !slow.isOver; n += 1) stream.send(`${n}${large}`);
  t.ok(slow.isOver, 'not without bounds');
});

t.test('a stream without a reader keeps the newest messages', async (t) => {
  const stream = new MessageStream(0, true);
  for (let n = 0; n < 5000; n += 1) stream.send(`${n}`);
  const { got } = reader(stream);
  t.equal(got.length, 1000);
  t.equal(got.at(-1), '4999');
});

t.test('a line break in a message begins no other event', async (t) => {
  const stream = new MessageStream(3, true);
  const { got } = reader(stream);
  stream.send('{"id":1,\n\ndata: {"forged":true}\r\n\r\n}');
  t.same(got, ['{"id":1,  data: {"forged":true}    }']);
});

t.test('a stream without a reader keeps few of the messages that a server sends by itself', async (t) => {
  const stream = new MessageStream(3, true);
  const message = (n: number) => JSON.stringify({ n, pad: 'x'.repeat(10_000) });
  for (let n = 0; n < 100; n += 1) stream.send(message(n));
  t.ok(stream.size < 80_000, `${stream.size} characters`);
  t.equal(JSON.parse(reader(stream).got.at(-1) ?? '').n, 99, 'the newest is there');
});

t.test('a stream that is dropped gives no earlier message, and goes on', async (t) => {
  const stream = new MessageStream(3, true);
  stream.send('1');
  stream.drop();
  const { got } = reader(stream, { after: 0 });
  stream.send('2');
  t.same(got, ['2']);
  const slow = reader(stream, {}, 5);
  stream.send('3');
  stream.send('4');
  stream.drop();
  stream.finish();
  slow.drain();
  t.same([slow.got, slow.isOver], [['3'], true], 'a slow reader learns that it is over');
});

t.test('messages that come before the connection begins are all there', async (t) => {
  const stream = new MessageStream(3, true);
  const source = stream.connect(caller, { priming: true });
  const message = (n: number) => JSON.stringify({ n, pad: 'x'.repeat(100_000) });
  for (let n = 0; n < 20; n += 1) stream.send(message(n));
  const got: number[] = [];
  source.start({
    send: (text) => {
      const data = /^data: (\{.*)$/m.exec(text)?.[1];
      if (data !== undefined) got.push(JSON.parse(data).n);
      return true;
    },
    keeps: () => {},
    close: () => {},
    end: () => {},
  });
  t.same(
    got,
    Array.from({ length: 20 }, (_, n) => n),
  );
});

t.test('a stream that cannot be resumed keeps no message that its client got', async (t) => {
  const stream = new MessageStream(0, false);
  const { got } = reader(stream);
  for (let n = 0; n < 3; n += 1) stream.send(`${n}${'x'.repeat(100_000)}`);
  t.equal(got.length, 3);
  t.equal(stream.size, 0);
});

t.test('a stream states the characters that it keeps for a client that is behind', async (t) => {
  const stream = new MessageStream(0, false);
  const kept: number[] = [];
  let takes = true;
  const source = stream.connect(caller);
  source.start({ send: () => takes, keeps: (bytes) => kept.push(bytes), close: () => {}, end: () => {} });
  stream.send('1');
  takes = false;
  stream.send('2');
  stream.send('x'.repeat(1000));
  t.same([kept.at(-2), kept.at(-1)], [0, 1000 + 'data: \n\n'.length]);
  takes = true;
  source.drained();
  t.equal(kept.at(-1), 0);
});
