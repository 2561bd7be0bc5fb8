import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { connected, firstText, fixture, harness, isConnected, isError, never, runs, tempFolder } from './harness.js';

t.test('connecting and disconnecting are reported, and leave no process', async (t) => {
  const { servers, reports } = harness(t);
  servers.put(fixture('paged'));
  const up = await servers.connect('s1', never);
  t.match(up, { state: ServerState.CONNECTED, revision: 1n, attempt: 0, error: '' });
  t.ok(runs(up.pid));
  t.ok(up.initializeResult.length > 0);
  const down = await servers.disconnect('s1');
  t.match(down, { state: ServerState.DISCONNECTED, pid: 0 });
  t.notOk(runs(up.pid));
  t.same(
    reports.map(({ state }) => ServerState[state]),
    ['DISCONNECTED', 'CONNECTING', 'CONNECTED', 'DISCONNECTED'],
  );
});

t.test('the tool list is followed to its last page, entries as they were sent', async (t) => {
  const { connectReport } = await connected(t, 'paged');
  const tools = connectReport.tools?.tools ?? [];
  t.same(
    tools.map(({ name }) => name),
    ['grow', 'b', 'c', 'd', 'e'],
  );
  t.equal(
    Buffer.from(tools[2]?.definition ?? []).toString(),
    '{"name":"c","inputSchema":{"type":"object"},"title":"first","x-number":1.5}',
  );
});

t.test('unusable entries of a tool list are left out and noted', async (t) => {
  const { connectReport, logText } = await connected(t, 'paged', { PAGED: 'odd' });
  t.same(
    connectReport.tools?.tools.map(({ name }) => name),
    ['grow', 'b', 'c', 'd', 'e'],
  );
  const log = await logText('s1');
  t.equal(log.match(/without a usable name/g)?.length, 4);
  t.match(log, /listed more than once/);
  t.match(log, /the tool .{0,2}n{200}.{0,2}… was left out: its name has more than 1024 characters/);
  t.match(log, /the tool .{0,2}titled.{0,2} was left out: its title has more than 4096 characters/);
});

t.test('of a tool list that is too long the first tools count, and the log says so', async (t) => {
  const { connectReport, logText } = await connected(t, 'paged', {}, { tools: 2 });
  t.equal(connectReport.tools?.tools.length, 2);
  t.match(await logText('s1'), /the tool list has more than 2 tools; the first 2 count/);
});

t.test('a cursor that comes again fails the connection', async (t) => {
  const { servers } = harness(t);
  servers.put(fixture('paged', { PAGED: 'repeat' }));
  await t.rejects(servers.connect('s1', never), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /its cursor came twice/,
  });
});

t.test('a changed tool list is read again and reported', async (t) => {
  const { call, report } = await connected(t, 'paged');
  const names = async (count: number) =>
    (await report(({ tools }) => tools?.tools.length === count)).tools?.tools.map(({ name }) => name);
  await call('grow');
  t.same(await names(6), ['grow', 'b', 'c', 'd', 'e', 'added-5']);
  await Promise.all([call('grow'), call('grow'), call('grow')]);
  t.equal((await names(9))?.at(-1), 'added-8', 'announcements in a row end with the latest list');
});

t.test('simultaneous requests never start two processes', async (t) => {
  const { servers, reports } = harness(t);
  servers.put(fixture('paged'));
  const all: Promise<unknown>[] = [];
  for (let i = 0; i < 5; i++) {
    all.push(servers.connect('s1', never), servers.disconnect('s1'), servers.connect('s1', never));
    servers.put(fixture('paged', { TRY: String(i) }, { revision: BigInt(i + 2), connected: true }));
  }
  await Promise.allSettled(all);
  const { pid, state, revision } = await servers.connect('s1', never);
  t.match({ state, revision }, { state: ServerState.CONNECTED, revision: 6n });
  const pids = new Set(reports.map((report) => report.pid).filter((one) => one !== 0));
  t.same([...pids].filter(runs), [pid], 'one process is left');
});

t.test('a changed specification reconnects, an unchanged one does not', async (t) => {
  const { servers, connectReport } = await connected(t, 'answers', { A: '1' });
  servers.put(fixture('answers', { A: '1' }, { name: 'renamed', revision: 2n, connected: true }));
  t.match(servers.reports()[0], { pid: connectReport.pid, revision: 2n, state: ServerState.CONNECTED });
  servers.put(fixture('answers', { A: '2' }, { revision: 3n, connected: true }));
  await t.rejects(servers.callTool('s1', 'env', Buffer.from('{}'), { signal: never }), {
    name: 'AgentFailure',
    kind: 'disconnected',
  });
  const again = await servers.connect('s1', never);
  t.not(again.pid, connectReport.pid);
  t.notOk(runs(connectReport.pid));
});

