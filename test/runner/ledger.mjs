// The cost of each test file: the processor time of its process and of all processes below it that were waited for. It lacks the time of a
// program that outlives its test or that its parent does not wait for, of a daemon's work for the test, and of a file that was killed at
// its limit.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../deploy/local/prepare.mjs';
import { tierOf } from './files.mjs';

/** Processor time that a tier may take, seconds. The run says where a tier exceeds it, and passes all the same. */
const budgets = /** @type {Readonly<Record<string, number>>} */ ({
  unit: 120,
  domain: 60,
  parts: 300,
  api: 180,
  stream: 200,
  faults: 240,
  e2e: 600,
  sdk: 180,
  deploy: 60,
});

/** How many of the dearest files a run names. */
const dearestShown = 10;

const ownFolder = dirname(fileURLToPath(import.meta.url));
/** Files of numbers of seconds: the committed run, and after it the last run on this machine. */
const costFiles = { committed: join(ownFolder, 'weights.json'), own: join(root, '.tap', 'cpu.json') };
const durationFiles = { committed: join(ownFolder, 'durations.json'), own: join(root, '.tap', 'durations.json') };

/** @typedef {Record<string, number>} Costs file → seconds */

/** @param {string} path @returns {Costs} */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/** @param {string} path @param {Costs} costs */
function write(path, costs) {
  mkdirSync(dirname(path), { recursive: true });
  const sorted = Object.entries(costs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

/** @returns {Costs} the cost of each file in the last run on this machine or, before that, in the committed run */
export const knownCosts = () => ({ ...read(costFiles.committed), ...read(costFiles.own) });

/** @returns {Costs} how long each file took. A file whose duration is unknown takes as long as its processor time. */
export const knownDurations = () => ({
  ...knownCosts(),
  ...read(durationFiles.committed),
  ...read(durationFiles.own),
});

/**
 * The order in which the last files end at about the same time. A file that waits for much and computes little counts by its duration.
 * @param {readonly string[][]} groups of files @param {Costs} durations
 * @returns {string[][]} the longest first; a file that has not run yet takes the median
 */
export function longestFirst(groups, durations) {
  const known = Object.values(durations).toSorted((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)] ?? 0;
  const durationOf = (/** @type {readonly string[]} */ group) =>
    group.reduce((sum, file) => sum + (durations[file] ?? middle), 0);
  return groups.toSorted((a, b) => durationOf(b) - durationOf(a));
}

/**
 * Keeps the costs and durations of a run.
 * @param {{ costs: Costs, durations: Costs }} run
 * @param {readonly string[]} existing all test files: others are forgotten
 * @param {boolean} asWeights also in the committed files
 */
export function keepRun({ costs, durations }, existing, asWeights) {
  for (const [files, fresh] of /** @type {const} */ ([
    [costFiles, costs],
    [durationFiles, durations],
  ]))
    for (const path of asWeights ? [files.own, files.committed] : [files.own]) {
      const all = { ...read(path), ...fresh };
      write(path, Object.fromEntries(Object.entries(all).filter(([file]) => existing.includes(file))));
    }
}

/** @param {number} seconds */
const shown = (seconds) => `${seconds.toFixed(1)} s`;

/** @param {Costs} costs @returns {string[]} lines for people: the dearest files, and each tier's sum with its budget */
export function costReport(costs) {
  const files = Object.entries(costs).toSorted(([, a], [, b]) => b - a);
  if (files.length < 2) return [];
  /** @type {Costs} */
  const sums = {};
  for (const [file, seconds] of files) sums[tierOf(file)] = (sums[tierOf(file)] ?? 0) + seconds;
  return [
    'Processor time, the dearest files:',
    ...files.slice(0, dearestShown).map(([file, seconds]) => `  ${shown(seconds).padStart(8)}  ${file}`),
    'Processor time by tier:',
    ...Object.entries(sums).map(([tier, seconds]) => {
      const budget = budgets[tier];
      const verdict = budget === undefined ? 'no budget' : `budget ${budget} s${seconds > budget ? ', EXCEEDED' : ''}`;
      return `  ${shown(seconds).padStart(8)}  ${tier} (${verdict})`;
    }),
  ];
}
