// Counts the results in the report of a process that runs test files.
import { Parser } from 'tap-parser';

/**
 * @typedef {object} Failure
 * @property {string} place `file:line`, as far as it is known
 * @property {string} name of the test and of the assertion
 * @property {Readonly<Record<string, unknown>>} diagnostics
 *
 * @typedef {object} Tally
 * @property {string} file
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped each with its reason
 * @property {Failure[]} failures
 * @property {string | undefined} fault the error in the report as a whole
 */

/** @param {Tally} total @param {string} name @param {Record<string, any>} diagnostics */
function fail(total, name, { at, ...diagnostics }) {
  const place = at?.fileName ? `${at.fileName}:${at.lineNumber}` : total.file;
  total.failed += 1;
  total.failures.push({ place, name: titleIn(total, name), diagnostics });
}

/** A title without the test that stands for the file. @param {Tally} total @param {string} name */
const titleIn = ({ file }, name) => name.replace(`${file} > `, '');

/**
 * Reads the TAP of a test. The line that sums a subtest up counts only if it fails for a reason of its own, such as a time-out.
 * @param {Parser} parser
 * @param {Tally} total of the file, in which the results are counted
 * @returns {{ failed: number }} the failures of this test, filled in as they are read
 */
function follow(parser, total) {
  const own = { failed: 0 };
  /** @type {{ failed: number } | undefined} */
  let child;
  parser.on('child', (subtest) => {
    child = follow(subtest, total);
  });
  parser.on('assert', (result) => {
    const summary = child;
    child = undefined;
    if (summary) own.failed += summary.failed;
    if (summary && (result.ok || summary.failed > 0)) return;
    const name = result.fullname || result.name;
    const reason = result.skip || result.todo;
    // The caller has asked for other tests (--grep, --only).
    if (typeof reason === 'string' && reason.startsWith('filter')) return;
    if (reason) total.skipped.push(`${total.file}: ${titleIn(total, name)}: ${reason}`);
    else if (result.ok) total.passed += 1;
    else {
      own.failed += 1;
      fail(total, name, result.diag ?? {});
    }
  });
  parser.on('bailout', (reason) => {
    if (own.failed > 0) return;
    own.failed += 1;
    fail(total, `Bail out! ${reason}`, {});
  });
  return own;
}

/**
 * Reads the TAP of a process that runs several files: the tests of each are below a test with the name of the file.
 * @param {Parser} parser
 * @param {readonly Tally[]} totals
 * @returns {Set<Tally>} the files that have not reached their end, filled in as the report is read
 */
function followEach(parser, totals) {
  const open = new Set(totals);
  const find = (/** @type {string} */ name) => totals.find(({ file }) => file === name);
  /** @type {{ failed: number } | undefined} */
  let child;
  parser.on('child', (subtest) => {
    const total = find(subtest.name);
    child = total && follow(subtest, total);
  });
  parser.on('assert', ({ ok, name, diag }) => {
    const ended = find(name);
    // An error outside of all tests belongs to the file that runs.
    const total = ended ?? [...open][0] ?? totals.at(-1);
    const counted = ended && child ? child.failed : 0;
    if (ended) open.delete(ended);
    child = undefined;
    if (!ok && counted === 0 && total) fail(total, name, diag ?? {});
  });
  return open;
}

/**
 * Reads the TAP that a process prints.
 * @param {readonly string[]} files that the process runs
 * @param {NodeJS.ReadableStream} output
 * @param {() => void} [testsOver] called when the last test is over
 * @returns {Promise<{ totals: Tally[], fault: string | undefined, open: Tally[] }>} `fault`: the error in the report, if no assertion failed;
 *   `open`: those of several files that have not reached their end
 */
export async function tallies(files, output, testsOver = () => {}) {
  const totals = files.map((file) => {
    return /** @type {Tally} */ ({ file, passed: 0, failed: 0, skipped: [], failures: [], fault: undefined });
  });
  const parser = new Parser();
  const [alone, ...others] = totals;
  /** @type {Set<Tally>} */
  let open = new Set();
  if (alone && others.length === 0) follow(parser, alone);
  else open = followEach(parser, totals);
  // The last line of the process; subtests have theirs in parsers of their own.
  parser.on('comment', (line) => line.startsWith('# time=') && testsOver());
  const complete = new Promise((resolve) => parser.on('complete', resolve));
  output.pipe(parser);
  const results = /** @type {import('tap-parser').FinalResults} */ (await complete);
  const isSilent = !results.ok && totals.every(({ failed }) => failed === 0);
  const fault = isSilent ? results.failures.map(({ tapError }) => tapError).join('; ') || 'no valid report' : undefined;
  return { totals, fault, open: [...open] };
}
