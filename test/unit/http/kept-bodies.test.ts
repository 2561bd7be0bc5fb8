// Bodies with the same data for many requests: each says its own time, and equals the body that the envelope makes.
import t from 'tap';
import { connectEnvelope } from '../../../hub/api/connect/envelope.js';
import type { Envelope } from '../../../hub/http/api.js';
import { KeptBodies } from '../../../hub/http/kept-bodies.js';

const info = (second: number) => ({ requestId: `r${second}`, timestamp: `2026-11-25T10:00:0${second}.000Z` });
const textOf = (body: string | Uint8Array) => Buffer.from(body).toString();

t.test('a kept body says the time of each answer, and is otherwise as the envelope makes it', async (t) => {
  const bodies = new KeptBodies(connectEnvelope);
  for (const data of ['{"tools":[]}', '{"tools":["ä€😀"]}', '{"at":"2026-11-25T10:00:00.000Z"}'])
    for (const second of [1, 2, 2, 3])
      t.equal(textOf(bodies.body(data, info(second))), connectEnvelope.success(data, undefined, info(second)));
});

t.test('a large body is made for each answer: it is sent in pieces', async (t) => {
  const bodies = new KeptBodies(connectEnvelope);
  const data = JSON.stringify('ä'.repeat(40_000));
  const first = bodies.body(data, info(1));
  bodies.body(data, info(2));
  t.equal(textOf(first), connectEnvelope.success(data, undefined, info(1)));
});

t.test('a body is made for each answer if its envelope writes the id of the request, or no time, or two', async (t) => {
  const forms: Envelope['success'][] = [
    (data, _extra, { requestId, timestamp }) => `[${data},"${requestId}","${timestamp}"]`,
    (data) => `[${data}]`,
    (data, _extra, { timestamp }) => `[${data},"${timestamp}","${timestamp}"]`,
  ];
  for (const success of forms) {
    const bodies = new KeptBodies({ ...connectEnvelope, success });
    for (const second of [1, 2])
      t.equal(textOf(bodies.body('{}', info(second))), success('{}', undefined, info(second)));
  }
});
