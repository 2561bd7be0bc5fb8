import t, { type Test } from 'tap';
import { newId, timeOfId } from '../../../hub/domain/ids.js';
import type { Fields } from '../../../hub/domain/lists/field.js';
import { defaultBounds, type ListBounds, listQueryOf, type Paging, pageOf } from '../../../hub/domain/lists/page.js';
import { byId, byTimeOfId, type Source, sourceOf, sourceOfCollection } from '../../../hub/domain/lists/source.js';
import { put, type Range } from '../../../hub/domain/store.js';
import { openTestStore, type Thing, things } from '../store/stores.js';

const fields: Fields<Thing> = {
  id: { type: 'string', of: ({ id }) => id, index: byId },
  name: { type: 'string', of: ({ name }) => name },
  group: { type: 'string', of: ({ group }) => group, index: { name: 'group', key: (value) => value } },
  time: {
    type: 'number',
    of: ({ time }) => time,
    index: { name: 'time', key: (value) => value, ordered: true },
  },
  made: { type: 'date', of: ({ id }) => timeOfId(id), index: byTimeOfId },
};

/** Things in a store, and a count of the reads. */
async function open(t: Test, count = 20) {
  const { store } = await openTestStore(t);
  const made: Thing[] = Array.from({ length: count }, (_, i) => ({
    id: newId(),
    name: `thing-${i}`,
    group: i % 4 === 0 ? 'even' : 'odd',
    ...(i % 5 === 0 ? {} : { time: 100 - i }),
  }));
  await store.apply({ writes: made.map((thing) => put(things, thing)) });
  const ranges: Range[] = [];
  let read = 0;
  const all = sourceOfCollection(store, things, (thing) => {
    read += 1;
    return thing;
  });
  const source: Source<Thing> = {
    list: (range) => {
      ranges.push(range);
      return all.list(range);
    },
    count: all.count,
  };
  const ask = (filters: Record<string, string> = {}, paging: Partial<Paging> = {}, bounds?: ListBounds) => {
    read = 0;
    const query = listQueryOf(fields, { page: 1, limit: 100, sort: 'made', order: 'asc', ...paging }, filters);
    return pageOf(source, fields, query, bounds);
  };
  return { made, ask, ranges, read: () => read };
}

const names = (items: readonly Thing[]) => items.map(({ name }) => name);

t.test('pages go through the whole list, once', async (t) => {
  const { made, ask } = await open(t);
  const seen: string[] = [];
  for (const page of [1, 2, 3]) {
    const { items, total, complete } = await ask({}, { page, limit: 8 });
    t.same([total, complete], [20, true]);
    seen.push(...names(items));
  }
  t.same(seen, names(made));
  t.same((await ask({}, { page: 4, limit: 8 })).items, [], 'beyond the end');
  t.same((await ask({}, { page: 1_000_000_000, limit: 100 })).items, []);
});

t.test('the order in which things were made needs no sorting: only the page is read', async (t) => {
  const { ask, read } = await open(t);
  t.same(names((await ask({}, { page: 2, limit: 3, order: 'desc' })).items), ['thing-16', 'thing-15', 'thing-14']);
  t.equal(read(), 3);
});

t.test('a list is sorted by any field, with items without a value last or first', async (t) => {
  const { ask } = await open(t, 6);
  const up = await ask({}, { sort: 'time' });
  t.same(names(up.items), ['thing-4', 'thing-3', 'thing-2', 'thing-1', 'thing-0', 'thing-5']);
  const down = await ask({}, { sort: 'time', order: 'desc', limit: 3 });
  t.same(names(down.items), ['thing-0', 'thing-5', 'thing-1']);
});

t.test('an index narrows the search, and gives the same result', async (t) => {
  const { made, ask, read, ranges } = await open(t);
  const expect = async (filters: Record<string, string>, wanted: (thing: Thing) => boolean, most: number) => {
    const { items, total } = await ask(filters, { sort: 'name' });
    const right = made.filter(wanted);
    t.same(names(items).sort(), names(right).sort(), JSON.stringify(filters));
    t.equal(total, right.length);
    t.ok(read() <= most, `${read()} of ${made.length} looked at: ${JSON.stringify(ranges.at(-1))}`);
  };
  await expect({ group: 'even' }, ({ group }) => group === 'even', 5);
  await expect({ 'group[in]': 'even' }, ({ group }) => group === 'even', 5);
  await expect({ id: made[3]?.id ?? '' }, ({ id }) => id === made[3]?.id, 1);
  await expect({ 'time[gt]': '95' }, ({ time = 0 }) => time > 95, 5);
  await expect({ 'time[gte]': '90', 'time[lte]': '96' }, ({ time = 0 }) => time >= 90 && time <= 96, 8);
  await expect({ 'time[lt]': '84.5' }, ({ time = 1000 }) => time < 84.5, 5);
  await expect({ time: '93' }, ({ time }) => time === 93, 3);
  await expect({ 'group[ne]': 'even' }, ({ group }) => group !== 'even', 20);
  await expect({ 'group[in]': 'even,odd' }, () => true, 20);
  await expect({ time: '' }, ({ time }) => time === undefined, 20);
});

