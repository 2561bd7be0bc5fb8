import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { put, type Range, remove } from '../../../hub/domain/store.js';
import { readRange } from '../../../hub/store/ranges.js';
import type { Table } from '../../../hub/store/table.js';
import { ids, openTestStore, plain, type Thing, things } from './stores.js';

const records: Thing[] = [
  { id: 'a', name: 'alpha', group: 'g', time: -5, hot: true, tags: ['x', 'y'] },
  { id: 'b', name: 'beta', group: 'g', time: 0, hot: false, tags: ['x'] },
  { id: 'c', name: 'gamma', group: 'g', time: 10.5, hot: true },
  { id: 'd', name: 'delta', group: 'g2', time: 2 ** 40, tags: [] },
  { id: 'e', name: 'epsilon', group: 'h', time: -0.5, tags: ['y', 'y'] },
  { id: 'f', name: 'zeta' },
];

const cases: readonly [what: string, range: Range, expected: string][] = [
  ['all by id', {}, 'abcdef'],
  ['all by id, reverse', { reverse: true }, 'fedcba'],
  ['ids from and to', { from: 'b', to: 'e' }, 'bcd'],
  ['ids from and to, reverse', { from: 'b', to: 'e', reverse: true }, 'dcb'],
  ['bounds that are no ids', { from: 'aa', to: 'dd' }, 'bcd'],
  ['an empty bound', { from: '', to: '' }, ''],
  ['one id', { equals: 'c' }, 'c'],
  ['offset and limit', { offset: 2, limit: 3 }, 'cde'],
  ['offset and limit, reverse', { offset: 2, limit: 3, reverse: true }, 'dcb'],
  ['limit 0', { limit: 0 }, ''],
  ['offset past the end', { offset: 6 }, ''],
  ['text index', { index: 'name' }, 'abdecf'],
  ['text index, reverse', { index: 'name', reverse: true }, 'fcedba'],
  ['text equals', { index: 'name', equals: 'delta' }, 'd'],
  ['text equals is not starts-with', { index: 'group', equals: 'g' }, 'abc'],
  ['text from and to', { index: 'name', from: 'b', to: 'epsilon' }, 'bd'],
  ['number index', { index: 'time' }, 'aebcd'],
  ['number index, reverse', { index: 'time', reverse: true }, 'dcbea'],
  ['number from is inclusive, to exclusive', { index: 'time', from: -0.5, to: 10.5 }, 'eb'],
  ['the same, reverse', { index: 'time', from: -0.5, to: 10.5, reverse: true }, 'be'],
  ['number equals', { index: 'time', equals: 0 }, 'b'],
  ['-0 is 0', { index: 'time', equals: -0 }, 'b'],
  ['infinite bounds', { index: 'time', from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }, 'aebcd'],
  ['boolean', { index: 'hot', equals: true }, 'ac'],
  ['boolean index', { index: 'hot' }, 'bac'],
  ['array, prefix', { index: 'groupTime', equals: 'g' }, 'abc'],
  ['array, prefix as an array', { index: 'groupTime', equals: ['g'], reverse: true }, 'cba'],
  ['array, whole', { index: 'groupTime', equals: ['g', 0] }, 'b'],
  ['array, from and to', { index: 'groupTime', from: ['g', 0], to: ['g', 10.5] }, 'b'],
  ['array, prefix and lower bound', { index: 'groupTime', equals: 'g', from: ['g', 0] }, 'bc'],
  ['array, prefix and upper bound', { index: 'groupTime', equals: 'g', to: ['g', 10.5] }, 'ab'],
  ['array, bounds that are prefixes', { index: 'groupTime', from: 'g2', to: 'h' }, 'd'],
  ['array, bounds that miss the prefix', { index: 'groupTime', equals: 'g', from: ['h'] }, ''],
  ['several keys', { index: 'tag', equals: 'x' }, 'ab'],
  ['several keys, one given twice', { index: 'tag', equals: 'y' }, 'ae'],
  ['several keys, the whole index', { index: 'tag' }, 'abae'],
  ['unique array', { index: 'place', equals: 'g', reverse: true, limit: 2 }, 'cb'],
  ['offset in an index', { index: 'time', offset: 1, limit: 2 }, 'eb'],
  ['nothing there', { index: 'group', equals: 'nope' }, ''],
  ['bounds the wrong way round', { index: 'time', from: 5, to: -5 }, ''],
];

t.test('ranges', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: records.map((record) => put(things, record)) });
  for (const [what, range, expected] of cases) {
    t.equal(ids(store.list(things, range)).join(''), expected, what);
    const { limit: _, offset: __, ...bounds } = range;
    t.equal(store.count(things, range), ids(store.list(things, bounds)).length, `count: ${what}`);
  }
});

