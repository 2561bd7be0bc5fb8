// Counts the results in the report of a test file.
import { Parser } from 'tap-parser';

/**
 * @typedef {object} Failure
 * @property {string} place `file:line`, as far as it is known
 * @property {string} name of the test and of the assertion
 * @property {Readonly<Record<string, unknown>>} diagnostics
 *
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped each with its reason
 * @property {Failure[]} failures
 * @property {string | undefined} fault the error in the report as a whole
 */

/**
 * Reads the TAP that a test file prints. The line that sums a subtest up counts only if it fails for a reason of its own, such as a time-out.
 * @param {string} file
 * @param {NodeJS.ReadableStream} output
 * @returns {Promise<Tally>}
 */
export async function tally(file, output) {
  /** @type {Tally} */
  const total = { passed: 0, failed: 0, skipped: [], failures: [], fault: undefined };
  /** @param {string} name @param {Record<string, any>} diagnostics */
  const fail = (name, diagnostics) => {
    const { at, ...rest } = diagnostics;
    const place = at?.fileName ? `${at.fileName}:${at.lineNumber}` : file;
    total.failed += 1;
    total.failures.push({ place, name, diagnostics: rest });
  };
  /** @param {Parser} parser @returns {{ failed: number }} the failures of this test, filled in as they are read */
  const follow = (parser) => {
    const own = { failed: 0 };
    /** @type {{ failed: number } | undefined} */
    let child;
    parser.on('child', (subtest) => {
      child = follow(subtest);
    });
    parser.on('assert', (result) => {
      const summary = child;
      child = undefined;
      if (summary) own.failed += summary.failed;
      if (summary && (result.ok || summary.failed > 0)) return;
      const reason = result.skip || result.todo;
      // The caller has asked for other tests (--grep, --only).
      if (typeof reason === 'string' && reason.startsWith('filter')) return;
      if (reason) total.skipped.push(`${file}: ${result.fullname || result.name}: ${reason}`);
      else if (result.ok) total.passed += 1;
      else {
        own.failed += 1;
        fail(result.fullname || result.name, result.diag ?? {});
      }
    });
    parser.on('bailout', (reason) => {
      if (own.failed > 0) return;
      own.failed += 1;
      fail(`Bail out! ${reason}`, {});
    });
    return own;
  };
  const parser = new Parser();
  follow(parser);
  const complete = new Promise((resolve) => parser.on('complete', resolve));
  output.pipe(parser);
  const results = /** @type {import('tap-parser').FinalResults} */ (await complete);
  if (!results.ok && total.failed === 0)
    total.fault = results.failures.map(({ tapError }) => tapError).join('; ') || 'no valid report';
  return total;
}
