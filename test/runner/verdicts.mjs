// Whether a failure comes every time.

/** All repetitions of a run together take at most so long, milliseconds. */
export const rerunsMs = 10 * 60_000;

/**
 * Runs each failed file again, alone.
 * @param {readonly string[]} failed
 * @param {number} times
 * @param {(file: string, leftMs: number) => Promise<boolean | undefined>} passes whether the file passes; `undefined`: the time was over before it ended
 * @param {() => number} now
 * @returns {Promise<string[]>} a line for people per file
 */
export async function verdicts(failed, times, passes, now = () => performance.now()) {
  const end = now() + rerunsMs;
  const lines = [];
  for (const file of failed) {
    let [runs, failures] = [0, 0];
    while (runs < times && now() < end) {
      const passed = await passes(file, end - now());
      if (passed === undefined) break;
      runs += 1;
      if (!passed) failures += 1;
    }
    lines.push(`${verdict(failures, runs, times)}: ${file}`);
  }
  return lines;
}

/** @param {number} failures @param {number} runs @param {number} times that it should have run */
function verdict(failures, runs, times) {
  const cut = runs < times ? `, cut: all repetitions together take at most ${rerunsMs / 60_000} minutes` : '';
  if (runs === 0) return `not repeated${cut}`;
  const word = failures === runs ? (runs === times ? 'deterministic' : 'deterministic so far') : 'racy';
  return `${word} (${failures} of ${runs} failed again${cut})`;
}
