import { Readable } from 'node:stream';
import t from 'tap';
import { failureText, sum } from '../../runner/report.mjs';
import { tally } from '../../runner/tally.mjs';

/** The counts of the TAP that a file prints. */
const counted = (...lines: string[]) =>
  tally('test/a.test.ts', Readable.from(['TAP version 14\n', ...lines.map((line) => `${line}\n`)]));

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
