// A hub by itself beside the active hub of a PostgreSQL database on the same disk, and the time that another hub needs to take over.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { postgresqlFolder } from '../../deploy/local/parts.mjs';
import { root, Stop } from '../../deploy/local/prepare.mjs';
import { freePort } from '../free-port.mjs';
import { load, median } from './load.mjs';
import { call, startProduct } from './product.mjs';

/** @typedef {(() => Promise<void>)[]} Cleanup */

const method = { rounds: 5, seconds: 2, warmUp: 5, connections: 32, writers: 64, takeovers: 5 };
const KEY = 'roundhouse-bench-key-0123456789abcdef';

/** Starts PostgreSQL with its usual settings, which bring each commit to disk. @param {Cleanup} cleanup @returns {Promise<string[]>} the URLs of two empty databases */
async function startDatabases(cleanup) {
  const bin = postgresqlFolder();
  if (bin === undefined) throw new Stop('PostgreSQL is missing.');
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  cleanup.push(async () => rmSync(folder, { recursive: true, force: true }));
  const idOf = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = String(await freePort());
  const args = ['-D', data, '-p', port, '-k', '', '-h', '127.0.0.1'];
  const server = spawn(join(bin, 'postgres'), args, { ...as, cwd: folder, stdio: 'ignore' });
  cleanup.push(async () => {
    server.kill('SIGINT');
    if (server.exitCode === null) await once(server, 'exit');
  });
  while (spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', port]).status !== 0) await pause(50);
  return ['calls', 'takeovers'].map((name) => {
    execFileSync(join(bin, 'createdb'), ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', name]);
    return `postgresql://postgres@127.0.0.1:${port}/${name}`;
  });
}

/** Groups that are made in a while, and the median time of one, milliseconds. @param {string} url @param {number} writers */
async function make(url, writers, seconds = method.seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: writers });
  const end = performance.now() + seconds * 1000;
  /** @type {number[]} */
  const times = [];
  let count = 0;
  const prefix = `${process.hrtime.bigint()}`;
  const post = () =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
      const sent = request(`${url}/api/groups`, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
      sent.on('error', reject);
      count += 1;
      sent.end(JSON.stringify({ name: `${prefix}-${count}` }));
    });
  const writer = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      if ((await post()) !== 201) throw new Error('a group was not made');
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  agent.destroy();
  return { perSecond: times.length / seconds, p50: median(times) };
}

/** Two hubs that take turns: how long clients wait for the next one, milliseconds. @param {Cleanup} cleanup @param {string} database */
async function takeovers(cleanup, database) {
  /** @type {Record<'SIGKILL' | 'SIGTERM', number[]>} */
  const waits = { SIGKILL: [], SIGTERM: [] };
  const seats = await Promise.all(
    [1, 2].map(async () => {
      const data = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
      cleanup.push(async () => rmSync(data, { recursive: true, force: true }));
      return { data, port: await freePort(), agents: await freePort() };
    }),
  );
  const start = (/** @type {(typeof seats)[number]} */ { data, port, agents }) => {
    const env = {
      ...process.env,
      ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`,
      ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agents}`,
      ROUNDHOUSE_DATA: data,
      ROUNDHOUSE_API_KEY: KEY,
      ROUNDHOUSE_ADMIN_PASSWORD: 'only-for-this-bench',
      ROUNDHOUSE_CLUSTER: database,
    };
    const child = spawn(process.execPath, [join(root, 'agent/bin/roundhouse.mjs'), 'hub'], { env, stdio: 'ignore' });
    cleanup.push(async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    return child;
  };
  const state = async (/** @type {(typeof seats)[number]} */ { port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    const body = /** @type {{ status?: string, active?: string | null }} */ (await answer?.json().catch(() => ({})));
    return body?.status === 'standby' && body.active === null ? undefined : body?.status;
  };
  const until = async (/** @type {(typeof seats)[number]} */ seat, /** @type {string} */ wanted) => {
    while ((await state(seat)) !== wanted) await pause(10);
  };
  let [active, waiting] = seats;
  if (!active || !waiting) throw new Error('there are two');
  let running = start(active);
  await until(active, 'healthy');
  copyFileSync(join(active.data, 'sealing.key'), join(waiting.data, 'sealing.key'));
  for (const signal of /** @type {const} */ (['SIGKILL', 'SIGTERM']))
    for (let n = 0; n < method.takeovers; n += 1) {
      const next = start(waiting);
      await until(waiting, 'standby');
      await make(`http://127.0.0.1:${active.port}`, 4, 0.5);
      const started = performance.now();
      running.kill(signal);
      await until(waiting, 'healthy');
      waits[signal].push(performance.now() - started);
      [active, waiting, running] = [waiting, active, next];
    }
  return waits;
}

/** @param {Cleanup} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function severalHubs(cleanup) {
  const [database = '', other = ''] = await startDatabases(cleanup);
  const products = [
    { name: 'a hub by itself', product: await startProduct(cleanup) },
    { name: 'the active hub of a database', product: await startProduct(cleanup, { ROUNDHOUSE_CLUSTER: database }) },
  ];
  const sides = products.map(({ name, product: { url, key } }) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const body = JSON.stringify({ arguments: call.arguments });
    return {
      name,
      url,
      list: /** @type {const} */ ({ url: `${url}/api/tools`, method: 'GET', headers }),
      tool: /** @type {const} */ ({ url: `${url}/api/tools/${call.name}/invoke`, method: 'POST', headers, body }),
      rounds: /** @type {number[][]} */ ([]),
    };
  });
  for (const { tool, url } of sides) {
    await load(tool, method.connections, method.warmUp);
    await make(url, method.writers);
  }
  const perSecond = async (/** @type {import('./load.mjs').Target} */ target) => {
    const { requests, seconds } = await load(target, method.connections, method.seconds);
    return requests / seconds;
  };
  for (let round = 0; round < method.rounds; round += 1)
    for (const { list, tool, url, rounds } of sides) {
      const [one, many] = [await make(url, 1), await make(url, method.writers)];
      rounds.push([await perSecond(list), await perSecond(tool), one.p50, many.perSecond]);
    }
  const { SIGKILL, SIGTERM } = await takeovers(cleanup, other);
  const seconds = (/** @type {number[]} */ times) =>
    `${(median(times) / 1000).toFixed(1)} s, ${(Math.max(...times) / 1000).toFixed(1)} s`;
  return {
    title: `Several hubs and one database (${method.rounds} rounds of ${method.seconds} s in turn, medians)`,
    columns: ['`GET /api/tools`/s', 'tool calls/s', 'one change, p50', `changes/s of ${method.writers} clients`],
    rows: [
      ...sides.map(({ name, rounds }) => {
        const [list = 0, tool = 0, one = 0, many = 0] = [0, 1, 2, 3].map((at) =>
          median(rounds.map((row) => row[at] ?? 0)),
        );
        return [name, list.toFixed(0), tool.toFixed(0), `${one.toFixed(1)} ms`, many.toFixed(0)];
      }),
      ['the next hub answers after a kill (median, longest)', seconds(SIGKILL), '', '', ''],
      ['after a stop', seconds(SIGTERM), '', '', ''],
    ],
  };
}
