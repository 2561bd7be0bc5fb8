// The ways to the fixture: directly, and through a hub and an agent that has it behind one transport or the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Api } from '../../deploy/local/api.mjs';
import { startProduct } from '../bench/product.mjs';
import { startKeyProxy } from './key-proxy.mjs';

const server = fileURLToPath(new URL('../fixtures/conformance/server.mjs', import.meta.url));

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<string>} its address */
async function serveFixture(cleanup) {
  const child = spawn(process.execPath, [server, 'http'], { stdio: ['pipe', 'pipe', 'inherit'] });
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
 * @param {(() => Promise<void>)[]} cleanup gets what ends it all again
 * @returns {Promise<Record<'direct' | 'stdio' | 'http', string>>} addresses, the direct one first
 */
export async function startWays(cleanup) {
  const direct = await serveFixture(cleanup);
  const { url, key } = await startProduct(cleanup);
  const proxy = await startKeyProxy(url, key);
  cleanup.push(async () => proxy.close());
  const api = new Api(url, '');
  cleanup.push(async () => api.close());
  const transports = {
    stdio: { type: 'stdio', command: process.execPath, args: [server, 'stdio'] },
    http: { type: 'http', url: direct },
  };
  for (const [way, transport] of Object.entries(transports)) {
    const body = { name: `behind-${way}`, site: 'bench', transport };
    const made = await api.call('POST', '/connect/api/servers', { key, body });
    const connected = await api.call('POST', `/connect/api/servers/behind-${way}/connect`, { key, body: {} });
    for (const { status, body: answer } of [made, connected])
      if (status >= 300) throw new Error(`behind-${way}: ${status} ${JSON.stringify(answer)}`);
  }
  const through = (/** @type {string} */ way) => `${proxy.url}/mcp/servers/behind-${way}`;
  return { direct, stdio: through('stdio'), http: through('http') };
}