t.test('the times of ids narrow the search, too', async (t) => {
  const { made, ask } = await open(t);
  const all = new Date(timeOfId(made[0]?.id ?? '')).toISOString().slice(0, 10);
  t.equal((await ask({ 'made[gte]': all }, { sort: 'name' })).total, 20);
  t.equal((await ask({ made: all }, { sort: 'name' })).total, 20);
  const last = new Date(timeOfId(made[19]?.id ?? '')).toISOString();
  t.equal((await ask({ 'made[lte]': last })).total, 20);
  t.equal((await ask({ 'made[gt]': last })).total, 0);
});

t.test('the answer says that a bound on number, time or matching was hit', async (t) => {
  const { ask } = await open(t);
  t.match(await ask({ 'name[regex]': '.' }, {}, { ...defaultBounds, items: 7 }), { total: 7, complete: false });
  t.match(await ask({ 'name[regex]': '.' }, {}, { ...defaultBounds, ms: 0 }), { complete: false });
  t.match(await ask({ 'name[regex]': '.' }, {}, { ...defaultBounds, items: 20 }), { total: 20, complete: true });
  // The pattern is five units of work; ten names have seven characters, and ten have eight.
  const whole = 5 * (10 * 7 + 10 * 8);
  const matched = (matching: number) => ask({ 'name[regex]': 'thing' }, {}, { ...defaultBounds, matching });
  t.match(await matched(whole), { total: 20, complete: true });
  t.match(await matched(whole - 1), { total: 19, complete: false });
});

t.test('a pattern that is dear to match is refused, or ends with its budget', async (t) => {
  const source = sourceOf(Array.from({ length: 1000 }, (_, i) => ({ id: String(i), name: 'ab'.repeat(128) })));
  const asked = (pattern: string) =>
    listQueryOf(fields, { page: 1, limit: 1, sort: 'name', order: 'asc' }, { 'name[regex]': pattern });
  t.throws(() => asked('(?:[ab]{0,9}a){99}[x-z]'), { code: 'invalid_input', details: { error: /too much work/ } });
  t.match(await pageOf(source, fields, asked('(?:[ab]{0,9}a){12}[x-z]')), { total: 0, complete: false });
});

t.test('others go on between the looks of several requests with patterns', async (t) => {
  // The turn of the last test ends first.
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  const happened: string[] = [];
  /** Takes longer than a turn. */
  const work = () => {
    happened.push('look');
    const endsAt = performance.now() + 5;
    for (let now = performance.now(); now < endsAt; ) now = performance.now();
  };
  const slow: Fields<Thing> = {
    name: {
      type: 'string',
      of: ({ name }) => {
        work();
        return name;
      },
    },
  };
  const source = sourceOf<Thing>(Array.from({ length: 5 }, (_, i) => ({ id: String(i), name: 'a' })));
  const query = listQueryOf(slow, { page: 1, limit: 1, sort: 'id', order: 'asc' }, { 'name[regex]': 'a' });
  let isOver = false;
  const others = () => {
    happened.push('other');
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  const pages = await Promise.all([1, 2, 3].map(() => pageOf(source, slow, query)));
  isOver = true;
  t.same(
    pages.map(({ total }) => total),
    [5, 5, 5],
  );
  t.equal(happened.filter((one) => one === 'look').length, 15);
  t.notOk(/look,look/.test(String(happened)), String(happened));
});

t.test('items in memory can be listed, too', async (t) => {
  const query = listQueryOf(fields, { page: 1, limit: 1, sort: 'name', order: 'desc' }, { 'group[ne]': 'x' });
  const source = sourceOf<Thing>([
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
    { id: '3', name: 'c', group: 'x' },
  ]);
  t.same(await pageOf(source, fields, query), { items: [{ id: '2', name: 'b' }], total: 2, complete: true });
});
