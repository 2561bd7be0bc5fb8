/**
 * How often hub and agent are killed, and the measure of the other fault tests. The long form is `npm run test:faults`; every other run
 * takes the short one.
 */
export const rounds = Number(process.env.ROUNDHOUSE_TEST_FAULT_ROUNDS || 5);

/** The seed of all random choices: the same seed asks for the same things in the same order. In CI it is always the same. */
export const seed = Number(
  process.env.ROUNDHOUSE_TEST_FAULT_SEED || (process.env.CI ? 1 : Math.floor(Math.random() * 2 ** 31)),
);

/** Chance that can be repeated (mulberry32): a number from 0 to 1. */
export function chance(from = seed): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
