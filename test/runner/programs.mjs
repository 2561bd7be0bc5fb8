// Counts the hubs and agents that a test file runs as processes of their own: each costs a start, and memory.

/** @typedef {'hub' | 'agent'} Kind */
/** @typedef {Record<Kind, number>} Programs */

/** How many processes of a kind a whole run may start. The run says where it starts more, and passes all the same. */
const budgets = /** @type {Readonly<Programs>} */ ({ hub: 60, agent: 70 });

const key = Symbol.for('roundhouse.test.programs');

/** @returns {Programs} the count of this process; the preloaded module and the compiled test share it */
export function programs() {
  const global = /** @type {{ [key]?: Programs }} */ (globalThis);
  global[key] ??= { hub: 0, agent: 0 };
  return global[key];
}

/** @param {string | undefined} command of `roundhouse`; others than 'hub' and 'agent' do not count */
export function countProgram(command) {
  if (command === 'hub' || command === 'agent') programs()[command] += 1;
}

/** How many of the files that start most processes a run names. */
const mostShown = 8;

/** @param {Readonly<Record<string, Programs>>} counts of each file of a run @returns {string[]} lines for people */
export function programReport(counts) {
  const parts = /** @type {Kind[]} */ (['hub', 'agent']).map((kind) => {
    const sum = Object.values(counts).reduce((total, count) => total + count[kind], 0);
    return `${sum} of ${kind}s (budget ${budgets[kind]}${sum > budgets[kind] ? ', EXCEEDED' : ''})`;
  });
  const most = Object.entries(counts)
    .filter(([, { hub, agent }]) => hub + agent > 0)
    .toSorted(([, a], [, b]) => b.hub + b.agent - a.hub - a.agent)
    .slice(0, mostShown);
  return [
    `Processes: ${parts.join(', ')}.`,
    ...most.map(([file, { hub, agent }]) => `  ${`${hub} + ${agent}`.padStart(7)}  ${file}`),
  ];
}
