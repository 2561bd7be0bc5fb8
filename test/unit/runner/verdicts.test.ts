import t from 'tap';
import { rerunsMs, verdicts } from '../../runner/verdicts.mjs';

/** Verdicts on one file that passes or fails as listed, each run taking so long of a clock of the test's own. */
async function verdictOf(runs: readonly (boolean | undefined)[], eachMs = 1) {
  const left = [...runs];
  let clock = 0;
  const passes = async () => {
    clock += eachMs;
    return left.shift();
  };
  const [line] = await verdicts(['a.test.ts'], 5, passes, () => clock);
  return line;
}

t.test('a file that fails every time is deterministic', async (t) => {
  t.equal(await verdictOf([false, false, false, false, false]), 'deterministic (5 of 5 failed again): a.test.ts');
});

t.test('a file that passes at times is racy, also if it never fails again', async (t) => {
  t.equal(await verdictOf([true, false, true, true, false]), 'racy (2 of 5 failed again): a.test.ts');
  t.equal(await verdictOf([true, true, true, true, true]), 'racy (0 of 5 failed again): a.test.ts');
});

t.test('the repetitions end when their time is over, and the verdict says so', async (t) => {
  const cut = 'cut: all repetitions together take at most 10 minutes';
  t.equal(
    await verdictOf([false, false, false], rerunsMs / 2),
    `deterministic so far (2 of 2 failed again, ${cut}): a.test.ts`,
  );
  t.equal(await verdictOf([true, undefined]), `racy (0 of 1 failed again, ${cut}): a.test.ts`);
  t.equal(await verdictOf([undefined]), `not repeated, ${cut}: a.test.ts`);
});

t.test('each run learns how much time is left', async (t) => {
  const told: number[] = [];
  let clock = 0;
  const passes = async (_: string, leftMs: number) => {
    told.push(leftMs);
    clock += 1000;
    return false;
  };
  await verdicts(['a.test.ts', 'b.test.ts'], 1, passes, () => clock);
  t.same(told, [rerunsMs, rerunsMs - 1000]);
});
