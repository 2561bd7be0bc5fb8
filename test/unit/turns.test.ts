import t, { type Test } from 'tap';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { inTurn, mapInTurns, nextTurn, sortInTurns, Turns } from '../../hub/domain/event-loop.js';

/** A clock that only `take` moves, and the milliseconds that works took in each round of the event loop. */
async function rounds(t: Test) {
  // The turn of the last test ends by another clock.
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  let now = 0;
  t.intercept(performance, 'now', { value: () => now });
  const taken = [0];
  let isOver = false;
  const look = () => {
    taken.push(0);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  t.teardown(() => {
    isOver = true;
  });
  const take = (ms: number) => {
    now += ms;
    taken[taken.length - 1] = (taken.at(-1) ?? 0) + ms;
  };
  return { take, taken };
}

/** Fifty works of 12 ms each, in steps of 1 ms. */
const fifty = (work: (step: () => void) => Promise<unknown>, take: (ms: number) => void) =>
  Promise.all(Array.from({ length: 50 }, () => work(() => take(1))));

const twelve = Array.from({ length: 12 });

for (const [name, work] of Object.entries({
  'loops with Turns': (step: () => void) => mapInTurns(twelve, step),
  'pieces of inTurn': async (step: () => void) => {
    for (const _ of twelve) await inTurn(step);
  },
}))
  t.test(`${name} of many callers hold the event loop no longer than those of one`, async (t) => {
    const { take, taken } = await rounds(t);
    await fifty(work, take);
    t.equal(
      taken.reduce((sum, ms) => sum + ms),
      600,
    );
    t.same(
      taken.filter((ms) => ms > 5),
      [],
      'in each round all works together take their 4 ms, and a step at most',
    );
  });

t.test('a long list is sorted in turns, and equal items keep their order', async (t) => {
  const { take, taken } = await rounds(t);
  const items = Array.from({ length: 5000 }, (_, place) => ({ key: (place * 7919) % 1000, place }));
  const byKey = (a: { key: number }, b: { key: number }) => {
    take(0.001);
    return a.key - b.key;
  };
  const sorted = await sortInTurns(items, byKey);
  t.same(
    taken.filter((ms) => ms > 7),
    [],
    'a piece of 256 items at most comes on top of the 4 ms',
  );
  t.same(
    sorted,
    items.toSorted((a, b) => a.key - b.key),
  );
  t.same(await sortInTurns([], byKey), []);
});

t.test('works that wait without a look at the clock share the turns, too', async (t) => {
  const { take, taken } = await rounds(t);
  await fifty(async (step) => {
    await nextTurn();
    step();
  }, take);
  t.same(
    taken.filter((ms) => ms > 0),
    Array.from({ length: 13 }, (_, i) => (i < 12 ? 4 : 2)),
  );
});

t.test('payers take turns, however many works one of them has', async (t) => {
  const { take } = await rounds(t);
  const order: string[] = [];
  const work = (payer: string) =>
    nextTurn(payer).then(() => {
      order.push(payer);
      take(4);
    });
  await Promise.all(['greedy', 'greedy', 'greedy', 'greedy', 'modest', 'modest'].map(work));
  t.same(order, ['greedy', 'modest', 'greedy', 'modest', 'greedy', 'greedy']);
});

t.test('a work ends with the reason of its signal', async (t) => {
  const { take } = await rounds(t);
  const signal = new CancelSource();
  let steps = 0;
  const work = mapInTurns(
    twelve,
    () => {
      steps += 1;
      take(1);
    },
    { signal },
  );
  signal.abort(new Error('the client went away'));
  await t.rejects(work, { message: 'the client went away' });
  t.equal(steps, 4);
  await t.rejects(new Turns(undefined, { signal }).next(), { message: 'the client went away' });
});
