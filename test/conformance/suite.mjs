// One run of the official suite.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { conformancePath, otherNodePath } from '../../deploy/local/parts.mjs';

/** The whole run ends by then, milliseconds. */
const limit = 120_000;
/** One scenario, milliseconds. */
const scenarioLimit = 10_000;

/** @typedef {{ id: string, status: string, errorMessage?: string }} Check */
/** @typedef {Record<string, Check[]>} Run the checks of each scenario */

/**
 * Runs what a revision of the protocol requires against a server.
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
    return read(folder, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {string} output @returns {Run} */
function read(folder, output) {
  const started = [...output.matchAll(/^=== Running scenario: (\S+) ===$/gm)].map(([, name = '']) => name);
  /** @type {Run} */
  const run = {};
  const results = readdirSync(folder);
  for (const name of started) {
    const result = results.find(
      (entry) => /^-\d{4}-\d\d-\d\dT/.test(entry.slice(`server-${name}`.length)) && entry.startsWith(`server-${name}-`),
    );
    // One that threw, or took too long, leaves no result.
    run[name] = result
      ? JSON.parse(readFileSync(join(folder, result, 'checks.json'), 'utf8'))
      : [{ id: name, status: 'FAILURE', errorMessage: 'it did not come to its end' }];
  }
  return run;
}
