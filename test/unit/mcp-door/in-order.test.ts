import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { inOrder } from '../../../agent/drivers/mcp/transports/in-order.js';
import { AgentFailure } from '../../../agent/failure.js';

/** The events that come out, in their order; `hold` counts how often the server has to wait. */
function recorded() {
  const heard: (readonly [string, ...unknown[]])[] = [];
  let holds = 0;
  const events = inOrder(
    {
      message: (text, only, body) => {
        heard.push(['message', text.slice(0, 200), only, body && Buffer.from(body).toString()]);
        return true;
      },
      failed: (id) => heard.push(['failed', id]),
      waiting: () => true,
      expired: async () => {},
      closed: (reason) => heard.push(['closed', reason]),
    },
    () => {
      holds += 1;
    },
  );
  return { heard, events, holds: () => holds };
}

const answer = (result: string, id = '7') => `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
/** Objects that take a parser seconds. */
const hostile = `{"content":[${'{"a":{}},'.repeat(1_000_000)}1.0]}`;

t.test('the event loop turns while a hostile answer is read, and its result stays as it was sent', async (t) => {
  const { heard, events } = recorded();
  let isOver = false;
  const read = Promise.resolve(events.message(answer(hostile), 7)).finally(() => {
    isOver = true;
  });
  let turns = 0;
  for (; !isOver; turns += 1) await setImmediate();
  t.equal(await read, true);
  t.ok(turns > 1, `${turns} turns`);
  t.equal(heard.length, 1);
  t.match(heard[0], ['message', answer('{"content":[]}'), 7]);
  t.ok(heard[0]?.[3] === hostile);
});

t.test('all that follows a large message waits for it, and the server is held back meanwhile', async (t) => {
  const { heard, events, holds } = recorded();
  const large = events.message(answer(hostile));
  void events.message('{"jsonrpc":"2.0","method":"a"}');
  events.failed(3, new AgentFailure('upstream', 'broken'));
  events.closed('exited');
  t.same(heard, []);
  t.ok(holds() > 0);
  await large;
  await setImmediate();
  t.same(
    heard.map(([kind, what]) => [kind, kind === 'message' ? String(what).slice(17, 27) : what]),
    [
      ['message', '"id":7,"re'],
      ['message', '"method":"'],
      ['failed', 3],
      ['closed', 'exited'],
    ],
  );
  t.equal(events.message('{"jsonrpc":"2.0","method":"b"}'), true, 'later messages pass at once');
});

t.test('a large list of tools, a question and a notification are read in full', async (t) => {
  const long = 'x'.repeat(300_000);
  for (const text of [
    answer(`{"tools":[{"name":"a","description":"${long}"}]}`),
    answer(`{"resultType":"input_required","requestState":"${long}"}`),
    `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${long}"}}`,
    `[${answer(`{"content":["${long}"]}`)}]`,
  ]) {
    const { heard, events } = recorded();
    t.equal(await events.message(text), true);
    t.match(heard, [['message', text.slice(0, 200)]]);
    t.equal(heard[0]?.[3], undefined);
  }
});

t.test('what takes too much work is refused by its id, and text that is no JSON is no message', async (t) => {
  const values = '1,'.repeat(300_000);
  const { heard, events } = recorded();
  t.equal(await events.message(answer(`{"tools":[${values}1]}`)), true);
  t.match(
    String(heard[0]?.[1]),
    /^\{"jsonrpc":"2.0","id":7,"error":\{"code":-32603,"message":"the answer takes too much/,
  );
  for (const text of [
    `{"jsonrpc":"2.0","method":"notifications/message","params":[${values}1]}`,
    answer(`{"content":[${values}]}`),
    `${answer(hostile)}}`,
    `${'['.repeat(300_000)}${']'.repeat(300_000)}`,
  ])
    t.equal(await events.message(text), false, text.slice(0, 40));
  t.equal(heard.length, 1);
});
