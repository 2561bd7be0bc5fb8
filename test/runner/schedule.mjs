// Which file runs when.

/**
 * @template T
 * @typedef {object} Lane Files, or groups of files, that wait for the same thing.
 * @property {readonly T[]} files in their order
 * @property {number} [atOnce] how many of them run at a time; as many as there are jobs, unless it is given
 * @property {Promise<unknown>} [ready] they start when this is done
 * @property {() => void} [ended] called once all of them have run
 */

/**
 * Runs files, `jobs` at a time. A lane that is not ready holds no job, so no core idles while another lane has files left. Lanes that come first
 * go first.
 * @template T
 * @param {readonly Lane<T>[]} lanes
 * @param {number} jobs
 * @param {(file: T) => Promise<unknown>} runOne
 * @param {() => boolean} stopped whether no further file is to start
 */
export async function schedule(lanes, jobs, runOne, stopped = () => false) {
  const states = lanes.map(({ files, atOnce = jobs, ready, ended = () => {} }) => ({
    left: [...files],
    atOnce,
    running: 0,
    open: ready === undefined,
    ready,
    ended,
  }));
  /** @type {Set<Promise<unknown>>} */
  const running = new Set();
  /** @type {Set<Promise<unknown>>} */
  const waiting = new Set();
  for (const state of states) {
    if (!state.ready) continue;
    const opened = state.ready.then(() => {
      state.open = true;
      waiting.delete(opened);
    });
    waiting.add(opened);
  }
  for (;;) {
    while (running.size < jobs && !stopped()) {
      const state = states.find(({ open, left, running: busy, atOnce }) => open && left.length > 0 && busy < atOnce);
      const file = state?.left.shift();
      if (!state || file === undefined) break;
      state.running += 1;
      const run = runOne(file).finally(() => {
        state.running -= 1;
        if (state.running === 0 && state.left.length === 0) state.ended();
        running.delete(run);
      });
      running.add(run);
    }
    const isLeft = !stopped() && states.some(({ left }) => left.length > 0);
    if (running.size === 0 && !isLeft) return;
    await Promise.race([...running, ...(isLeft ? waiting : [])]);
  }
}

/** @param {number} seed @returns {() => number} the same numbers from 0 to 1 for the same seed (mulberry32) */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {readonly string[]} files @param {number} seed @returns {string[]} the files in an order that follows from the seed */
export function shuffled(files, seed) {
  const next = random(seed);
  const order = files.toSorted();
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    const [a = '', b = ''] = [order[last], order[other]];
    order[last] = b;
    order[other] = a;
  }
  return order;
}
