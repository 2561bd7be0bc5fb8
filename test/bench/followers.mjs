// How much clients that follow chatty pods slow the tool calls at the same site.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Api } from '../../deploy/cli/api.mjs';
import { measureCpu } from './cpu.mjs';
import { load } from './load.mjs';
import { call, startProduct } from './product.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const seconds = 6;

/**
 * Starts a script of this folder; returns its lines.
 * @param {(() => Promise<void>)[]} cleanup
 * @param {string} script
 * @param {string[]} args
 */
function start(cleanup, script, ...args) {
  const child = spawn(process.execPath, [join(here, script), ...args], { stdio: ['ignore', 'pipe', 2] });
  if (!child.stdout) throw new Error(`${script} has no output`);
  const exit = once(child, 'exit');
  cleanup.push(async () => {
    child.kill();
    await exit;
  });
  return { pid: child.pid ?? 0, lines: createInterface({ input: child.stdout }) };
}

/**
 * Follows a log so many times. @returns how many bytes have come so far
 * @param {(() => Promise<void>)[]} cleanup @param {string} log @param {string} key @param {number} count
 */
async function follow(cleanup, log, key, count) {
  let received = 0;
  if (count === 0) return () => 0;
  const { lines } = start(cleanup, 'follow.mjs', log, key, String(count));
  const all = new Promise((resolve) => {
    lines.on('line', (line) => {
      const { open, bytes } = JSON.parse(line);
      received = bytes;
      if (open === count) resolve(undefined);
    });
  });
  await all;
  return () => received;
}

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function followers(cleanup) {
  const { url, key, hubPid, agentPid } = await startProduct(cleanup);
  const cluster = start(cleanup, 'chatty-cluster.mjs');
  const [port] = await once(cluster.lines, 'line');
  const api = new Api(url, '');
  cleanup.push(async () => api.close());
  const config = { host: `https://127.0.0.1:${port}`, token: 'any', insecure_skip_tls_verify: true };
  const added = await api.call('POST', '/infrastructure/api/v1/kubernetes/clusters', {
    key,
    body: { name: 'chatty', config },
  });
  if (added.status !== 201) throw new Error(`The cluster was not added: ${JSON.stringify(added.body)}`);
  const pods = `${url}/infrastructure/api/v1/kubernetes/${added.body.data.id}/namespaces/default/pods`;
  const log = `${pods}/one/logs?follow=true&tail_lines=10`;
  const logs = `${pods}/pod-{n}/logs?follow=true&tail_lines=10`;

  /** @type {import('./load.mjs').Target} */
  const target = {
    url: `${url}/api/tools/${call.name}/invoke`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ arguments: call.arguments }),
  };
  const direct = `https://127.0.0.1:${port}/api/v1/namespaces/default/pods/pod-{n}/log?follow=true&tailLines=10`;

  const rows = [];
  let alone = Number.NaN;
  for (const [name, count, followed] of /** @type {const} */ ([
    ['No followers', 0, log],
    ['10 followers of one pod', 10, log],
    ['50 followers of one pod', 50, log],
    ['10 followers of 10 pods', 10, logs],
    ['50 followers of 50 pods', 50, logs],
    ['50 followers of 50 pods, past the hub and the agent', 50, direct],
  ])) {
    /** @type {(() => Promise<void>)[]} */
    const ends = [];
    try {
      const received = await follow(ends, followed, key, count);
      // Followers of one pod come to share a stream meanwhile.
      await load(target, 1, 5);
      const before = received();
      const { result, cpu } = await measureCpu({ hub: [hubPid], agent: [agentPid] }, () => load(target, 1, seconds));
      const each = (received() - before) / 1000 / seconds / (count || 1);
      if (count === 0) alone = result.p99;
      rows.push([
        name,
        result.p50.toFixed(1),
        `${result.p99.toFixed(1)} (×${(result.p99 / alone).toFixed(1)})`,
        String(result.requests),
        `${cpu.hub?.toFixed(1)} / ${cpu.agent?.toFixed(1)}`,
        each.toFixed(0),
      ]);
    } finally {
      for (const end of ends.reverse()) await end();
    }
  }
  return {
    title: 'Tool calls beside followers of chatty pods (300 kB/s each)',
    columns: ['p50, ms', 'p99, ms', 'calls', 'CPU of hub / agent, s', 'kB/s per follower'],
    rows,
  };
}
