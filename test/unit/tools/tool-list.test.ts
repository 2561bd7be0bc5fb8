import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { ToolList, type ToolQuery } from '../../../hub/domain/tools/tool-list.js';
import type { ToolUsage } from '../../../hub/domain/tools/usage.js';
import { othersDuring } from '../../kit/turns.js';

const admin: Caller = {
  ...{ kind: 'user', id: 'ada', name: 'ada', userId: 'ada', role: 'admin', api: null, tier: null },
  grants: null,
};

/** Three servers, of which `c` is not connected. Servers `a` and `b` have the tool `echo`. */
function fleet() {
  const metadata = { category: null, tags: ['x'], version: null };
  const records = new Map(
    ['a', 'b', 'c'].map((name) => [
      name,
      { id: name, name, metadata, groupId: null, site: 's' } as never as ServerRecord,
    ]),
  );
  const registry = {
    all: () => records.values(),
    byId: (id: string) => records.get(id),
    named: (name: string) => [...records.values()].filter((record) => record.name === name),
    owners: new Set(),
    onChange() {},
  } as unknown as ServerRegistry;
  const observed = new ObservedServers();
  const report = (serverId: string, state: 'connected' | 'error', names: readonly string[]) => {
    const tools = names.map((name) => ({ name, definition: Buffer.from(JSON.stringify({ name, inputSchema: {} })) }));
    const rest = { pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0, error: '', revision: 1 };
    return observed.report('agent', { serverId, state, tools, initializeResult: new Uint8Array(), ...rest });
  };
  report('b', 'connected', ['echo', 'add']);
  report('a', 'connected', ['zip', 'echo']);
  report('c', 'error', ['echo']);
  const calls = new Map([
    ['b echo', 2],
    ['a zip', 5],
    ['c echo', 9],
  ]);
  const usage = {
    version: 0,
    of: (server: string, tool: string) => ({ count: calls.get(`${server} ${tool}`) ?? 0, lastUsedAt: 0 }),
    servers: () => ['a', 'b', 'c'],
    ofServer: (id: string) =>
      [...calls.keys()].filter((key) => key.startsWith(`${id} `)).map((key) => ({ tool: key.slice(2) })),
  } as unknown as ToolUsage;
  const list = new ToolList(new ToolCatalog(registry, observed), usage);
  const page = async (query: Partial<ToolQuery>, caller = admin) => {
    const { tools, total } = JSON.parse(await list.page(caller, { sortBy: 'name', limit: 50, offset: 0, ...query }));
    return [tools.map((tool: { serverName: string; name: string }) => `${tool.serverName}/${tool.name}`), total];
  };
  return { page, report, calls };
}

t.test(
  'the list has the tools of connected servers by name, and says how many there are beyond the page',
  async (t) => {
    const { page, report } = fleet();
    t.same(await page({}), [['b/add', 'a/echo', 'b/echo', 'a/zip'], 4]);
    t.same(await page({ limit: 2, offset: 1 }), [['a/echo', 'b/echo'], 4]);
    t.same(await page({ limit: 2, offset: 3 }), [['a/zip'], 4]);
    t.same(await page({ offset: 9 }), [[], 4]);
    t.same(await page({ limit: 1, query: 'ECHO' }), [['a/echo'], 2]);
    t.same(await page({ server: 'b' }), [['b/add', 'b/echo'], 2]);
    t.same(await page({ limit: 1 }, { ...admin, grants: { servers: ['b'] } }), [['b/add'], 2]);
    report('c', 'connected', ['echo', 'new']);
    report('b', 'error', []);
    t.same(await page({}), [['a/echo', 'c/echo', 'c/new', 'a/zip'], 4]);
    t.same(await page({ limit: 2 }), [['a/echo', 'c/echo'], 4]);
  },
);

t.test('used tools come first, and the others keep their order behind them', async (t) => {
  const { page, report } = fleet();
  t.same(await page({ sortBy: 'usage' }), [['a/zip', 'b/echo', 'b/add', 'a/echo'], 4]);
  t.same(await page({ sortBy: 'usage', server: 'b' }), [['b/echo', 'b/add'], 2]);
  t.same(await page({ sortBy: 'usage', limit: 1, offset: 1 }), [['b/echo'], 4]);
  report('c', 'connected', ['echo']);
  t.same(await page({ sortBy: 'usage', limit: 2 }), [['c/echo', 'a/zip'], 5]);
});

