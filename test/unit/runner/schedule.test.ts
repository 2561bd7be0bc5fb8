import t from 'tap';
import { grouped } from '../../runner/files.mjs';
import { longestFirst } from '../../runner/ledger.mjs';
import { type Lane, schedule, shuffled } from '../../runner/schedule.mjs';

/** Files that end when the test says so. */
function controlled() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (file: string) => {
    started.push(file);
    return new Promise<void>((resolve) => ends.set(file, resolve));
  };
  /** Ends a file, and waits until the schedule has reacted. */
  const end = async (file: string) => {
    ends.get(file)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, run, end };
}

t.test('as many files run as there are jobs, in their order', async (t) => {
  const { started, run, end } = controlled();
  const all = schedule([{ files: ['a', 'b', 'c'] }], 2, run);
  t.same(started, ['a', 'b']);
  await end('b');
  t.same(started, ['a', 'b', 'c']);
  await end('a');
  await end('c');
  await all;
});

t.test('files that wait for a part hold no job, and are appended when the part is there', async (t) => {
  const { started, run, end } = controlled();
  let open = () => {};
  const ready = new Promise<void>((resolve) => {
    open = resolve;
  });
  const lanes: Lane<string>[] = [{ files: ['built'], ready }, { files: ['a', 'b'] }];
  const all = schedule(lanes, 2, run);
  t.same(started, ['a', 'b']);
  await end('a');
  t.same(started, ['a', 'b'], 'the part is not there yet');
  open();
  await end('b');
  t.same(started, ['a', 'b', 'built']);
  await end('built');
  await all;
});

t.test('a lane runs no more files at a time than it allows', async (t) => {
  const { started, run, end } = controlled();
  const all = schedule([{ files: ['k1', 'k2'], atOnce: 1 }, { files: ['a', 'b'] }], 3, run);
  t.same(started, ['k1', 'a', 'b']);
  await end('a');
  t.same(started, ['k1', 'a', 'b']);
  await end('k1');
  t.same(started, ['k1', 'a', 'b', 'k2']);
  await end('b');
  await end('k2');
  await all;
});

t.test('a lane says when its last file has run', async (t) => {
  const { run, end } = controlled();
  let ended = 0;
  const all = schedule([{ files: ['k1', 'k2'], atOnce: 1, ended: () => (ended += 1) }, { files: ['a'] }], 3, run);
  await end('k1');
  t.equal(ended, 0);
  await end('k2');
  t.equal(ended, 1, 'another lane still runs');
  await end('a');
  await all;
  t.equal(ended, 1);
});

t.test('no file starts once the run is stopped, and the run waits for running files', async (t) => {
  const { started, run, end } = controlled();
  let stopped = false;
  const all = schedule([{ files: ['a', 'b'] }, { files: ['c'], ready: new Promise(() => {}) }], 1, run, () => stopped);
  stopped = true;
  await end('a');
  await all;
  t.same(started, ['a']);
});

t.test('the longest group comes first, and a file that has not run yet takes the median', async (t) => {
  const durations = { short: 1, medium: 5, long: 9 };
  t.same(longestFirst([['short'], ['new'], ['long']], durations), [['long'], ['new'], ['short']]);
  t.same(longestFirst([['medium'], ['short', 'new']], durations), [['short', 'new'], ['medium']]);
});

t.test('cheap files of the same tier share a process; a dear file and a file of another tier do not', async (t) => {
  const costs = {
    'test/unit/dear.test.ts': 9,
    'test/unit/a.test.ts': 7,
    'test/unit/b.test.ts': 7,
    'test/unit/c.test.ts': 6,
  };
  const unit = [...Object.keys(costs), 'test/unit/d.test.ts'];
  const others = ['test/e2e/x.test.ts', 'test/faults/x.test.ts', 'test/faults/y.test.ts', 'test/e2e/y.test.ts'];
  t.same(
    grouped([...unit, ...others], costs, () => false),
    [
      ['test/unit/dear.test.ts'],
      ['test/unit/a.test.ts', 'test/unit/b.test.ts', 'test/unit/c.test.ts'],
      ['test/unit/d.test.ts'],
      ['test/e2e/x.test.ts', 'test/e2e/y.test.ts'],
      ['test/faults/x.test.ts'],
      ['test/faults/y.test.ts'],
    ],
  );
});

t.test('a file that needs its process for itself shares none, and its neighbours do', async (t) => {
  const files = ['test/unit/a.test.ts', 'test/unit/b.test.ts', 'test/unit/c.test.ts'];
  t.same(
    grouped(files, {}, (file) => file === files[1]),
    [[files[0], files[2]], [files[1]]],
  );
  const real = ['test/e2e/conformance.test.ts', 'test/e2e/image-updates.test.ts', 'test/unit/audit/export.test.ts'];
  t.same(
    grouped(real, {}),
    real.map((file) => [file]),
    'a file of the serial group, a file that borrows an engine, a file that measures memory',
  );
});

t.test('a seed gives one order, for any order of the files', async (t) => {
  const files = Array.from({ length: 20 }, (_, index) => `${index}`);
  const order = shuffled(files, 7);
  t.same(shuffled(files.toReversed(), 7), order);
  t.notSame(shuffled(files, 8), order);
  t.same(order.toSorted(), files.toSorted());
});
