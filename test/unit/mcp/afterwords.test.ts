import t from 'tap';
import { Afterwords, callerOf } from '../../../agent/drivers/mcp/session/log-owner.js';

const [soon, later] = [4_900, 5_100];

t.test('a log line shortly after an answer may belong to its caller, and later to no caller', async (t) => {
  const afterwords = new Afterwords();
  t.notOk(afterwords.mayBeOfOthers('a', 0), 'nothing was asked before');
  afterwords.ended('a', 0);
  t.notOk(afterwords.mayBeOfOthers('a', 1), 'the same caller');
  t.ok(afterwords.mayBeOfOthers('b', soon));
  t.notOk(afterwords.mayBeOfOthers('b', later));
});

t.test('others count though the same caller asked before them and after', async (t) => {
  const afterwords = new Afterwords();
  afterwords.ended('a', 0);
  afterwords.ended('b', 10_000);
  afterwords.ended('a', 12_000);
  afterwords.ended('a', 14_000);
  t.ok(afterwords.mayBeOfOthers('a', 10_000 + soon));
  t.notOk(afterwords.mayBeOfOthers('a', 10_000 + later));
  t.ok(afterwords.mayBeOfOthers('b', 14_000 + soon));
});

t.test("each request of an unknown caller counts as another caller's", async (t) => {
  const afterwords = new Afterwords();
  const unknown = callerOf('tools/call');
  t.equal(unknown, callerOf('tools/call', ''), 'a hub that does not know of callers sends nothing');
  t.notOk(afterwords.mayBeOfOthers(unknown, 0));
  afterwords.ended(unknown, 0);
  t.ok(afterwords.mayBeOfOthers(unknown, soon));
  t.ok(afterwords.mayBeOfOthers('a', soon));
  afterwords.ended('a', soon);
  afterwords.ended(unknown, soon);
  t.ok(afterwords.mayBeOfOthers('a', soon));
});

t.test('log lines about a request without a caller belong to no caller', async (t) => {
  const afterwords = new Afterwords();
  for (const method of ['ping', 'tools/list', 'resources/list', 'logging/setLevel'])
    afterwords.ended(callerOf(method), 0);
  t.notOk(afterwords.mayBeOfOthers('a', 1));
  for (const [method, caller] of [
    ['resources/subscribe', ''],
    ['resources/list', 'b'],
  ] as const) {
    const one = new Afterwords();
    one.ended(callerOf(method, caller), 0);
    t.ok(one.mayBeOfOthers('a', 1), method);
  }
});