t.test('texts of every kind can be found, and sort by code point', async (t) => {
  const { store } = await openTestStore(t);
  const long = 'long'.repeat(1000);
  const names = ['', '\u0000', '\u0000\u0000', '\u0001', '\u0002', 'a', 'a\u0000', 'a\u0000b', 'a\u0001', 'ab', 'z'];
  names.push('é', '\uffff', '😀', long, `${long}1`, `${long}2`);
  const sorted = [...names].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
  await store.apply({ writes: names.map((name, i) => put(things, { id: `t${i}`, name, group: name, time: 1 })) });
  for (const name of names) {
    t.same(
      ids(store.list(things, { index: 'group', equals: name })),
      [`t${names.indexOf(name)}`],
      JSON.stringify(name),
    );
    t.equal(store.find(things, 'name', name)?.name, name);
  }
  const short = (name: string) => name.length < 100;
  const listed = Array.from(store.list(things, { index: 'name' }), ({ name }) => name);
  t.same(listed.filter(short), sorted.filter(short));
  await t.rejects(store.apply({ writes: [put(things, { id: 'other', name: `${long}1` })] }), {
    code: 'already_exists',
  });
  t.equal(store.find(things, 'name', `${long}3`), undefined);
});

t.test('long ranges are read whole, in portions', async (t) => {
  const { store } = await openTestStore(t);
  const all = Array.from({ length: 1500 }, (_, i) => `t${String(i).padStart(4, '0')}`);
  await store.apply({ writes: all.map((id, time) => put(things, { id, name: id, time })) });
  t.same(ids(store.list(things)), all);
  t.same(ids(store.list(things, { index: 'name', reverse: true })), all.toReversed());
  t.same(
    ids(store.list(things, { index: 'time', from: 100, to: 1400, offset: 50, limit: 1000 })),
    all.slice(150, 1150),
  );
  const list = store.list(things, { limit: 600 });
  t.same(ids(list), ids(list), 'a list can be read again');
});

for (const [what, msOfRecord, expected] of [
  ['quick', 0, [32, 64, 128, 256, 256, 256]],
  ['large', 0.5, [5, 5, 5, 5]],
] as const)
  t.test(`the portions of ${what} records hold the event loop for a moment only`, async (t) => {
    let now = 0;
    t.intercept(performance, 'now', { value: () => now });
    const records = {
      *getRange({ limit }: { limit: number }) {
        for (let i = 0; i < limit; i += 1) {
          now += msOfRecord;
          yield { key: Buffer.from('key'), value: i };
        }
      },
    };
    const portions: number[] = [];
    const count = expected.reduce((sum, size) => sum + size, 0);
    const list = readRange({ records } as unknown as Table, { limit: count }, () => portions.push(0));
    for (const _ of list) {
      portions[portions.length - 1] = (portions.at(-1) ?? 0) + 1;
      // The reader's own work does not count.
      now += 10;
    }
    t.same(portions, expected);
  });

t.test('a list that is left, or read slowly, sees later changes and pins nothing', async (t) => {
  const { store, dir } = await openTestStore(t);
  const text = 'x'.repeat(3000);
  const fill = (n: number) =>
    store.apply({
      writes: Array.from({ length: 500 }, (_, i) => put(plain, { id: `p${1000 + i}`, n, text } as never)),
    });
  await fill(0);
  const left = Array.from({ length: 50 }, () => {
    const iterator = store.list(plain)[Symbol.iterator]();
    iterator.next();
    return iterator;
  });
  const slow = store.list(plain)[Symbol.iterator]();
  t.equal(slow.next().value?.n, 0);
  for (let n = 1; n <= 5; n++) await fill(n);
  const size = statSync(join(dir, 'store.mdb')).size;
  for (let n = 6; n <= 40; n++) {
    await fill(n);
    await turn();
  }
  const grown = statSync(join(dir, 'store.mdb')).size - size;
  t.ok(grown < 4 * 1024 * 1024, `35 rewrites of 1.5 MB grew the file by ${grown} bytes`);
  await store.apply({ writes: [remove(plain, 'p1499')] });
  const seen = ids({ [Symbol.iterator]: () => slow });
  t.equal(seen.length, 498, 'all others, without the record that was deleted meanwhile');
  t.equal(left.length, 50);
});

t.test('invalid bounds are errors', async (t) => {
  const { store } = await openTestStore(t);
  const read = (range: Range) => ids(store.list(things, range));
  for (const limit of [-1, 1.5, Number.NaN]) {
    t.throws(() => read({ limit }), TypeError);
    t.throws(() => read({ offset: limit }), TypeError);
  }
  t.throws(() => read({ from: 5 }), TypeError);
  t.throws(() => read({ index: 'time', equals: null as never }), TypeError);
});