t.test('a list of very many used tools is sorted in turns with other work, and its order is right', async (t) => {
  const { page, report, calls } = fleet();
  const names = Array.from({ length: 1000 }, (_, i) => `tool-${i}`);
  await report('a', 'connected', names);
  report('b', 'connected', []);
  for (const [i, name] of names.entries()) calls.set(`a ${name}`, 1 + ((i * 7919) % 1000));
  for (let i = 0; i < 1000; i += 1) calls.set(`a gone-${i}`, 1);
  // Each look at the clock takes a millisecond.
  let now = performance.now();
  t.intercept(performance, 'now', { value: () => now++ });
  let rounds = 0;
  let isOver = false;
  const look = () => {
    rounds += 1;
    if (rounds === 20) report('b', 'connected', ['aaa', 'zzz']);
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  const [found, total] = await page({ sortBy: 'usage', limit: 100 });
  isOver = true;
  t.ok(rounds > 50, `${rounds} rounds of the event loop`);
  const byUse = names.toSorted((a, b) => (calls.get(`a ${b}`) ?? 0) - (calls.get(`a ${a}`) ?? 0));
  t.same(
    found,
    byUse.slice(0, 100).map((name) => `a/${name}`),
  );
  t.ok(total >= 1000);
  t.same(
    await page({ offset: 1000 }),
    [['a/tool-999', 'b/zzz'], 1002],
    'tools that came meanwhile are in the next page',
  );
});

t.test('the catalog finds the tool of a server without a look at the others', async (t) => {
  let looks = 0;
  const tools = Array.from({ length: 1000 }, (_, i) => ({
    get name() {
      looks += 1;
      return `tool-${i}`;
    },
  }));
  const server = { id: 'a', name: 'a' } as ServerRecord;
  const registry = { all: () => [server], byId: () => server, onChange() {} } as unknown as ServerRegistry;
  const observed = { get: () => ({ state: 'connected', tools }), onChange() {} } as unknown as ObservedServers;
  const catalog = new ToolCatalog(registry, observed);
  catalog.at('a', 'tool-0');
  looks = 0;
  for (let i = 0; i < 1000; i += 1) catalog.at('a', `tool-${i}`);
  for (let i = 0; i < 1000; i += 1) catalog.at('a', `gone-${i}`);
  t.equal(looks, 0);
});

/** A catalog of many servers with a tool `echo` and one of their own each. */
function manyServers(count: number) {
  const records = Array.from({ length: count }, (_, i) => ({ id: `s${i}`, name: `s${i}` }) as ServerRecord);
  const states = new Map<string, string>();
  const read = new Set<string>();
  let tell = (..._: unknown[]) => {};
  const get = (id: string) => {
    read.add(id);
    return { state: states.get(id) ?? 'connected', tools: [{ name: 'echo' }, { name: `own-${id}` }] };
  };
  const registry = { all: () => records, byId: (id: string) => records.find((one) => one.id === id), onChange() {} };
  const observed = {
    get,
    onChange: (listener: typeof tell) => {
      tell = listener;
    },
  };
  const catalog = new ToolCatalog(registry as unknown as ServerRegistry, observed as unknown as ObservedServers);
  const lose = () => {
    for (const { id } of records) {
      states.set(id, 'disconnected');
      tell(id, { state: 'disconnected' }, { state: 'connected' });
    }
    read.clear();
  };
  /** Resolves once the catalog has looked at all servers. */
  const caughtUp = async () => {
    while (read.size < count) await new Promise(setImmediate);
  };
  return { catalog, lose, caughtUp, read };
}

t.test('other work runs while the catalog takes in the tools of many servers', async (t) => {
  const { catalog, lose, caughtUp } = manyServers(200);
  await caughtUp();
  t.equal(catalog.listedCount, 400);
  const others = await othersDuring(t, async () => {
    lose();
    await caughtUp();
  });
  t.ok(others >= 50, `others went on ${others} times`);
  t.equal(catalog.listedCount, 0);
  t.same(
    Array.from(catalog.known(), ({ connected }) => connected),
    Array(400).fill(false),
  );
});

t.test(
  'a tool of a server that has changed is found as it is now, before the other servers are taken in',
  async (t) => {
    const { catalog, lose, caughtUp, read } = manyServers(30);
    const before = catalog.named('echo').map(({ server }) => server.id);
    t.equal(before.length, 30);
    await caughtUp();
    lose();
    t.equal(catalog.at('s7', 'echo')?.connected, false);
    t.equal(catalog.usableCount(admin, 's7'), 0);
    t.same([...read], ['s7'], 'the other servers wait');
    const now = catalog.named('echo');
    t.ok(now.every(({ connected }) => !connected));
    t.same(
      now.map(({ server }) => server.id),
      before,
    );
    await caughtUp();
    t.same(catalog.named('echo'), now);
  },
);
