// A hub and an agent as they are shipped, on free ports and in a folder of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../deploy/cli/api.mjs';
import { Child } from '../../deploy/cli/child.mjs';
import { site as localSite } from '../../deploy/cli/local-agent.mjs';
import { root } from '../../deploy/local/prepare.mjs';
import { freePort } from '../free-port.mjs';

/** Time for each part to get ready, milliseconds. */
const startLimit = 180_000;

/** The MCP server that all tool calls go to, and the call. */
export const server = {
  command: process.execPath,
  args: [join(root, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
};
export const call = { name: 'echo', arguments: { message: 'hello' } };

/**
 * Starts a hub with one agent, and one MCP server at it.
 * @param {(() => Promise<void>)[]} cleanup gets the functions that end all of it
 * @param {Record<string, string>} [settings] more variables of both programs
 * @param {boolean} [inOne] hub and agent in one process
 */
export async function startProduct(cleanup, settings = {}, inOne = false) {
  const data = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  cleanup.push(async () => rmSync(data, { recursive: true, force: true }));
  const [port, agentPort] = [await freePort(), await freePort()];
  const key = 'roundhouse-bench-key-0123456789abcdef';
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'))),
    ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`,
    ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agentPort}`,
    ROUNDHOUSE_DATA: data,
    ROUNDHOUSE_API_KEY: key,
    ROUNDHOUSE_ADMIN_PASSWORD: 'only-for-this-bench',
    ROUNDHOUSE_DEMO: '0',
    ROUNDHOUSE_RATE_LIMIT_SCALE: '1000000',
    ...settings,
  };
  const bin = join(root, 'agent/bin/roundhouse.mjs');
  const signal = AbortSignal.timeout(startLimit);
  const url = `http://127.0.0.1:${port}`;
  const api = new Api(url, '');
  cleanup.push(async () => api.close());

  const hub = new Child('hub', inOne ? [join(root, 'deploy/cli/one-process.mjs')] : [bin, 'hub'], env);
  cleanup.push(() => hub.stop());
  await Promise.race([api.healthy(signal), hub.failed]);
  const site = inOne ? localSite : 'bench';
  let agent = hub;
  if (!inOne) {
    const hubAddress = ['--hub', `127.0.0.1:${agentPort}`, '--token', await api.token(site, key)];
    agent = new Child('agent', [bin, 'agent', ...hubAddress, '--data', join(data, 'agent')], env);
    cleanup.push(() => agent.stop());
  }
  const { id: agentId } = await Promise.race([api.agent(site, key, signal), agent.failed]);

  const body = { name: 'everything', site, transport: { type: 'stdio', ...server } };
  const created = await api.call('POST', '/connect/api/servers', { key, body });
  if (created.status !== 201) throw new Error(`The server was not registered: ${JSON.stringify(created.body)}`);
  const serverId = created.body.data.id;
  const connected = await api.call('POST', `/connect/api/servers/${serverId}/connect`, { key, body: {} });
  if (connected.status >= 300) throw new Error(`The server did not connect: ${JSON.stringify(connected.body)}`);
  await api.server('everything', key, signal);
  return { url, key, agentId, hubPid: hub.pid, agentPid: agent.pid };
}
