import t from 'tap';
import { callerOf, LogOwner } from '../../../agent/drivers/mcp/session/session.js';

const [soon, later] = [4_900, 5_100];

t.test('a log line shortly after an answer may belong to its caller, and later to no caller', async (t) => {
  const owner = new LogOwner();
  t.notOk(owner.mayBeOfOthers('a', 0), 'nothing was asked before');
  owner.ended('a', 0);
  t.notOk(owner.mayBeOfOthers('a', 1), 'the same caller');
  t.ok(owner.mayBeOfOthers('b', soon));
  t.notOk(owner.mayBeOfOthers('b', later));
});

t.test('other callers count even if the same caller asked before and after them', async (t) => {
  const owner = new LogOwner();
  owner.ended('a', 0);
  owner.ended('b', 10_000);
  owner.ended('a', 12_000);
  owner.ended('a', 14_000);
  t.ok(owner.mayBeOfOthers('a', 10_000 + soon));
  t.notOk(owner.mayBeOfOthers('a', 10_000 + later));
  t.ok(owner.mayBeOfOthers('b', 14_000 + soon));
});

t.test("each request of an unknown caller counts as another caller's", async (t) => {
  const owner = new LogOwner();
  const unknown = callerOf('tools/call');
  t.equal(unknown, callerOf('tools/call', ''), 'a hub that does not know of callers sends nothing');
  t.notOk(owner.mayBeOfOthers(unknown, 0));
  owner.ended(unknown, 0);
  t.ok(owner.mayBeOfOthers(unknown, soon));
  t.ok(owner.mayBeOfOthers('a', soon));
  owner.ended('a', soon);
  owner.ended(unknown, soon);
  t.ok(owner.mayBeOfOthers('a', soon));
});

t.test('log lines about a request without a caller belong to no caller', async (t) => {
  const owner = new LogOwner();
  for (const method of ['ping', 'tools/list', 'resources/list', 'logging/setLevel']) owner.ended(callerOf(method), 0);
  t.notOk(owner.mayBeOfOthers('a', 1));
  for (const [method, caller] of [
    ['resources/subscribe', ''],
    ['resources/list', 'b'],
  ] as const) {
    const one = new LogOwner();
    one.ended(callerOf(method, caller), 0);
    t.ok(one.mayBeOfOthers('a', 1), method);
  }
});