t.test('the desired state: missing servers start, surplus servers stop, the others go on', async (t) => {
  const { servers, report, logs, dataDir } = harness(t);
  const one = fixture('paged', {}, { id: 'one', connected: true });
  const two = fixture('paged', {}, { id: 'two', connected: true });
  const three = fixture('paged', {}, { id: 'three', connected: true });
  servers.setDesired([one, two]);
  const first = await report((r) => r.serverId === 'one' && isConnected(r));
  const second = await report((r) => r.serverId === 'two' && isConnected(r));
  servers.setDesired([one, three]);
  await report((r) => r.serverId === 'three' && isConnected(r));
  t.equal((await servers.connect('one', never)).pid, first.pid, 'same process');
  t.same(
    servers.reports().map(({ serverId }) => serverId),
    ['one', 'three'],
  );
  servers.setDesired([]);
  await servers.close();
  t.notOk([first.pid, second.pid].some(runs));
  await logs.close();
  t.notOk(existsSync(join(dataDir, 'logs', 'two')), 'log deleted');
  t.notOk(existsSync(join(dataDir, 'servers', 'two')), 'folder deleted');
});

t.test('a removed server can be put again while it is ending', async (t) => {
  const { servers, connectReport } = await connected(t, 'paged');
  const removed = servers.remove('s1');
  t.same(servers.reports(), []);
  servers.put(fixture('paged', {}, { connected: true }));
  const again = await servers.connect('s1', never);
  await removed;
  t.not(again.pid, connectReport.pid);
  t.notOk(runs(connectReport.pid));
  t.equal(servers.reports().length, 1);
});

t.test('a failed connect keeps trying, with longer pauses', async (t) => {
  const { servers, report } = harness(t, { backoffFirstMs: 1, backoffMaxMs: 4 });
  servers.put(fixture('exits'));
  await t.rejects(servers.connect('s1', never));
  t.ok(await report(({ attempt, state }) => attempt === 3 && state === ServerState.ERROR));
  t.match(await servers.disconnect('s1'), {
    state: ServerState.DISCONNECTED,
    attempt: 0,
    nextAttemptMs: 0n,
    error: '',
  });
});

t.test('connect: a caller that cancels does not end the attempt; a disconnect does', async (t) => {
  const { servers, report } = harness(t);
  servers.put(fixture('paged'));
  const abort = new AbortController();
  const waiting = servers.connect('s1', abort.signal);
  abort.abort();
  await t.rejects(waiting, { name: 'AgentFailure', kind: 'cancelled' });
  await report(isConnected);
  servers.put(fixture('silent', {}, { revision: 2n, connected: true }));
  const stuck = servers.connect('s1', never);
  const down = servers.disconnect('s1');
  await t.rejects(stuck, { name: 'AgentFailure', kind: 'cancelled', message: /disconnected meanwhile/ });
  t.match(await down, { state: ServerState.DISCONNECTED });
});

t.test('a server that ignores all requests to end is killed with its child', async (t) => {
  const file = join(tempFolder(t), 'pids.json');
  const { servers } = await connected(t, 'stubborn', { PIDS_FILE: file });
  const pids = JSON.parse(await readFile(file, 'utf8')) as number[];
  t.same(pids.map(runs), [true, true]);
  await servers.disconnect('s1');
  t.same(pids.map(runs), [false, false]);
});

t.test('a child that outlives its crashed server is ended before the next start', async (t) => {
  const file = join(tempFolder(t), 'pids.json');
  const { servers, call, report } = await connected(t, 'stubborn', { PIDS_FILE: file }, { backoffFirstMs: 1 });
  const [, child = 0] = JSON.parse(await readFile(file, 'utf8')) as number[];
  await call('exit');
  await report(isError);
  await servers.connect('s1', never);
  t.notOk(runs(child));
});

t.test("a server sees its own variables and a safe base, not the agent's", async (t) => {
  process.env.ROUNDHOUSE_TEST_SECRET = 'x';
  t.teardown(() => delete process.env.ROUNDHOUSE_TEST_SECRET);
  const { call, dataDir } = await connected(t, 'answers', { MINE: 'yes' });
  const env = JSON.parse(firstText(await call('env'))) as Record<string, string>;
  t.equal(env.MINE, 'yes');
  t.equal(env.PATH, process.env.PATH);
  t.same(
    Object.keys(env).filter((name) => /^(ROUNDHOUSE|npm_|TAP)/.test(name)),
    ['ROUNDHOUSE_SERVER'],
  );
  t.equal(JSON.parse(firstText(await call('args'))).cwd, join(dataDir, 'servers', 's1'));
});
