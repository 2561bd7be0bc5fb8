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

/** JSON of so many arrays, one in the other. */
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

t.test('an answer that takes too much work, nests too deep or is no JSON fails its request', async (t) => {
  const values = '1,'.repeat(300_000);
  const { heard, events } = recorded();
  t.equal(await events.message(answer(`{"tools":[${values}1]}`)), true);
  t.match(
    String(heard[0]?.[1]),
    /^\{"jsonrpc":"2.0","id":7,"error":\{"code":-32603,"message":"the answer takes too much/,
  );
  const unreadable = [
    answer(`{"content":[${values}]}`),
    `${answer(hostile)}}`,
    answer(`{"content":${nested(2_000)}}`),
    answer(`{"content":${nested(200_000)}}`),
  ];
  for (const text of unreadable) t.equal(await events.message(text), true, text.slice(0, 40));
  t.same(
    heard.slice(1),
    unreadable.map(() => ['failed', 7]),
  );
});

t.test('a notification that takes too much work or nests too deep is no message', async (t) => {
  const { heard, events } = recorded();
  const notice = (params: string) => `{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`;
  for (const text of [
    notice(`[${'1,'.repeat(300_000)}1]`),
    notice(nested(1_001)),
    notice(`["${']'.repeat(5_000)}",${nested(5_000)}]`),
    nested(6_000),
    nested(300_000),
  ])
    t.equal(await events.message(text), false, text.slice(0, 80));
  t.same(heard, []);
  const flat = notice(`[${'[],'.repeat(2_000)}"${'['.repeat(2_000)}"]`);
  t.equal(await events.message(flat), true, 'many arrays side by side, and brackets in texts, are no depth');
});

t.test('a message that its receiver cannot handle fails its request, and nothing else', async (t) => {
  const failed: (readonly [number, string])[] = [];
  const message = () => {
    throw new RangeError('Maximum call stack size exceeded');
  };
  const given = { message, failed: (id: number, { message }: AgentFailure) => failed.push([id, message]) };
  const events = inOrder(given as never, () => {});
  t.equal(await events.message(answer('{}')), true);
  t.equal(await events.message('{"jsonrpc":"2.0","method":"a"}'), false);
  t.match(failed, [[7, /cannot be read: Maximum call stack/]]);
});
