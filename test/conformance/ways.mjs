// The ways to the fixtures: directly, and through a hub and an agent that has them behind one transport or the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Api } from '../../deploy/cli/api.mjs';
import { startProduct } from '../bench/product.mjs';
import { startKeyProxy } from './key-proxy.mjs';

/** The fixtures' program. */
export const server = fileURLToPath(new URL('../fixtures/conformance/server.mjs', import.meta.url));

/**
 * Addresses, the direct one first; `otherEra` is a server of another revision, as Roundhouse shows it to clients of this one. The addresses
 * of a server that speaks all revisions begin with `both`.
 * @typedef {{ direct: string, stdio: string, http: string, bothDirect: string, bothStdio: string, bothHttp: string, otherEra?: string }} Ways
 */

/** @param {string} revision @param {(() => Promise<void>)[]} cleanup @returns {Promise<string>} its address */
export async function serveFixture(revision, cleanup) {
  const child = spawn(process.execPath, [server, 'http', revision], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    child.stdin.end();
    await ended;
  });
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line').then(([line]) => String(line));
  return Promise.race([first, ended.then(() => Promise.reject(new Error('the fixture ended')))]);
}

/**
 * @param {readonly string[]} revisions of the protocol: each has a fixture that speaks it
 * @param {(() => Promise<void>)[]} cleanup gets the functions that end all of it
 * @returns {Promise<Record<string, Ways>>} by revision
 */
export async function startWays(revisions, cleanup) {
  const { url, key } = await startProduct(cleanup);
  const proxy = await startKeyProxy(url, key);
  cleanup.push(async () => proxy.close());
  const api = new Api(url, '');
  cleanup.push(async () => api.close());

  /** @param {string} name @param {object} transport @returns {Promise<string>} the server's address at the hub */
  async function connect(name, transport) {
    const made = await api.call('POST', '/connect/api/servers', { key, body: { name, site: 'bench', transport } });
    const connected = await api.call('POST', `/connect/api/servers/${name}/connect`, { key, body: {} });
    for (const { status, body } of [made, connected])
      if (status >= 300) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
    return `${proxy.url}/mcp/servers/${name}`;
  }

  /** @param {string} revision */
  async function waysTo(revision) {
    const direct = await serveFixture(revision, cleanup);
    const command = { type: 'stdio', command: process.execPath, args: [server, 'stdio', revision] };
    const stdio = await connect(`${revision}-stdio`, command);
    return { direct, stdio, http: await connect(`${revision}-http`, { type: 'http', url: direct }) };
  }

  /** @type {Record<string, Ways>} */
  const ways = {};
  const { direct: bothDirect, stdio: bothStdio, http: bothHttp } = await waysTo('both');
  for (const revision of revisions) ways[revision] = { ...(await waysTo(revision)), bothDirect, bothStdio, bothHttp };
  for (const [revision, those] of Object.entries(ways)) {
    const other = Object.keys(ways).find((name) => name !== revision);
    if (other) those.otherEra = ways[other]?.http;
  }
  return ways;
}
