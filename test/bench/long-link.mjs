// Hub and agent 50 ms apart: how long a call takes, how many go through at once, and how much large results carry.
import { join } from 'node:path';
import { Child } from '../../deploy/cli/child.mjs';
import { startDelayProxy } from './delay-proxy.mjs';
import { bin, environment, key, startHub } from './hub.mjs';
import { load } from './load.mjs';
import { call, server } from './product.mjs';

const delayMs = 25;
const largeBytes = 900_000;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function longLink(cleanup) {
  const { api, agentAddress, data, url } = await startHub(cleanup);
  const address = await startDelayProxy(agentAddress, delayMs, cleanup);
  const token = await api.token('far', key);
  const folder = join(data, 'agent');
  const child = new Child(
    'agent',
    [bin, 'agent', '--hub', address, '--token', token, '--data', folder],
    environment({}),
  );
  cleanup.push(() => child.stop());
  const limit = AbortSignal.timeout(30_000);
  await Promise.race([api.agent('far', key, limit), child.failed]);
  const body = { name: 'everything', site: 'far', transport: { type: 'stdio', ...server } };
  const created = await api.call('POST', '/connect/api/servers', { key, body });
  const { id } = created.body.data;
  await api.call('POST', `/connect/api/servers/${id}/connect`, { key, body: {} });
  await api.server('everything', key, limit);

  /** @type {import('./load.mjs').Target} */
  const target = {
    url: `${url}/api/tools/${call.name}/invoke`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ arguments: call.arguments }),
  };
  const one = await load(target, 1, 3);
  const many = await load(target, 64, 3);
  const large = { ...target, body: JSON.stringify({ arguments: { message: 'x'.repeat(largeBytes) } }) };
  const bulk = await load(large, 8, 4);
  const perSecond = (bulk.requests / bulk.seconds) * largeBytes;
  return {
    title: 'A link of 50 ms round trip',
    rows: [
      ['Tool call at one connection, p50 / p99', `${one.p50.toFixed(1)} / ${one.p99.toFixed(1)} ms`],
      ['Tool calls at 64 connections', `${Math.round(many.requests / many.seconds).toLocaleString('en')}/s`],
      ['Results of 0.9 MB, eight at once', `${(perSecond / 1024 / 1024).toFixed(1)} MiB/s`],
    ],
  };
}
