import t from 'tap';
import { readOptions } from '../../runner/options.mjs';

t.test('tiers, files and options are told apart', async (t) => {
  const { named, failed, jobs, changed } = readOptions(['unit', '--failed', '--jobs', '2', 'test/api']);
  t.same({ named, failed, jobs, changed }, { named: ['unit', 'test/api'], failed: true, jobs: 2, changed: undefined });
});

t.test('a revision or a seed may be left out, and a tier is neither', async (t) => {
  t.match(readOptions(['--changed']), { changed: '', named: { length: 0 } });
  t.match(readOptions(['--changed', 'HEAD~3']), { changed: 'HEAD~3', named: { length: 0 } });
  t.match(readOptions(['--changed', 'unit']), { changed: '', named: ['unit'] });
  t.match(readOptions(['--shuffle', '12', 'unit']), { shuffle: 12, named: ['unit'] });
  t.type(readOptions(['--shuffle']).shuffle, 'number');
});

t.test("tap's options reach the tests as its variables", async (t) => {
  const { env, bail } = readOptions(['-g', 'first', '--grep', 'second', '--only', '--bail', '--test-env', 'A=b=c']);
  t.same(env, { TAP_GREP: 'first\nsecond', TAP_ONLY: '1', A: 'b=c' });
  t.equal(bail, true);
});

t.test('an unknown option, or an option with a wrong value, is named with the expected form', async (t) => {
  t.throws(() => readOptions(['--sideways']), { message: /--sideways/ });
  t.throws(() => readOptions(['--jobs', '0']), { message: '--jobs is "0": expected a whole number from 1.' });
  t.throws(() => readOptions(['--shuffle', 'x']), { message: /^--shuffle is "x": expected/ });
  t.throws(() => readOptions(['--test-env', 'A']), { message: '--test-env is "A": expected NAME=VALUE.' });
});
