import type { Test } from 'tap';

/** Does work while each look at the clock takes a millisecond. @returns how often other work ran meanwhile */
export async function othersDuring(t: Test, work: () => Promise<unknown>): Promise<number> {
  // The turn of the last test ends by another clock.
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  let now = 0;
  t.intercept(performance, 'now', { value: () => now++ });
  let count = 0;
  let isOver = false;
  const others = () => {
    count += 1;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  await work();
  isOver = true;
  return count;
}
