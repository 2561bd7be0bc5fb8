// Runs side by side.

/** @typedef {import('./suite.mjs').Run} Run */
/** @typedef {import('./suite.mjs').Check} Check */
/** @typedef {{ scenario: string, check: string, way: string, message: string }} Loss something that passes directly and not that way */

const failed = (/** @type {Check[]} */ checks) => checks.filter(({ status }) => status === 'FAILURE');
const passed = (/** @type {Check[]} */ checks) => checks.filter(({ status }) => status === 'SUCCESS');

/** @param {Check[] | undefined} checks */
function cell(checks) {
  if (!checks) return '–';
  const failures = failed(checks).length;
  // Where an answer has another form that is allowed as well, nothing is left to check.
  if (failures + passed(checks).length === 0) return 'n/a';
  return failures === 0 ? `✓ ${passed(checks).length}` : `✗ ${failures} of ${passed(checks).length + failures}`;
}

/**
 * @param {string} revision
 * @param {Record<string, Run>} runs by the way to the server; the first is the direct one
 * @returns {string} Markdown
 */
export function table(revision, runs) {
  const ways = Object.keys(runs);
  const scenarios = [...new Set(Object.values(runs).flatMap((run) => Object.keys(run)))];
  const rows = scenarios.map((name) => [name, ...ways.map((way) => cell(runs[way]?.[name]))]);
  const sums = ways.map((way) => cell(Object.values(runs[way] ?? {}).flat()));
  const lines = [
    [`scenario (${revision})`, ...ways],
    ['---', ...ways.map(() => '---')],
    ...rows,
    ['**all checks**', ...sums],
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * What passes directly and not through Roundhouse: scenarios that do not fail directly and do otherwise, check by check.
 * @param {Record<string, Run>} runs the first is the direct one
 * @returns {Loss[]}
 */
export function losses(runs) {
  const [[, direct] = ['', {}], ...others] = Object.entries(runs);
  return others.flatMap(([way, run]) =>
    Object.entries(direct).flatMap(([scenario, checks]) => {
      const failing = new Set(failed(checks).map(({ id }) => id));
      if (!run[scenario]) return [{ scenario, check: scenario, way, message: 'it did not run' }];
      return failed(run[scenario])
        .filter(({ id }) => !failing.has(id))
        .map(({ id, errorMessage = '' }) => ({ scenario, check: id, way, message: errorMessage }));
    }),
  );
}
