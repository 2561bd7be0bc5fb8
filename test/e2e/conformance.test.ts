import t from 'tap';
import { runSuite } from '../conformance/suite.mjs';
import { losses } from '../conformance/table.mjs';
import { startWays } from '../conformance/ways.mjs';
import { part } from '../parts.js';

t.test('what the official suite passes directly, it passes through Roundhouse', async (t) => {
  if (!part(t, 'conformance')) return;
  const cleanup: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const end of cleanup.reverse()) await end();
  });
  const ways = await startWays(cleanup);
  const direct = await runSuite(ways.direct, '2025-11-25');
  const failing = Object.entries(direct).filter(([, checks]) => checks.some(({ status }) => status === 'FAILURE'));
  t.same(
    failing.map(([scenario]) => scenario),
    [],
    'the fixture has all that the suite asks for',
  );
  t.ok(Object.keys(direct).length >= 30, 'the suite has run');
  const stdio = await runSuite(ways.stdio, '2025-11-25');
  const http = await runSuite(ways.http, '2025-11-25');
  t.same(losses({ direct, stdio, http }), []);
});

t.test('a check that fails only on the way is a loss', async (t) => {
  const good = { id: 'a', status: 'SUCCESS' };
  const bad = { id: 'a', status: 'FAILURE', errorMessage: 'no' };
  const other = { id: 'b', status: 'FAILURE' };
  t.match(losses({ direct: { one: [good] }, http: { one: [bad] } }), [{ scenario: 'one', check: 'a', way: 'http' }]);
  t.match(losses({ direct: { one: [good] }, http: {} }), [{ scenario: 'one', way: 'http' }]);
  t.same(losses({ direct: { one: [bad, other] }, http: { one: [bad] } }), [], 'one that fails directly is none');
});
