import t from 'tap';
import { expected, isOptional } from '../conformance/expected.mjs';
import { type Run, reference, revisions, runSuite } from '../conformance/suite.mjs';
import { losses, missed, unseen } from '../conformance/table.mjs';
import { startWays } from '../conformance/ways.mjs';
import { nightly } from '../nightly.js';
import { part } from '../parts.js';

/** The way through Roundhouse that every run takes; the run of the night takes all. */
const oneWay: Readonly<Record<string, string>> = { '2025-11-25': 'stdio', '2026-07-28': 'http' };

t.test('the official suite', async (t) => {
  if (!part(t, 'conformance')) return;
  const cleanup: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const end of cleanup.reverse()) await end();
  });
  const ways = await startWays(revisions, cleanup);
  for (const revision of revisions) {
    await t.test(`${revision}: each scenario that passes directly passes through Roundhouse`, async (t) => {
      const urls: Readonly<Record<string, string>> | undefined = ways[revision];
      if (!urls) throw new Error(`no way to ${revision}`);
      const runs: Record<string, Run> = {};
      const through = Object.keys(urls).filter((way) => way !== 'direct' && (nightly || way === oneWay[revision]));
      for (const way of ['direct', ...through]) runs[way] = await runSuite(urls[way] ?? '', revision);
      t.same(Object.keys(runs), ['direct', ...through]);
      const known = (list: readonly string[] = []) =>
        list.filter((what) => through.some((way) => what.startsWith(`${way}: `)));
      const { direct = {} } = runs;
      t.ok(Object.keys(direct).length >= 33, 'the suite has run');
      t.same(missed(direct, reference.passes[revision] ?? {}), [], `as ${reference.source}`);
      const failing = Object.entries(direct).filter(([, checks]) => checks.some(({ status }) => status === 'FAILURE'));
      const failed = failing.map(([scenario]) => scenario).filter((scenario) => !isOptional(scenario));
      t.same(failed, [], 'the fixture has all that the suite asks for, beyond what its own fixture has');
      const lost = losses(runs);
      t.same(lost.map(({ what }) => what).sort(), known(expected[revision]?.lost), JSON.stringify(lost));
      t.same(unseen(runs), known(expected[revision]?.unseen));
    });
  }
});

t.test('a check that fails only on the way is a loss', async (t) => {
  const good = { id: 'a', name: 'A', status: 'SUCCESS' };
  const bad = { id: 'a', name: 'A', status: 'FAILURE', errorMessage: 'no' };
  const warned = { id: 'a', name: 'A', status: 'WARNING' };
  const other = { id: 'b', name: 'B', status: 'FAILURE' };
  t.same(losses({ direct: { one: [good] }, http: { one: [bad] } }), [{ what: 'http: one: a (A)', message: 'no' }]);
  t.match(losses({ direct: { one: [good] }, http: { one: [warned] } }), [{ what: 'http: one: a (A)' }]);
  t.match(losses({ direct: { one: [good, bad] }, http: { one: [bad, bad] } }), [{ what: 'http: one: a (A)' }]);
  t.match(losses({ direct: { one: [good] }, http: {} }), [{ what: 'http: one' }]);
  t.same(
    losses({ direct: { one: [bad, other] }, http: { one: [bad] } }),
    [],
    'a test that fails directly, too, is no loss',
  );
});

t.test('a check that is not made is reported', async (t) => {
  const good = { id: 'a', name: 'A', status: 'SUCCESS' };
  const told = { id: 'a', name: 'A', status: 'INFO' };
  t.same(unseen({ direct: { one: [good] }, http: { one: [told] }, stdio: { one: [good] } }), ['http: one: a (A)']);
  t.same(missed({ one: [good, { ...good, status: 'WARNING' }] }, { one: ['a', 'b'] }), ['one: a', 'one: b']);
});
