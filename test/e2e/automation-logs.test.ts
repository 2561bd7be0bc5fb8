import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readDocument } from '../kit/documents.js';
import { wait } from '../kit/wait.js';
import { fixture, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const { endpoints } = readDocument('automation-logs-alerts');
const transport = { type: 'stdio', command: process.execPath, args: [fixture('noisy')] };

interface Entry {
  readonly timestamp: string;
  readonly level: string;
  readonly server: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

t.test('the logs of servers, agents and hub as one', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await startAgent(t, hub, 'far');
  await hub.connectServer({ name: 'near', transport, site: 'local' });
  await hub.connectServer({ name: 'away', transport, site: 'far' });
  const say = (server: string, text: string) =>
    hub.call('POST', '/api/tools/say/invoke', { serverId: server, arguments: { text } });
  for (const server of ['near', 'away', 'near']) {
    const { status, body } = await say(server, `Wörd of ${server}`);
    t.equal(status, 200, JSON.stringify(body));
  }
  const logs = async (query: string, key?: string) => {
    const { status, body } = await hub.call('GET', `/api/v1/logs?${query}`, undefined, key);
    t.equal(status, 200, JSON.stringify(body.error));
    return body;
  };

  const all = await logs('limit=1000');
  sameShape(t, all, endpoints['GET /api/v1/logs'].answer);
  const entries: Entry[] = all.data.logs;
  t.equal(all.data.total, entries.length);
  t.equal(all.data.returned, entries.length);
  t.match(all.data, { total_is_exact: true, unanswered: { length: 0 } });
  const times = entries.map(({ timestamp }) => timestamp);
  t.same(times, times.toSorted().reverse(), 'newest first');
  const writers = new Set(entries.map(({ server }) => server));
  for (const writer of ['near', 'away', 'hub']) t.ok(writers.has(writer), `${writer} is there`);
  t.ok([...writers].some((writer) => writer.startsWith('agent/')));
  t.ok(entries.some(({ server, message }) => server === 'hub' && message === 'hub is ready'));

  const found = (await logs('query=w%C3%96RD+of')).data;
  t.match(found.logs[0], { level: 'INFO', server: 'near', message: 'Wörd of near', metadata: { source: 'stderr' } });
  t.match(found, { total: 3, returned: 3 });
  t.match((await logs('query=w%C3%B6rd&limit=1')).data, { total: 3, returned: 1, logs: [{ server: 'near' }] });
  t.match((await logs('query=word+of&server=AWAY')).data, { total: 0 });
  t.match((await logs('query=rd+of&server=AWAY')).data, { total: 1, logs: [{ server: 'away' }] });
  const own = (await logs('server=hub&level=info')).data.logs as Entry[];
  t.ok(own.length > 0 && own.every(({ server, level }) => server === 'hub' && level === 'INFO'));
  const at = encodeURIComponent(found.logs[1].timestamp);
  t.match((await logs(`query=rd+of&since=${at}`)).data, { total: 2 });
  t.ok((await logs(`query=rd+of&until=${at}`)).data.total >= 2);
  t.match((await logs('since=2100-01-01')).data, { total: 0, logs: { length: 0 } });

  const near = (await hub.call('GET', '/api/servers')).body.data.find(({ name }: { name: string }) => name === 'near');
  const narrow = await hub.key('operator', { name: 'narrow', grants: { servers: [near.id] } });
  const seen = new Set(((await logs('limit=1000', narrow)).data.logs as Entry[]).map(({ server }) => server));
  t.same([...seen], ['near'], 'grants narrow it');
  t.equal((await hub.call('GET', '/api/v1/logs?server=away', undefined, narrow)).status, 404);
  t.equal((await hub.call('GET', '/api/v1/logs?server=hub', undefined, narrow)).status, 403);

  const bad = [
    'level=loud',
    'since=yesterday',
    'until=2025-02-30',
    'limit=0',
    'limit=1001',
    `query=${'x'.repeat(257)}`,
  ];
  for (const query of bad) {
    const { status, body } = await hub.call('GET', `/api/v1/logs?${query}`);
    t.equal(status, 422, query);
    t.equal(body.error.details.field, query.split('=')[0]);
  }
  t.equal((await hub.call('GET', '/api/v1/logs?server=nobody')).status, 404);
});

t.test('a lost agent is named, and the hub’s own log outlives a restart', async (t) => {
  const first = await startHub(t);
  const agent = await startAgent(t, first);
  await first.connectServer({ name: 'near', transport });
  await agent.stop();
  const { body } = await first.call('GET', '/api/v1/logs?limit=1000');
  t.match(body.data.unanswered, [{ site: 'local', agent: String, reason: String }]);
  t.notOk(body.data.logs.some(({ server }: Entry) => server === 'near'));
  const own = await first.call('GET', '/api/v1/logs?server=hub');
  t.same(own.body.data.unanswered, [], 'no other agent was asked');
  await first.stop();
  const second = await startHub(t, { data: first.data });
  const ready = await second.call('GET', '/api/v1/logs?server=hub&query=hub+is+ready');
  t.equal(ready.body.data.total, 2);
});

t.test('a server that floods its log fills no disk and delays no caller, and its log says so', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const id = await hub.connectServer({ name: 'noisy', transport });
  const MIB = 1024 * 1024;
  /** Calls a tool of the server, which answers with how many bytes it has written. */
  const written = async (tool: string, args = {}) => {
    const body = { arguments: args, timeoutMs: 150_000 };
    const answer = await hub.call('POST', `/api/tools/${tool}/invoke`, body);
    t.equal(answer.status, 200, JSON.stringify(answer.body));
    return Number(answer.body.data.content[0].text);
  };
  const started = performance.now();
  const flooding = written('flood', { bytes: 64 * MIB });
  await wait('the server has written to its log', async () => (await written('quick')) > 0);
  // The flood ends when the test calls `calm`: the server answers all these calls while it goes on.
  for (let i = 0; i < 20; i += 1) await written('quick');
  await written('calm');
  const all = await flooding;
  const folder = join(agent.data, 'logs', id);
  let kept = 0;
  for (const name of await readdir(folder)) kept += (await stat(join(folder, name))).size;
  const seconds = (performance.now() - started) / 1000;
  t.ok(all >= 64 * MIB, `${Math.round(all / MIB)} MiB were written`);
  // The bytes that may be written at once, and the bytes for each second, with room for the fields around the messages.
  const most = (20 + 1.25 * seconds) * MIB;
  t.ok(kept < Math.min(most, all), `${Math.round(kept / MIB)} MiB are kept after ${Math.round(seconds)} s`);
  let said: Entry | undefined;
  await wait('the log says that lines were dropped', async () => {
    const { body } = await hub.call('GET', '/api/v1/logs?server=noisy&level=warning&query=were+dropped');
    said = body.data.logs[0];
    return said !== undefined;
  });
  t.match(said, { level: 'WARNING', message: /^\d+ bytes \(\d+ entries\) were dropped/ });
});
