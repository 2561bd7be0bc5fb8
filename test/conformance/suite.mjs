// One run of the official suite.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { conformancePath, otherNodePath } from '../../deploy/local/parts.mjs';

/** The revisions of the protocol that are run. */
export const revisions = ['2025-11-25', '2026-07-28'];

/**
 * The checks that the suite's own fixture passes: ids of checks by revision and scenario, and where that was seen.
 * @type {{ source: string, passes: Record<string, Record<string, string[]>> }}
 */
export const reference = JSON.parse(
  readFileSync(new URL('../fixtures/conformance/reference.json', import.meta.url), 'utf8'),
);

/** The whole run ends by then, milliseconds. */
const limit = 400_000;
/** One scenario, milliseconds. */
const scenarioLimit = 30_000;

/** @typedef {{ id: string, name: string, status: string, errorMessage?: string }} Check */
/** @typedef {Record<string, Check[]>} Run the checks of each scenario */

/**
 * Runs the scenarios of a revision of the protocol against a server.
 * @param {string} url
 * @param {string} revision such as `2025-11-25`
 * @param {AbortSignal} [signal]
 * @returns {Promise<Run>}
 * @throws where the suite itself does not come to its end
 */
export async function runSuite(url, revision, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-conformance-'));
  try {
    const options = ['--requirements', revision, '--timeout', String(scenarioLimit), '-o', folder];
    const args = [conformancePath, 'server', '--url', url, ...options];
    let output = '';
    try {
      const { stdout } = await promisify(execFile)(otherNodePath, args, {
        timeout: limit,
        maxBuffer: 2 ** 26,
        ...(signal ? { signal } : {}),
      });
      output = stdout;
    } catch (error) {
      // It ends with 1 where any check fails; that is a result.
      const { code, stdout = '' } = /** @type {{ code?: unknown, stdout?: string }} */ (error);
      if (code !== 1 || !stdout.includes('=== SUMMARY ===')) throw error;
      output = stdout;
    }
    return readRun(folder, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The files that a run has left behind.
 * @param {string} folder with a folder for each scenario
 * @param {string} output of the suite
 * @returns {Run}
 */
export function readRun(folder, output) {
  const started = [...output.matchAll(/^=== Running scenario: (\S+) ===$/gm)].map(([, name = '']) => name);
  /** @type {Run} */
  const run = {};
  const results = readdirSync(folder);
  for (const name of started) {
    const result = results.find((entry) => entry.startsWith(`server-${name}-`) && isTime(entry, `server-${name}`));
    run[name] = checksIn(join(folder, result ?? '')) ?? [
      { id: name, name, status: 'FAILURE', errorMessage: 'it did not come to its end' },
    ];
  }
  return run;
}

/** The name of a scenario may begin with the name of another. @param {string} entry @param {string} prefix */
const isTime = (entry, prefix) => /^-\d{4}-\d\d-\d\dT/.test(entry.slice(prefix.length));

/** @param {string} folder @returns {Check[] | undefined} none where the scenario threw, or took too long */
function checksIn(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'checks.json'), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}
