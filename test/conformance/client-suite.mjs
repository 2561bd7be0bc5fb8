// The suite's scenarios for clients, with the agent of a hub as the client.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { conformancePath, otherNodePath } from '../../deploy/local/parts.mjs';
import { startDesk } from './client-desk.mjs';
import { Hub } from './client-hub.mjs';

const program = fileURLToPath(new URL('./client-program.sh', import.meta.url));

/** The whole run ends by then, milliseconds. */
const limit = 260_000;
/** One scenario, milliseconds; they all run at once. */
const scenarioLimit = 200_000;

/** @typedef {import('./suite.mjs').Check} Check */
/** @typedef {{ checks: Check[], end: string }} Played `end`: why it was not played to its end; empty where it was */
/** @typedef {Record<string, Played>} ClientRun by scenario */

/**
 * Runs the scenarios that a revision of the protocol has for clients.
 * @param {{ url: string, key: string }} hub with one agent
 * @param {string} revision such as `2025-11-25`
 * @param {{ signal?: AbortSignal, keep?: string, scenario?: string }} [options] `keep`: a folder for the scenarios' files
 * @returns {Promise<ClientRun>}
 * @throws where the suite itself does not come to its end
 */
export async function runClientSuite({ url, key }, revision, { signal, keep, scenario } = {}) {
  const desk = await startDesk(new Hub(url, key));
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'roundhouse-conformance-client-'));
  try {
    const which = scenario ? ['--scenario', scenario, '--spec-version', revision] : ['--requirements', revision];
    const options = ['--timeout', String(scenarioLimit), '-o', folder];
    const command = `sh ${program}`;
    const args = [conformancePath, 'client', '--command', command, ...which, ...options];
    await promisify(execFile)(otherNodePath, args, {
      timeout: limit,
      maxBuffer: 2 ** 26,
      env: { ...process.env, CONFORMANCE_DESK: desk.url },
      ...(signal ? { signal } : {}),
    }).catch((error) => {
      // The suite ends with 1 if any check fails; that is a result.
      if (error.code !== 1) throw error;
    });
    return read(folder, desk.ends);
  } finally {
    desk.close();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {Map<string, string>} ends @returns {ClientRun} */
function read(folder, ends) {
  /** @type {ClientRun} */
  const run = {};
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const scenario = /^(.+)-\d{4}-\d\d-\d\dT[^/]*\/checks\.json$/.exec(path)?.[1];
    if (!scenario) continue;
    const checks = JSON.parse(readFileSync(join(folder, path), 'utf8'));
    run[scenario] = { checks, end: ends.get(scenario) ?? 'it did not begin' };
  }
  return run;
}

/** @param {Played} played @param {string} status @returns {string[]} */
export function checksOf({ checks }, status) {
  return checks.filter((check) => check.status === status).map(({ id }) => id);
}
