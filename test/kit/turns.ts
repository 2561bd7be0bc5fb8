import type { Test } from 'tap';

/** Resolves once the works that wait for a turn of the event loop have had theirs, however busy the machine is. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 200; round += 1) await new Promise(setImmediate);
}

/** Does work. @returns how often other work of the event loop ran meanwhile */
export async function roundsDuring(work: () => unknown): Promise<number> {
  let rounds = 0;
  let isOver = false;
  const others = () => {
    rounds += 1;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  await work();
  isOver = true;
  return rounds;
}

/**
 * As {@link roundsDuring}, whatever the speed of the machine: each look at the clock takes a time.
 * @param lookMs this time, milliseconds
 */
export async function othersDuring(t: Test, work: () => unknown, lookMs = 1): Promise<number> {
  // The turn of the last test ends by another clock. A turn that is under way ends by this one: it goes on from the real time.
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  let now = performance.now();
  t.intercept(performance, 'now', {
    value: () => {
      now += lookMs;
      return now;
    },
  });
  return roundsDuring(work);
}
