import t from 'tap';
import type { Method } from '../../../hub/api/mcp/call.js';
import { responseText } from '../../../hub/api/mcp/json-rpc.js';
import type { Carrier } from '../../../hub/api/mcp/post-reply.js';
import { runInSession, type Surroundings } from '../../../hub/api/mcp/requests.js';
import { McpSession } from '../../../hub/api/mcp/rev2025-11-25/session.js';

/** A session whose requests are answered when the test says so: in the order in which they came. */
function working() {
  const session = new McpSession('p', '2025-11-25');
  const ends: ((result: string) => void)[] = [];
  const work: Method = () => new Promise((resolve) => ends.push(resolve));
  const onError = (error: unknown) => t.error(error);
  const around = { keepBody: () => () => {}, onError } as unknown as Surroundings;
  const request = { kind: 'request', id: 1, method: 'work', params: {} } as const;
  const run = (carrier: Carrier) => runInSession(new Map([['work', work]]), request, session, carrier, around);
  return { session, ends, run };
}

/** Collects all answers. */
function carrier() {
  const answers: { id: number; result?: string; error?: { data?: object } }[] = [];
  const made: Carrier = {
    streams: false,
    send: () => {},
    answer: (id, outcome) => answers.push(JSON.parse(responseText(id, outcome))),
    drop: () => {},
  };
  return { answers, made };
}

t.test('an id that is used again after its request was cancelled is answered for the new request', async (t) => {
  const { session, ends, run } = working();
  const stream = carrier();
  const first = run(stream.made);
  session.cancel(1, 'enough');
  const second = run(stream.made);
  ends[0]?.('"late"');
  await first;
  t.same(stream.answers, [], 'the cancelled request gets no answer');
  ends[1]?.('"new"');
  await second;
  t.same(stream.answers, [{ jsonrpc: '2.0', id: 1, result: 'new' }]);
});

t.test('an id that is in use is refused, and its request goes on', async (t) => {
  const { ends, run } = working();
  const [one, two] = [carrier(), carrier()];
  const first = run(one.made);
  await run(two.made);
  t.match(two.answers, [{ id: 1, error: { data: { code: 'conflict' } } }]);
  ends[0]?.('"done"');
  await first;
  t.match(one.answers, [{ id: 1, result: 'done' }]);
});
