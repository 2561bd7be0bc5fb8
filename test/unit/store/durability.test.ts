import t, { type Test } from 'tap';
import type { HubStore } from '../../../hub/store/hub-store.js';
import { tempFolder } from '../../temp-folder.js';
import { startChild } from './child.js';
import { ids, openTestStore, plain, type Thing, things } from './stores.js';

/** Every index lists exactly the records that it should. */
function checkIndexes(t: Test, store: HubStore): void {
  const all = Array.from(store.list(things));
  const keyed = (keys: (thing: Thing) => readonly unknown[]) =>
    all.flatMap((thing) => keys(thing).map(() => thing.id)).sort();
  for (const [name, { of }] of Object.entries(things.indexes)) {
    const expected = keyed((thing) => {
      const key = of(thing);
      if (key === undefined) return [];
      return Array.isArray(key) && Array.isArray(key[0]) ? key : [key];
    });
    t.same(ids(store.list(things, { index: name })).sort(), expected, `index ${name}`);
    t.equal(store.count(things, { index: name }), expected.length, `count of index ${name}`);
  }
  t.same(ids(store.list(plain)), ids(all), 'records that are written together');
}

t.test('a killed hub has lost no acknowledged change, and has kept no half of a change', async (t) => {
  const dir = tempFolder(t);
  let first = 0;
  for (let round = 0; round < 3; round++) {
    const { child, lines, exited } = startChild(t, 'writer.ts', [dir, String(first)]);
    const killAfter = 20 + Math.floor(Math.random() * 300);
    let heard = 0;
    let acked = first - 1;
    let flushed = first - 1;
    for await (const line of lines) {
      const [kind, n] = line.split(' ');
      if (kind === 'a') acked = Math.max(acked, Number(n));
      if (kind === 'f') flushed = Math.max(flushed, Number(n));
      if (++heard === killAfter) setTimeout(() => child.kill('SIGKILL'), Math.random() * 10);
    }
    t.same(await exited, [null, 'SIGKILL']);

    await t.test(`round ${round}, ${acked} acknowledged`, async (t) => {
      const { store } = await openTestStore(t, { dir });
      const events = store.events(0, Number.POSITIVE_INFINITY);
      const numbers = events.map(({ data }) => data.n as number);
      // Changes were made in this order, and each is a number higher: the stored numbers are all of them up to some point.
      t.same(
        numbers.slice(-50),
        Array.from(
          { length: Math.min(50, numbers.length) },
          (_, i, n = numbers.at(-1) ?? 0) => n - Math.min(50, numbers.length) + 1 + i,
        ),
      );
      const last = numbers.at(-1) ?? -1;
      t.ok(last >= acked, `all acknowledged are there: ${acked} of ${last}`);
      t.ok(last >= flushed, `all flushed are there: ${flushed} of ${last}`);
      t.same(
        events.map(({ seq }) => seq),
        events.map((_, i) => i + 1),
        'events are numbered without a gap',
      );
      const deleted = new Set(numbers.filter((n) => n % 3 === 0).map((n) => n - 10));
      const expected = numbers.filter((n) => !deleted.has(n)).map((n) => String(n).padStart(8, '0'));
      t.same(ids(store.list(things)), expected, 'the records agree with the journal');
      checkIndexes(t, store);
      first = last + 1;
      await store.close();
    });
  }
});

t.test('a full disk fails changes with an error, loses no accepted change, and harms nothing else', async (t) => {
  const dir = tempFolder(t);
  const { lines, exited, errors } = startChild(t, 'full-disk.ts', [dir], 'ulimit -f 32768');
  const told: Record<string, unknown>[] = [];
  for await (const line of lines) told.push(JSON.parse(line));
  t.same(await exited, [0, null]);
  t.equal(errors(), '', 'it is not LMDB that finds the disk full, which it would not survive for long');
  t.match(told[0], { code: 'unavailable', details: { retryAfter: 5 } });
  t.equal(told[0]?.seen, told[0]?.kept, 'what is to be read is what was acknowledged');
  t.equal(told[0]?.latestSeq, told[0]?.kept);
  t.same(told.slice(1), [
    { logged: true },
    { again: 'unavailable', readable: true, huge: false },
    { failure: 'unavailable', waiting: 1 },
    { urgent: 'done', deletion: 'done' },
    { claimed: 'other' },
    { recorded: true, writable: true },
    { closed: true },
  ]);

  const { store } = await openTestStore(t, { dir });
  t.equal(store.count(plain), Number(told[0]?.kept) - 21 + 3);
  t.ok(store.count(things) >= 1);
  await store.apply({ writes: [], events: [{ type: 'x', data: {} }] });
  t.equal(store.latestSeq, Number(told[0]?.kept) + 2, 'numbers of failed events are used by the next');
});
