// Runs side by side.
import { isOptional } from './expected.mjs';

/** @typedef {import('./suite.mjs').Run} Run */
/** @typedef {import('./suite.mjs').Check} Check */
/** Something that passes directly and not that way; `what` names all three. @typedef {{ what: string, message: string }} Loss */

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
  const labels = scenarios.map((name) => (isOptional(name) ? `${name} (extension)` : name));
  const rows = scenarios.map((name, i) => [labels[i], ...ways.map((way) => cell(runs[way]?.[name]))]);
  const required = scenarios.filter((name) => !isOptional(name));
  const sums = ways.map((way) => cell(required.flatMap((name) => runs[way]?.[name] ?? [])));
  const lines = [
    [`scenario (${revision})`, ...ways],
    ['---', ...ways.map(() => '---')],
    ...rows,
    ['**all that is no extension**', ...sums],
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** One id may stand for several checks, and one name for several ids. @param {Check} check */
const keyOf = ({ id, name = '' }) => (name === '' ? id : `${id} (${name})`);
const bad = new Set(['FAILURE', 'WARNING']);

/** How often each check comes out in one of some ways. @param {Check[]} checks @param {(status: string) => boolean} is */
function count(checks, is) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const check of checks) if (is(check.status)) counts.set(keyOf(check), (counts.get(keyOf(check)) ?? 0) + 1);
  return counts;
}

/**
 * The checks that pass directly and do worse through Roundhouse: it fails, or is warned of, more often than directly.
 * @param {Record<string, Run>} runs the first is the direct one
 * @returns {Loss[]}
 */
export function losses(runs) {
  const [[, direct] = ['', {}], ...others] = Object.entries(runs);
  return others.flatMap(([way, run]) =>
    Object.entries(direct).flatMap(([scenario, checks]) => {
      const through = run[scenario];
      if (!through) return [{ what: `${way}: ${scenario}`, message: 'it did not run' }];
      const before = count(checks, (status) => bad.has(status));
      const worse = [...count(through, (status) => bad.has(status))].filter(([key, n]) => n > (before.get(key) ?? 0));
      return worse.map(([check]) => {
        const { errorMessage: message = '' } = through.find((one) => bad.has(one.status) && keyOf(one) === check) ?? {};
        return { what: `${way}: ${scenario}: ${check}`, message };
      });
    }),
  );
}

/**
 * The checks that pass directly and are skipped through Roundhouse, since their answer has another form that the protocol allows as well.
 * @param {Record<string, Run>} runs the first is the direct one
 * @returns {string[]} `way: scenario: check`, in order
 */
export function unseen(runs) {
  const [[, direct] = ['', {}], ...others] = Object.entries(runs);
  const lines = others.flatMap(([way, run]) =>
    Object.entries(direct).flatMap(([scenario, checks]) => {
      const seen = count(run[scenario] ?? [], (status) => status === 'SUCCESS' || bad.has(status));
      const missing = [...count(checks, (status) => status === 'SUCCESS').keys()].filter((key) => !seen.has(key));
      return missing.map((key) => `${way}: ${scenario}: ${key}`);
    }),
  );
  return lines.sort();
}

/**
 * The wanted checks that do not pass.
 * @param {Run} run
 * @param {Record<string, string[]>} wanted ids of checks by scenario
 * @returns {string[]} `scenario: check`
 */
export function missed(run, wanted) {
  return Object.entries(wanted).flatMap(([scenario, ids]) => {
    const checks = run[scenario] ?? [];
    const passes = (/** @type {string} */ id) => {
      const outcomes = checks.filter((check) => check.id === id);
      return outcomes.length > 0 && outcomes.every(({ status }) => status === 'SUCCESS');
    };
    return ids.filter((id) => !passes(id)).map((id) => `${scenario}: ${id}`);
  });
}
