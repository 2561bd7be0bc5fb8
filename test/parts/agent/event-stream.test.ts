import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { EventStreamReader, readStream, StreamPosition } from '../../../agent/drivers/mcp/transports/http/stream.js';
import { ReadThrottle } from '../../../agent/drivers/mcp/transports/in-order.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';

function read(text: string, size: number, limit = 1000) {
  const messages: string[] = [];
  const ids: string[] = [];
  const retries: number[] = [];
  const reader = new EventStreamReader({
    message: (data) => messages.push(data),
    id: (id) => ids.push(id),
    retry: (ms) => retries.push(ms),
  });
  const bytes = Buffer.from(text);
  let fits = true;
  for (let at = 0; at < bytes.length; at += size) {
    for (const _ of reader.steps(bytes.subarray(at, at + size)));
    fits &&= reader.held <= limit;
  }
  return { messages, ids, retries, fits };
}

t.test('events are the same for any cuts of the bytes, and any line ends', async (t) => {
  const lines = [
    '\ufeff: comment',
    'id: 1',
    'data:',
    '',
    'event: message',
    'id:2',
    'data: {"a":',
    'data:"grüße 👋"}',
    '',
  ];
  lines.push('retry: 1500', 'event: other', 'data: not for us', '', 'data', '', 'data: last', '', 'data: never ended');
  for (const end of ['\n', '\r\n', '\r']) {
    const text = lines.join(end);
    for (let size = 1; size <= text.length; size += size < 8 ? 1 : 13) {
      const found = read(text, size);
      t.same(found.messages, ['{"a":\n"grüße 👋"}', 'last']);
      t.same(found.ids, ['1', '2']);
      t.same(found.retries, [1500]);
    }
  }
});

t.test('an event beyond the limit is noticed before it ends', async (t) => {
  t.equal(read(`data: ${'x'.repeat(50)}\n`.repeat(3), 7, 200).fits, false);
  t.equal(read('data:\n'.repeat(30), 7, 1000).fits, false, 'each line takes memory, however short');
  t.equal(read('x'.repeat(200), 7, 100).fits, false);
  t.equal(read(`data: ${'x'.repeat(50)}\n\n`.repeat(30), 7, 200).fits, true);
});

t.test('a stream keeps no id and no type that is too long for its use', async (t) => {
  const body = new PassThrough();
  const position = new StreamPosition(0);
  const types: string[] = [];
  const unfinished = new Unfinished(defaultLimits);
  const ended = readStream(body as unknown as IncomingMessage, position, {
    limits: defaultLimits,
    throttle: new ReadThrottle(),
    unfinished: () => unfinished.begin('s'),
    message: () => {},
    other: (type) => types.push(type),
  });
  body.write('id: 1\nid: 2\nevent: endpoint\ndata: a\n\n');
  t.equal(position.lastId, '2');
  body.end(`id: ${'3'.repeat(5000)}\nevent: ${'x'.repeat(5000)}\ndata: b\n\n`);
  await ended;
  t.equal(position.lastId, '', 'no server takes so long a header');
  t.same(types, ['endpoint', 'unknown']);
});
