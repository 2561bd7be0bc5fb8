import t from 'tap';
import { Pool } from '../../runner/pool.js';

/** A pool of numbered parts, and the events of their lives. */
function numbered(most: number, isEmptied = (_: number) => true) {
  const told: string[] = [];
  let count = 0;
  const pool = new Pool(
    most,
    async (t) => {
      count += 1;
      const part = count;
      told.push(`start ${part}`);
      t.teardown(() => told.push(`end ${part}`));
      return part;
    },
    async (part) => {
      told.push(`empty ${part}`);
      if (!isEmptied(part)) throw new Error('it stays full');
    },
  );
  return { pool, told };
}

t.test('a part is started when the first borrower needs it, and emptied for the second', async (t) => {
  const { pool, told } = numbered(1);
  t.same(told, []);
  const first = await pool.take();
  const second = pool.take();
  t.same(told, ['start 1']);
  first.giveBack();
  t.equal((await second).value, 1);
  t.same(told, ['start 1', 'empty 1']);
  await pool.close();
  t.same(told.slice(2), ['end 1']);
});

t.test('two borrowers at once get two parts', async (t) => {
  const { pool } = numbered(2);
  const loans = await Promise.all([pool.take(), pool.take()]);
  t.same(
    loans.map(({ value }) => value),
    [1, 2],
  );
});

t.test('a part that cannot be emptied is replaced', async (t) => {
  const { pool, told } = numbered(1, (part) => part !== 1);
  const first = await pool.take();
  const second = pool.take();
  first.giveBack();
  t.equal((await second).value, 2);
  t.same(told, ['start 1', 'empty 1', 'end 1', 'start 2'], 'there is never one too many');
  await pool.close();
  t.same(told.slice(4), ['end 2']);
});

t.test('a part that does not start fails its borrower, and the next one gets another', async (t) => {
  let starts = 0;
  const start = async () => {
    starts += 1;
    if (starts === 1) throw new Error('no room');
    return starts;
  };
  const pool = new Pool(1, start, async () => {});
  await t.rejects(pool.take(), { message: 'no room' });
  t.equal((await pool.take()).value, 2);
});
