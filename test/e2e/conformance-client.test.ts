import t from 'tap';
import { startProduct } from '../bench/product.mjs';
import { checksOf, runClientSuite } from '../conformance/client-suite.mjs';
import { clientRevisions, givenUp, notOffered, surprises } from '../conformance/client-table.mjs';
import { part } from '../parts.js';

t.test("the agent passes the official suite's tests of clients", async (t) => {
  if (!part(t, 'conformance') || !part(t, 'curl')) return;
  const cleanup: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const end of cleanup.reverse()) await end();
  });
  const hub = await startProduct(cleanup);
  const least: Readonly<Record<string, number>> = { '2025-11-25': 25, '2026-07-28': 39 };
  for (const revision of clientRevisions) {
    const run = await runClientSuite(hub, revision);
    t.ok(Object.keys(run).length >= (least[revision] ?? 0), `${revision}: the suite has run`);
    t.same(surprises(run), [], revision);
    const failing = Object.keys(run).filter(
      (scenario) => run[scenario] && checksOf(run[scenario], 'FAILURE').length > 0,
    );
    t.same(failing.sort(), Object.keys(notOffered).sort(), `${revision}: no more is missing than what is not offered`);
  }
});

t.test('an unexpected result is reported', async (t) => {
  const good = [{ id: 'a', status: 'SUCCESS' }];
  const bad = [...good, { id: 'b', status: 'FAILURE' }];
  const [offered = '', refused = ''] = [Object.keys(notOffered)[0], givenUp[0]];
  const played = (checks: { id: string; status: string }[], end = '') => ({ checks, end }) as never;
  t.same(surprises({ one: played(good), [refused]: played(good, 'no'), [offered]: played(bad, 'no') }), []);
  t.same(surprises({ one: played(bad) }), ['one: b']);
  t.same(surprises({ one: played([]) }), ['one: nothing was looked at']);
  t.same(surprises({ one: played(good, 'it ended') }), ['one: it ended']);
  t.same(surprises({ [refused]: played(good) }), [`${refused}: was not given up`]);
  t.same(surprises({ [offered]: played(good) }), [`${offered}: passes, and is said not to be offered`]);
});
