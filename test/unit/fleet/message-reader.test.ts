import t from 'tap';
import { MessageReader } from '../../../hub/fleet/link/message-reader.js';

/** A message as gRPC sends it: a flag, the length, the text. */
function message(text: string, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** A reader that notes the bytes that it keeps, and its messages. */
function reader(limit = 1000) {
  const told: string[] = [];
  let kept = 0;
  const events = {
    kept: (bytes: number) => {
      kept += bytes;
    },
    refused: (reason: string) => told.push(reason),
    closed: () => told.push('closed'),
  };
  return { messages: new MessageReader(limit, events), told, kept: () => kept };
}

const sent = Buffer.concat(['one', '', 'x'.repeat(500), 'four'].map((text) => message(text)));

for (const size of [1, 2, 7, 100, sent.length]) {
  t.test(`messages that come in parts of ${size} bytes are read whole, in their order`, async (t) => {
    const { messages, kept } = reader();
    const read: Buffer[] = [];
    for (let at = 0; at < sent.length; at += size) read.push(...messages.write(sent.subarray(at, at + size)));
    t.same(Buffer.concat(read), sent);
    t.same(
      read.map(({ length }) => length - 5),
      [3, 0, 500, 4],
    );
    t.equal(kept(), 0);
  });
}

t.test('a message that was read does not change when other messages follow', async (t) => {
  const { messages } = reader();
  const [first, second] = [...messages.write(message('')), ...messages.write(message('two'))];
  t.same([first, second], [message(''), message('two')]);
});

t.test('a reader reports how many bytes it keeps, and keeps none of a call that is over', async (t) => {
  const { messages, told, kept } = reader();
  messages.write(Buffer.concat([message('one'), message('x'.repeat(500)).subarray(0, 105)]));
  t.equal(kept(), 105);
  messages.close();
  t.same(messages.write(message('two')), []);
  messages.close();
  t.equal(kept(), 0);
  t.same(told, ['closed']);
});

t.test('a message that is too large, or compressed, is refused with its head', async (t) => {
  for (const [bytes, reason] of [
    [message('x'.repeat(1001)).subarray(0, 5), 'Received message larger than max (1001 vs 1000)'],
    [message('', 1), 'Received a compressed message: agents send none'],
  ] as const) {
    const { messages, told } = reader();
    t.throws(() => messages.write(bytes), { message: reason });
    t.same([...told].sort(), [reason, 'closed'].sort());
  }
});
