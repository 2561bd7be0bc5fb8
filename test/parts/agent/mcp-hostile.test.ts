import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { firstText, fixture, type Harness, harness, never } from './harness.js';

/** A hostile server `bad` and a well-behaved one, `good`. */
async function pair(t: Test, name: string, env: Record<string, string> = {}, limits = {}) {
  const h = harness(t, { backoffFirstMs: 60_000, ...limits });
  h.servers.put(fixture(name, env, { id: 'bad' }));
  h.servers.put(fixture('answers', {}, { id: 'good' }));
  await Promise.all([h.servers.connect('bad', never), h.servers.connect('good', never)]);
  const call = async (id: string, tool: string) => {
    const { json } = await h.servers.callTool(id, tool, Buffer.from('{}'), { signal: never });
    return Buffer.from(json).toString();
  };
  return { ...h, call };
}

/** Calls the good server again and again, at least once; a call that waited for the bad server would never end. */
async function callGood(call: (id: string, tool: string) => Promise<string>, over: () => boolean): Promise<void> {
  do {
    if (!firstText(await call('good', 'args')).includes('"pid"')) throw new Error('a wrong answer');
    await new Promise((resolve) => setImmediate(resolve));
  } while (!over());
}

/** True from so many milliseconds on. */
function after(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() >= end;
}

const stateOf = (h: Pick<Harness, 'servers'>, id: string) =>
  h.servers.reports().find(({ serverId }) => serverId === id)?.state;

for (const tool of ['notify', 'log', 'strays', 'ask', 'garbage']) {
  t.test(`a flood (${tool}) is read slowly: it costs little, and others are served as ever`, async (t) => {
    const h = await pair(t, 'floods');
    t.equal(firstText(await h.call('bad', tool)), 'from now on');
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage().rss;
    await callGood(h.call, after(1500));
    t.ok(process.memoryUsage().rss - memory < 100 * 1024 * 1024, 'memory is bounded');
    t.equal(stateOf(h, 'bad'), ServerState.CONNECTED);
    const { user, system } = process.cpuUsage(cpu);
    t.comment(`CPU: ${Math.round((user + system) / 1000)} ms`);
    const log = await h.logText('bad');
    t.ok(log.length < 1024 * 1024, `log: ${log.length} bytes`);
  });
}

t.test('a line of 1 GB is not kept: its connection ends, and others are served meanwhile', async (t) => {
  const h = await pair(t, 'floods', { LINE_BYTES: String(1024 ** 3) });
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 20);
  const failed = t.rejects(h.call('bad', 'line'), { kind: 'disconnected', message: /a message of 10737\d{5} bytes/ });
  let ended = false;
  void failed.then(() => {
    ended = true;
  });
  await callGood(h.call, () => ended);
  await failed;
  clearInterval(watch);
  t.ok(most < 300 * 1024 * 1024, `at most ${Math.round(most / 1024 / 1024)} MiB more`);
  t.equal(firstText(await h.call('good', 'as-string')), 'string id');
});

t.test('a server that ends in the middle of a line: the call fails at once with the exit code', async (t) => {
  const h = await pair(t, 'answers');
  await t.rejects(h.call('bad', 'half-line'), { kind: 'disconnected', message: /exited with code 4/ });
  t.equal(firstText(await h.call('good', 'as-string')), 'string id');
});

t.test('repeated and foreign answers: each call gets one answer, and other calls are not affected', async (t) => {
  const h = await pair(t, 'answers');
  const good = Promise.all(Array.from({ length: 20 }, () => h.call('good', 'as-string')));
  t.equal(firstText(await h.call('bad', 'twice')), 'first');
  t.equal(firstText(await h.call('bad', 'foreign')), 'mine');
  t.equal(firstText(await h.call('bad', 'as-string')), 'string id', 'the second answer belongs to no call');
  t.same(new Set((await good).map(firstText)), new Set(['string id']));
});

t.test(
  'a server that never answers: its calls wait until they are cancelled; calls of other servers do not wait',
  async (t) => {
    const h = await pair(t, 'answers');
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const stuck = Array.from({ length: 50 }, () => h.servers.callTool('bad', 'never', Buffer.from('{}'), options));
    await callGood(h.call, after(200));
    abort.abort();
    const outcomes = await Promise.allSettled(stuck);
    t.ok(outcomes.every((one) => one.status === 'rejected' && one.reason.kind === 'cancelled'));
  },
);
