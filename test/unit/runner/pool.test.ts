import t from 'tap';
import { Pool, type Teardown } from '../../runner/pool.js';

/** A pool of numbered parts, and what happened to each. */
function numbered(most: number) {
  const happened: string[] = [];
  let count = 0;
  const pool = new Pool(
    most,
    async (owner: Teardown) => {
      count += 1;
      const name = `part ${count}`;
      owner.teardown(() => happened.push(`${name} ended`));
      return { name };
    },
    async ({ name }) => void happened.push(`${name} emptied`),
  );
  /** Resolves when all that follows from the calls so far has happened. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { pool, happened, settled };
}

t.test('a part is emptied and lent again', async (t) => {
  const { pool, happened, settled } = numbered(1);
  const first = await pool.take();
  const second = pool.take();
  first.giveBack();
  t.equal((await second).value, first.value);
  t.same(happened, ['part 1 emptied']);
  (await second).giveBack();
  await settled();
  t.equal((await pool.take()).value, first.value);
});

t.test(
  'once idle parts end, a part ends when its borrower gives it back, and the next borrower gets a new one',
  async (t) => {
    const { pool, happened, settled } = numbered(2);
    const [lent, idle] = [await pool.take(), await pool.take()];
    idle.giveBack();
    await settled();
    await pool.endIdle();
    t.same(happened, ['part 2 emptied', 'part 2 ended']);
    lent.giveBack();
    await settled();
    t.same(happened.slice(2), ['part 1 emptied', 'part 1 ended']);
    t.equal((await pool.take()).value.name, 'part 3');
  },
);
