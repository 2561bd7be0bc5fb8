import t from 'tap';
import { SortedList } from '../../../hub/domain/lists/sorted-list.js';

t.test('a long list stays in order through additions and removals', async (t) => {
  const list = new SortedList<number>((a, b) => a - b);
  const kept = new Set<number>();
  // Each number below 10,007 comes once, in an order far from that of the numbers.
  for (let i = 1; i < 10_007; i += 1) {
    const number = (i * 3_001) % 10_007;
    list.add(number);
    kept.add(number);
    if (i % 3 !== 0) continue;
    const gone = ((i / 3) * 3_001) % 10_007;
    list.remove(gone);
    kept.delete(gone);
  }
  list.remove(20_000);
  const wanted = [...kept].sort((a, b) => a - b);
  t.same([...list.from()], wanted);
  t.same(
    [...list.from((number) => number > 5_000)],
    wanted.filter((number) => number > 5_000),
  );
  t.equal(
    list.first((number) => number >= 7_777),
    wanted.find((number) => number >= 7_777),
  );
  t.equal(
    list.first((number) => number > 10_007),
    undefined,
  );
  for (const number of wanted) list.remove(number);
  t.same([...list.from()], []);
});
