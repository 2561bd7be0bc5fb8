// Load on an HTTP endpoint: Debian's wrk where it is installed, else autocannon. Both sides of a comparison get the same.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parts } from '../../deploy/local/parts.mjs';

/**
 * @typedef {{ url: string, method: 'GET' | 'POST', headers: Record<string, string>, body?: string, sometimes?: Sometimes }} Target
 * @typedef {{ every: number, headers: Record<string, string> }} Sometimes other headers of one request of so many
 */
/** @typedef {{ requests: number, seconds: number, errors: number, p50: number, p99: number }} Load latencies in milliseconds */

export const generator = parts.wrk.present() ? 'wrk' : 'autocannon';

/** Stands in a body for an id that every request has to itself. */
export const ID = '"[<id>]"';

/** wrk's request with a number in the place of {@link ID}. */
const numbered = (/** @type {string} */ body) => {
  const [before, after] = body.split(ID);
  return `
local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, [==[${before}]==] .. n .. [==[${after}]==])
end`;
};

/** wrk's request with other headers once in a while. */
const mixed = (/** @type {Sometimes} */ { every, headers }) => `
local n, usual, other = 0, nil, nil
init = function()
  usual = wrk.format()
  ${Object.entries(headers)
    .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
    .join('\n  ')}
  other = wrk.format()
end
request = function()
  n = n + 1
  return n % ${every} == 0 and other or usual
end`;

/** wrk's script: the request, and the result as JSON on its last line. */
const script = (/** @type {Target} */ { method, headers, body, sometimes }) => `
wrk.method = ${JSON.stringify(method)}
${body === undefined ? '' : `wrk.body = [==[${body}]==]`}
${Object.entries(headers)
  .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  .join('\n')}
${body?.includes(ID) ? numbered(body) : ''}
${sometimes ? mixed(sometimes) : ''}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"seconds":%f,"errors":%d,"p50":%f,"p99":%f}\\n', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`;

/** @param {Target} target @param {number} connections @param {number} seconds @returns {Promise<Load>} */
async function wrk(target, connections, seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-wrk-'));
  try {
    const file = join(folder, 'request.lua');
    writeFileSync(file, script(target));
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '5s', '-s', file, target.url];
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: (seconds + 20) * 1000 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Target} target @param {number} connections @param {number} seconds @returns {Promise<Load>} */
async function cannon({ url, sometimes, ...request }, connections, seconds) {
  // @ts-expect-error it brings no types
  const { default: autocannon } = await import('autocannon');
  const other = { ...request, headers: { ...request.headers, ...sometimes?.headers } };
  const requests = sometimes ? [...Array(sometimes.every - 1).fill(request), other] : [request];
  const result = await autocannon({ url, requests, connections, duration: seconds, timeout: 5, idReplacement: true });
  const errors = result.errors + result.timeouts + result.non2xx;
  const { p50, p99 } = result.latency;
  return { requests: result.requests.total, seconds: result.duration, errors, p50, p99 };
}

/**
 * @param {Target} target
 * @param {number} connections
 * @param {number} seconds
 * @returns {Promise<Load>}
 * @throws where any request failed: a fast refusal is no throughput
 */
export async function load(target, connections, seconds) {
  const result = await (generator === 'wrk' ? wrk : cannon)(target, connections, seconds);
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests to ${target.url} failed`);
  return result;
}

/** @param {readonly number[]} values */
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
