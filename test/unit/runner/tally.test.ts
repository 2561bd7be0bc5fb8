import { Readable } from 'node:stream';
import t from 'tap';
import { failureText, sum } from '../../runner/report.mjs';
import { tallies } from '../../runner/tally.mjs';

const report = (files: readonly string[], ...lines: string[]) =>
  tallies(files, Readable.from(['TAP version 14\n', ...lines.map((line) => `${line}\n`)]));

/** The counts of the TAP that a process of one file prints. */
async function counted(...lines: string[]) {
  const { totals, fault } = await report(['test/a.test.ts'], ...lines);
  const [total] = totals;
  if (!total) throw new Error('no file was counted');
  return { ...total, fault };
}

t.test('assertions are counted, including those in subtests, but not the summaries of subtests', async (t) => {
  const { passed, failed, fault } = await counted(
    '# Subtest: one',
    '    ok 1 - a',
    '    ok 2 - b',
    '    1..2',
    'ok 1 - one',
    'ok 2 - c',
    '1..2',
  );
  t.same({ passed, failed, fault }, { passed: 3, failed: 0, fault: undefined });
});

t.test('a failed assertion counts once, and has its place, its test and its name', async (t) => {
  const at = [
    '      ---',
    '      at:',
    '        fileName: test/a.test.ts',
    '        lineNumber: 7',
    '      diff: -1',
    '      ...',
  ];
  const { failed, failures } = await counted(
    '# Subtest: one',
    '    not ok 1 - a',
    ...at,
    '    1..1',
    'not ok 1 - one',
    '1..1',
  );
  t.equal(failed, 1);
  t.match(failures, [{ place: 'test/a.test.ts:7', name: 'one > a' }]);
  t.match(failures.map(failureText), [/^FAILED: test\/a\.test\.ts:7: one > a\n {4}diff: /]);
});

t.test('a subtest that fails for a reason of its own counts', async (t) => {
  const { passed, failed } = await counted('# Subtest: one', '    ok 1 - a', '    1..1', 'not ok 1 - timeout!', '1..1');
  t.same({ passed, failed }, { passed: 1, failed: 1 });
});

t.test(
  'a skipped test is no success, and its reason is kept; a test that the caller filtered out is not told',
  async (t) => {
    const { passed, skipped } = await counted('ok 1 - a # SKIP wrk is missing', 'ok 2 - b # SKIP filter: /x/', '1..2');
    t.equal(passed, 0);
    t.same(skipped, ['test/a.test.ts: a: wrk is missing']);
  },
);

t.test('a report that ends early has a fault, and counts as one failure', async (t) => {
  const early = await counted('ok 1 - a', '1..3');
  t.equal(early.fault, 'incorrect number of tests');
  t.equal(early.failed, 0);
  const outcome = { ...early, file: 'test/a.test.ts', ok: false, wallMs: 1, ledger: undefined, errors: '' };
  t.same(sum([outcome, { ...outcome, failed: 3 }]), { passed: 2, failed: 4 });
});

t.test('the results of several files in one process are told apart', async (t) => {
  const files = ['test/a.test.ts', 'test/b.test.ts', 'test/c.test.ts'];
  const { totals, open } = await report(
    files,
    '# Subtest: test/a.test.ts',
    '    # Subtest: one',
    '        ok 1 - x',
    '        not ok 2 - y',
    '        1..2',
    '    not ok 1 - one',
    '    1..1',
    'not ok 1 - test/a.test.ts',
    '# Subtest: test/b.test.ts',
    '    ok 1 - z',
    '    ok 2 - w # SKIP curl is missing',
    '    1..2',
    'ok 2 - test/b.test.ts',
  );
  t.same(
    totals.map(({ passed, failed, skipped }) => ({ passed, failed, skipped })),
    [
      { passed: 1, failed: 1, skipped: [] },
      { passed: 1, failed: 0, skipped: ['test/b.test.ts: w: curl is missing'] },
      { passed: 0, failed: 0, skipped: [] },
    ],
  );
  t.match(totals[0]?.failures, [{ place: 'test/a.test.ts', name: 'one > y' }]);
  t.same(
    open.map(({ file }) => file),
    ['test/c.test.ts'],
  );
});

t.test('a file that fails for a reason of its own fails, and no other file of its process', async (t) => {
  const { totals } = await report(
    ['test/a.test.ts', 'test/b.test.ts'],
    '# Subtest: test/a.test.ts',
    '    ok 1 - x',
    '    1..1',
    'not ok 1 - test/a.test.ts',
    '# Subtest: test/b.test.ts',
    '    ok 1 - y',
    '    1..1',
    'ok 2 - test/b.test.ts',
    '1..2',
  );
  t.same(
    totals.map(({ failed }) => failed),
    [1, 0],
  );
});
