import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogs, type Logs } from '../../../agent/drivers/logs/logs.js';
import type { ReadOptions } from '../../../agent/drivers/logs/read.js';
import type { LogLimits, ServerLog } from '../../../agent/drivers/logs/server-log.js';
import { createServers } from '../../../agent/drivers/mcp/servers.js';
import { wait } from '../../kit/wait.js';
import { nightly, scaled } from '../../nightly.js';
import { httpSpec, silentLog, tempFolder } from './harness.js';

function open(
  t: Test,
  limits: Partial<LogLimits> = {},
  dataDir = tempFolder(t),
): { log: ServerLog; logs: Logs; folder: string } {
  const logs = createLogs({ dataDir, log: silentLog, limits: { bytesPerSecond: Number.POSITIVE_INFINITY, ...limits } });
  t.teardown(() => logs.close());
  return { log: logs.open('s1'), logs, folder: join(dataDir, 'logs', 's1') };
}

async function text(log: ServerLog, options?: ReadOptions): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of log.read(options)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const messages = (entries: string): string[] =>
  entries
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { message: string }).message);

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `entry ${from + i}`);

t.test('entries come back as they were written, in order', async (t) => {
  const { log } = open(t);
  log.append({ level: 'info', source: 'stderr', message: 'grüße "👋"\n' });
  log.append({ level: 'error', source: 'agent', message: 'x'.repeat(100_000) });
  const [first = '', second = ''] = (await text(log)).split('\n');
  t.match(first, /^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","source":"stderr","message":/);
  t.equal(JSON.parse(first).message, 'grüße "👋"\n');
  t.match(JSON.parse(second), { level: 'error', source: 'agent', message: /x … \[cut: 100000 characters\]$/ });
});

t.test("no server's id names the agent's own log", async (t) => {
  const dataDir = tempFolder(t);
  const { logs } = open(t, {}, dataDir);
  logs.own.append({ level: 'info', source: 'agent', message: 'a command of the hub' });
  await logs.own.flushed();
  for (const id of ['agent', 'Agent', logs.own.serverId, '..', '']) {
    t.throws(() => logs.open(id), { name: 'AgentFailure', kind: 'invalid_argument' });
    await t.rejects(logs.delete(id), { name: 'AgentFailure', kind: 'invalid_argument' });
  }
  const servers = createServers({ dataDir, logs, log: silentLog, version: '0.0.0' });
  t.teardown(() => servers.close());
  for (const id of ['agent', 'Agent', logs.own.serverId])
    t.throws(() => servers.put({ ...httpSpec('http://127.0.0.1:1/'), id }), {
      name: 'AgentFailure',
      kind: 'invalid_argument',
      details: { field: 'id' },
    });
  t.same(messages(await text(logs.own)), ['a command of the hub']);
});

t.test("the agent's own log of an earlier version is kept", async (t) => {
  const dataDir = tempFolder(t);
  const first = open(t, {}, dataDir);
  first.logs.own.append({ level: 'info', source: 'agent', message: 'a command of the hub' });
  await first.logs.close();
  const folder = join(dataDir, 'logs');
  renameSync(join(folder, first.logs.own.serverId), join(folder, 'agent'));
  const { logs } = open(t, {}, dataDir);
  logs.own.append({ level: 'info', source: 'agent', message: 'a later one' });
  t.same(messages(await text(logs.own)), ['a command of the hub', 'a later one']);
  t.same((await logs.clean(Date.now() + 1000, true)).files, 0, 'the hub may not delete it yet');
});

t.test('a log without entries', async (t) => {
  const { log } = open(t);
  t.equal(await text(log), '');
  t.equal(await text(log, { lines: 5, sinceMs: 1 }), '');
});

t.test('the last lines, over many segments', async (t) => {
  const { log, folder } = open(t, { segmentBytes: 1000 });
  log.appendLines('stderr', 'info', numbered(0, 100));
  await log.flushed();
  t.ok(readdirSync(folder).length > 5, 'there are many segments');
  for (const lines of [1, 2, 7, 9, 10, 11, 50, 99, 100]) {
    t.same(messages(await text(log, { lines })), numbered(100 - lines, 100), `${lines} lines`);
  }
  t.equal(messages(await text(log, { lines: 1000 })).length, 100);
  t.equal(messages(await text(log)).length, 100);
});

t.test('entries since a time, over many segments', async (t) => {
  const { folder, log } = open(t, { segmentBytes: 100_000 });
  const start = Date.UTC(2026, 0, 1);
  const line = (i: number) =>
    `{"timestamp":"${new Date(start + Math.floor(i / 3) * 10).toISOString()}","level":"info","source":"stderr","message":"${'x'.repeat((i * 37) % 300)} ${i}"}\n`;
  mkdirSync(folder, { recursive: true });
  let base = 0;
  for (let i = 0; i < 300; i += 50) {
    const segment = Array.from({ length: 50 }, (_, k) => line(i + k)).join('');
    writeFileSync(join(folder, `${String(base).padStart(16, '0')}.log`), segment);
    base += segment.length;
  }
  const first = async (sinceMs: number) => messages(await text(log, { sinceMs }))[0]?.split(' ')[1];
  for (let i = 0; i < 300; i += 1) {
    const time = start + Math.floor(i / 3) * 10;
    t.equal(await first(time), String(Math.floor(i / 3) * 3), 'exactly at it');
  }
  t.equal(await first(start + 1), '3', 'between two');
  t.equal(await first(1), '0', 'before all');
  t.equal(await first(start + 100_000), undefined, 'after all');
  t.equal(messages(await text(log, { sinceMs: start + 1, lines: 2 })).length, 2, 'together with lines');
});

t.test('a follower gets new entries, until it is aborted', async (t) => {
  const { log } = open(t, { segmentBytes: 500 });
  log.appendLines('stderr', 'info', numbered(0, 3));
  const abort = new AbortController();
  let seen = '';
  for await (const part of log.read({ follow: true, lines: 1, signal: abort.signal })) {
    seen += Buffer.from(part).toString();
    const count = messages(seen).length;
    if (count < 20) log.append({ level: 'info', source: 'stderr', message: `entry ${count + 2}` });
    else abort.abort();
  }
  t.same(messages(seen), numbered(2, 22));
});

t.test('the oldest segments are deleted, and an overtaken reader learns of it', async (t) => {
  const { log, folder } = open(t, { segmentBytes: 1000, totalBytes: 5000 });
  log.appendLines('stderr', 'info', numbered(0, 5));
  await log.flushed();
  const reader = log.read({ follow: true })[Symbol.asyncIterator]();
  const first = Buffer.from((await reader.next()).value ?? []).toString();
  log.appendLines('stderr', 'info', numbered(5, 500));
  await log.flushed();
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  t.ok(size <= 5000, `${size} bytes are left`);
  let rest = '';
  while (!rest.includes('entry 499"')) rest += Buffer.from((await reader.next()).value ?? []).toString();
  await reader.return?.();
  const seen = messages(first + rest);
  const gap = seen.findIndex((message) => message.endsWith('were deleted before they were read'));
  t.match(rest, /"level":"warning","source":"agent","message":"\d+ bytes of this log were deleted/);
  const skipped = Number(/(\d+) bytes of this log/.exec(rest)?.[1]);
  t.equal(
    Buffer.byteLength(first + rest) -
      Buffer.byteLength(rest.split('\n').find((line) => line.includes('were deleted')) ?? '') -
      1 +
      skipped,
    log.end,
    'every byte was read or told',
  );
  t.same(seen.slice(0, gap), numbered(0, gap));
  t.same(seen.slice(gap + 1), numbered(500 - (seen.length - gap - 1), 500));
});

t.test('a partial line that a crash left is cut off, and times stay in order', async (t) => {
  const dataDir = tempFolder(t);
  const before = open(t, {}, dataDir);
  before.log.append({ level: 'info', source: 'stderr', message: 'whole' });
  await before.logs.close();
  const [name = ''] = readdirSync(before.folder);
  const future = '{"timestamp":"2999-01-01T00:00:00.000Z","level":"info","source":"stderr","message":"future"}\n';
  appendFileSync(join(before.folder, name), `${future}{"timestamp":"2999-01-01T0`);
  const { log } = open(t, {}, dataDir);
  await log.flushed();
  log.append({ level: 'info', source: 'stderr', message: 'next' });
  const entries = await text(log);
  t.same(messages(entries), ['whole', 'future', 'next']);
  t.match(entries, /2999-01-01T00:00:00.000Z.*"next"/);
});

t.test('deleting a log ends its followers and removes its files', async (t) => {
  const { log, logs, folder } = open(t);
  log.append({ level: 'info', source: 'stderr', message: 'one' });
  const reader = log.read({ follow: true })[Symbol.asyncIterator]();
  await reader.next();
  const last = reader.next();
  await logs.delete('s1');
  t.equal((await last).done, true);
  t.throws(() => readdirSync(folder), { code: 'ENOENT' });
  logs.open('s1').append({ level: 'info', source: 'stderr', message: 'anew' });
  t.same(messages(await text(logs.open('s1'))), ['anew']);
});

t.test('a writer that is faster than the disk has to wait, and loses no entry then', async (t) => {
  const { log } = open(t);
  const line = 'x'.repeat(10_000);
  let waited = 0;
  for (let i = 0; i < 1000; i++) {
    if (log.append({ level: 'info', source: 'stderr', message: line })) continue;
    waited++;
    await log.drained();
  }
  t.ok(waited > 0);
  t.equal(messages(await text(log)).length, 1000);
});

t.test('a writer that does not wait loses entries, and the log says how many', async (t) => {
  const { log } = open(t);
  for (let i = 0; i < 2000; i++) log.append({ level: 'info', source: 'mcp', message: 'x'.repeat(10_000) });
  await log.flushed();
  log.append({ level: 'info', source: 'mcp', message: 'last' });
  const seen = messages(await text(log));
  const dropped = 2001 - (seen.length - 1);
  t.same(seen.slice(-2), [`${dropped} entries were dropped: the disk was full, or too slow`, 'last']);
});

t.test('a long log read slowly needs little memory and loses nothing', async (t) => {
  const { log } = open(t, { totalBytes: 1024 ** 3 });
  const line = 'y'.repeat(4000);
  // 80 MB at night. A tenth of that would not show in the memory of the process.
  const entries = scaled(20_000);
  for (let i = 0; i < entries; i++) {
    if (!log.append({ level: 'info', source: 'stderr', message: `${i} ${line}` })) await log.drained();
  }
  await log.flushed();
  const written = createHash('sha256');
  const { readFileSync } = await import('node:fs');
  for (const { path } of log.segments) written.update(readFileSync(path));
  global.gc?.();
  const before = process.memoryUsage().rss;
  const read = createHash('sha256');
  let peak = 0;
  let chunks = 0;
  for await (const part of log.read()) {
    if (part.length > 65_536) t.fail('a chunk is too long');
    read.update(part);
    if (++chunks % 100 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
  }
  t.equal(read.digest('hex'), written.digest('hex'));
  if (nightly) t.ok(peak < 64 * 1024 * 1024, `${Math.round(peak / 1024 / 1024)} MiB more at its peak`);
});

t.test('a server that floods its log: the log stays within its rate, and reports dropped entries', async (t) => {
  const begun = performance.now();
  const { log, folder } = open(t, { bytesPerSecond: 100_000, burstBytes: 1_000_000 });
  const line = 'ü'.repeat(500);
  const flood = 100_000;
  let waited = 0;
  for (let i = 0; i < flood; i++) if (!log.append({ level: 'info', source: 'stderr', message: line })) waited++;
  const seconds = (performance.now() - begun) / 1000;
  await log.flushed();
  const kept = messages(await text(log)).filter((message) => message === line).length;
  const most = 1000 + 100 * seconds;
  t.ok(kept >= 900 && kept < most, `the burst and what the rate allowed meanwhile (${kept})`);
  t.equal(waited, 0, 'the writer is not held up');
  let said: string[] = [];
  // Where the flood took longer than the log waits, it was said before this looks.
  await wait('the log says that lines were dropped', async () => {
    said = messages(await text(log)).filter((message) => message.includes('were dropped'));
    return said.length > 0;
  });
  const [, bytes, entries] =
    /^(\d+) bytes \((\d+) entries\) were dropped: more than 100000 bytes a second/.exec(said[0] ?? '') ?? [];
  t.equal(Number(entries), flood - kept, 'every entry that is not there is counted');
  t.equal(Number(bytes), (flood - kept) * Buffer.byteLength(line));
  const onDisk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  t.ok(onDisk < 1_100_000 + 110_000 * seconds, `${onDisk} bytes on the disk`);
});

t.test('old entries are deleted, in whole segments', async (t) => {
  const { log, folder } = open(t, { segmentBytes: 1000, maxAgeMs: 60_000 });
  log.appendLines('stderr', 'info', numbered(0, 100));
  await log.close();
  const before = readdirSync(folder).length;
  await log.prune();
  t.equal(readdirSync(folder).length, before);
  await log.prune(Date.now() + 61_000);
  t.same(readdirSync(folder), []);
  log.append({ level: 'info', source: 'stderr', message: 'anew' });
  t.same(messages(await text(log)), ['anew']);
});
