// The report of a run for a person.

/** How much is shown of one failure, and of the standard error of a failed file, characters. */
const [failureShown, errorsShown] = [4000, 4000];

/** @param {string} text @param {string} indent */
const indented = (text, indent) => text.trimEnd().replaceAll(/^/gm, indent);

/** @param {unknown} value */
const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/**
 * @param {import('./tally.mjs').Failure} failure
 * @returns {string} the place, the name and tap's text
 */
export function failureText({ place, name, diagnostics }) {
  const details = Object.entries(diagnostics)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => {
      const text = shown(value);
      return text.includes('\n') ? `${key}:\n${indented(text, '  ')}` : `${key}: ${text}`;
    });
  return `FAILED: ${place}: ${name}\n${indented(details.join('\n').slice(0, failureShown), '    ')}`;
}

/** @param {import('./test-process.mjs').Outcome} outcome of a failed file @returns {string} */
export function outcomeText({ file, failures, fault, errors }) {
  const parts = failures.map(failureText);
  if (fault !== undefined) parts.push(`FAILED: ${file}: ${fault}`);
  if (errors !== '') parts.push(`  standard error of ${file}:\n${indented(errors.slice(-errorsShown), '    ')}`);
  return parts.join('\n');
}

/**
 * @param {readonly import('./test-process.mjs').Outcome[]} outcomes
 * @returns {{ passed: number, failed: number }} assertions; a fault that is no assertion counts as one
 */
export function sum(outcomes) {
  const total = { passed: 0, failed: 0 };
  for (const { passed, failed, ok } of outcomes) {
    total.passed += passed;
    total.failed += ok ? 0 : Math.max(failed, 1);
  }
  return total;
}

/**
 * Shows how far a run has come: a line that changes on a terminal; elsewhere the failures only, as they happen.
 * @param {NodeJS.WriteStream} stream
 * @param {number} count
 */
export function progress(stream, count) {
  let [done, red] = [0, 0];
  const erase = stream.isTTY ? '\r\u001b[K' : '';
  return {
    /** @param {import('./test-process.mjs').Outcome} outcome */
    done(outcome) {
      done += 1;
      if (!outcome.ok) red += 1;
      if (!outcome.ok) stream.write(`${erase}${outcomeText(outcome)}\n`);
      if (stream.isTTY) stream.write(`${erase}${done} of ${count} files, ${red} failed: ${outcome.file}`);
    },
    end() {
      stream.write(erase);
    },
  };
}
