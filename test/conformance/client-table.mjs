// The expected results of the scenarios for clients, and a comparison with the real ones.
import { checksOf } from './client-suite.mjs';

/** @typedef {import('./client-suite.mjs').ClientRun} ClientRun */

/** The revisions that are run. */
export const clientRevisions = ['2025-11-25', '2026-07-28'];

/**
 * Extensions of the protocol that this client does not offer. No revision requires them.
 * @type {Readonly<Record<string, string>>}
 */
export const notOffered = {
  'auth/dpop': 'tokens bound to a key of the client (RFC 9449)',
  'auth/dpop-nonce': 'tokens bound to a key of the client (RFC 9449)',
  'auth/enterprise-managed-authorization': "an enterprise's identity provider that speaks for its people",
  'auth/wif-jwt-bearer': 'assertions of the platform that the agent runs on',
};

/** Scenarios whose server must not be used: the client gives up. */
export const givenUp = [
  'auth/iss-normalized',
  'auth/iss-supported-missing',
  'auth/iss-unexpected',
  'auth/iss-wrong-issuer',
  'auth/metadata-issuer-mismatch',
  'auth/resource-mismatch',
  'auth/scope-retry-limit',
];

/**
 * The unexpected results: an offered scenario that fails or warns, a scenario that is not offered and passes, and a scenario that was given
 * up against the expectation, or the other way round.
 * @param {ClientRun} run
 * @returns {string[]}
 */
export function surprises(run) {
  return Object.entries(run).flatMap(([scenario, played]) => {
    const bad = [...checksOf(played, 'FAILURE'), ...checksOf(played, 'WARNING')];
    if (scenario in notOffered) return bad.length > 0 ? [] : [`${scenario}: passes, and is said not to be offered`];
    const told = bad.map((id) => `${scenario}: ${id}`);
    if (checksOf(played, 'SUCCESS').length === 0) told.push(`${scenario}: nothing was looked at`);
    if ((played.end !== '') !== givenUp.includes(scenario))
      told.push(`${scenario}: ${played.end || 'was not given up'}`);
    return told;
  });
}

/** @param {Record<string, ClientRun>} runs by revision @returns {string} Markdown */
export function clientTable(runs) {
  const revisions = Object.keys(runs);
  const scenarios = [...new Set(revisions.flatMap((revision) => Object.keys(runs[revision] ?? {})))].sort();
  const rows = scenarios.map((scenario) => [scenario, ...revisions.map((revision) => cell(scenario, runs[revision]))]);
  const lines = [['scenario', ...revisions], ['---', ...revisions.map(() => '---')], ...rows];
  const reasons = Object.entries(notOffered).map(([scenario, reason]) => `- ${scenario}: ${reason}`);
  return [...lines.map((cells) => `| ${cells.join(' | ')} |`), '', 'Not offered:', ...reasons].join('\n');
}

/** @param {string} scenario @param {ClientRun | undefined} run */
function cell(scenario, run) {
  const played = run?.[scenario];
  if (!played) return '–';
  if (scenario in notOffered) return 'not offered';
  const [good, bad] = [checksOf(played, 'SUCCESS').length, checksOf(played, 'FAILURE').length];
  return bad === 0 ? `✓ ${good}` : `✗ ${bad} of ${good + bad}`;
}
