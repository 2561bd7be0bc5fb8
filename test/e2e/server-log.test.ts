import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { segmentPath } from '../../agent/drivers/logs/segments.js';
import { nightly } from '../nightly.js';
import {
  ADMIN_KEY,
  everything,
  type Hub,
  startAgent,
  startAgentProcess,
  startHub,
  startHubProcess,
} from '../roundhouse.js';

const MIB = 2 ** 20;
/** The whole log: at least twice the size that hub and agent may keep in memory. */
const logSize = nightly ? 2 ** 30 : 160 * MIB;
const server = { name: 'talker', transport: { type: 'stdio', command: process.execPath, args: [everything] } };

/** Resident memory of a process, bytes. */
async function memory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

function follow(hub: Hub, query: string): Promise<IncomingMessage> {
  const url = `${hub.url}/connect/api/servers/talker/logs?${query}`;
  return new Promise((resolve, reject) => {
    get(url, { headers: { Authorization: `Bearer ${ADMIN_KEY}` } }, resolve).on('error', reject);
  });
}

/** Writes a log of that size as the agent keeps it; returns the hash and the size of the log. */
async function writeLog(folder: string): Promise<{ hash: string; size: number }> {
  await mkdir(folder, { recursive: true });
  const hash = createHash('sha256');
  const text = 'x'.repeat(900);
  let written = 0;
  let time = Date.parse('2026-01-01T00:00:00.000Z');
  while (written < logSize) {
    const file = await open(segmentPath(folder, written), 'w');
    for (let size = 0; size < 8 * MIB - MIB; ) {
      const lines = Array.from({ length: 256 }, (_, i) => {
        time += 1;
        return `{"timestamp":"${new Date(time).toISOString()}","level":"info","source":"stderr","message":"${i} ${text}"}\n`;
      }).join('');
      hash.update(lines);
      await file.write(lines);
      size += lines.length;
      written += lines.length;
    }
    await file.close();
  }
  return { hash: hash.digest('hex'), size: written };
}

t.test(
  'a log that is larger than what hub and agent may keep in memory, followed by a reader that stops for 10 s',
  async (t) => {
    const hub = await startHubProcess(t);
    const limits = ['--log-limit', String(2 * logSize)];
    const agent = await startAgentProcess(t, hub, 'local', limits);
    const made = await hub.call('POST', '/api/servers', server);
    const written = await writeLog(join(agent.data, 'logs', made.body.data.id));
    const before = { hub: await memory(hub.pid), agent: await memory(agent.pid) };
    let most = { hub: 0, agent: 0 };
    const look = async () => {
      const now = { hub: await memory(hub.pid), agent: await memory(agent.pid) };
      most = { hub: Math.max(most.hub, now.hub), agent: Math.max(most.agent, now.agent) };
    };
    const watcher = setInterval(look, 100);
    t.teardown(() => clearInterval(watcher));

    const stream = await follow(hub, 'follow=true&lines=0');
    t.equal(stream.statusCode, 200);
    t.equal(stream.headers['content-type'], 'application/x-ndjson');
    const arrived = createHash('sha256');
    let size = 0;
    let paused = false;
    for await (const chunk of stream) {
      // An empty line may come before all others.
      const log = size === 0 && chunk[0] === 10 ? chunk.subarray(1) : chunk;
      arrived.update(log);
      size += log.length;
      if (!paused && size > 50 * MIB) {
        paused = true;
        await pause(10_000);
      }
      if (size >= written.size) break;
    }
    await look();
    t.equal(arrived.digest('hex'), written.hash, 'the written lines arrive');
    t.ok(most.hub - before.hub < 64 * MIB, `hub within 64 MiB (${Math.round((most.hub - before.hub) / MIB)})`);
    t.ok(
      most.agent - before.agent < 64 * MIB,
      `agent within 64 MiB (${Math.round((most.agent - before.agent) / MIB)})`,
    );
  },
);

t.test('the last lines, those since a time, and new ones as they come', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(server);
  const whole = await hub.call('GET', '/connect/api/servers/talker/logs');
  t.equal(whole.status, 200);
  const logs = whole.body.data.logs;
  t.match(logs[0], { timestamp: String, level: String, source: String, message: String });
  const last = await hub.call('GET', '/connect/api/servers/talker/logs?lines=1');
  t.same(last.body.data.logs, logs.slice(-1), 'the last line');
  const since = await hub.call(
    'GET',
    `/connect/api/servers/talker/logs?since=${new Date(Date.now() + 60_000).toISOString()}`,
  );
  t.same(since.body.data.logs, [], 'nothing since the future');

  const stream = await follow(hub, 'follow=true&lines=1');
  const lines: string[] = [];
  const restarted = hub.call('POST', '/api/servers/talker/disconnect');
  for await (const chunk of stream) {
    lines.push(...String(chunk).split('\n').filter(Boolean));
    if (lines.length > 1) break;
  }
  await restarted;
  t.same(JSON.parse(lines[0] ?? ''), logs.at(-1), 'starts with the lines that are there');
  t.match(JSON.parse(lines[1] ?? ''), { message: String }, 'and goes on with what comes');

  const quiet = await follow(hub, 'follow=true&since=2099-01-01T00:00:00Z');
  t.equal(quiet.statusCode, 200, 'a log without new lines opens, too');
  quiet.destroy();

  const bad = await hub.call('GET', '/connect/api/servers/talker/logs?since=yesterday');
  t.equal(bad.status, 400);
  t.match(bad.body, { code: 'VALIDATION_ERROR', details: { field: 'since' } });
});
