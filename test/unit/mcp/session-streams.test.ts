import t from 'tap';
import { McpSession } from '../../../hub/api/mcp/rev2025-11-25/session.js';

const MiB = 1024 * 1024;

/** A stream of a session that has given its one answer. */
function answered(session: McpSession, characters: number) {
  const stream = session.newStream();
  stream.send('x'.repeat(characters));
  stream.finish();
  return stream;
}

t.test('streams that are over can be resumed for a while', async (t) => {
  const session = new McpSession('p', '2025-11-25');
  const over = answered(session, 10);
  const open = session.newStream();
  const there = () => [over, open, session.standalone].map(({ number }) => session.stream(number) !== undefined);
  session.forgetStreams(performance.now() + 60_000);
  t.same(there(), [true, true, true]);
  session.forgetStreams(performance.now() + 180_000);
  t.same(there(), [false, true, true], 'streams that go on stay');
});

t.test('a session keeps a bounded part of the streams that are over', async (t) => {
  const session = new McpSession('p', '2025-11-25');
  const [first, second] = [answered(session, 3 * MiB), answered(session, 3 * MiB)];
  const third = answered(session, 10);
  const there = [first, second, third].map(({ number }) => session.stream(number) !== undefined);
  t.same(there, [false, true, true], 'the oldest makes room');
  for (let i = 0; i < 40; i += 1) answered(session, 10);
  t.equal(session.stream(third.number), undefined, 'and so many');
});
