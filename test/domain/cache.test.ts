import t from 'tap';
import { startDomain } from '../kit/domain.js';
import { gate, readOnly, serverFailure, ToolError, writing } from '../kit/scripted-site.js';

/** A server that counts its calls: two of its tools are read-only. */
const tools = () => ({ read: readOnly(), look: readOnly(), write: writing() });
/** The answers of these two are cached. */
const cache = { tools: { read: { ttlSeconds: 600 }, look: { ttlSeconds: 600 } } };

t.test('calls of a cached tool are answered from the cache', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('counts', tools(), { cache });
  t.match(await hub.call('read', { a: 1, b: { c: 2, d: 3 } }), { answer: 1, cached: false });
  t.match(
    await hub.call('read', { b: { d: 3, c: 2 }, a: 1 }),
    { answer: 1, cached: true },
    'the order of keys is no matter',
  );
  t.match(await hub.call('read', { a: 2 }), { answer: 2, cached: false }, 'other arguments');
  t.match(await hub.call('look', { a: 2 }), { answer: 3, cached: false }, 'another tool');
  const oldest = hub.clock.now;
  t.match(hub.domain.cache.stats(), { enabled: true, entries: 3, hits: 1, misses: 3, hitRate: 0.25, oldest });
  await hub.call('look', { a: 2 });
  t.match(hub.domain.cache.stats(), { hits: 2, misses: 3, hitRate: 0.4 }, 'the next look-up counts, too');
});

t.test('a cached answer is audited as a cached answer', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('counts', tools(), { cache });
  for (const cached of [undefined, true]) {
    await hub.call('read', { a: 2 });
    const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 1, 0);
    t.match(entries[0]?.details, { arguments: { a: 2 } });
    t.equal(entries[0]?.details.cached, cached);
  }
});

t.test('callers with other grants do not share answers', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('counts', tools(), { cache });
  const [narrow, alike] = [await hub.caller('user', { servers: [id] }), await hub.caller('user', { servers: [id] })];
  t.match(await hub.call('read'), { answer: 1, cached: false });
  t.match(await hub.call('read', {}, { as: narrow }), { answer: 2, cached: false });
  t.match(await hub.call('read', {}, { as: alike }), { answer: 2, cached: true });
});

t.test('a tool that may change something clears the entries of its server, also where it fails', async (t) => {
  const hub = await startDomain(t);
  const { server } = await hub.connect('counts', tools(), { cache });
  server.tools = {
    ...server.tools,
    write: writing(() => {
      throw new ToolError('not today');
    }),
  };
  await hub.call('read');
  await hub.call('look');
  t.match(await hub.call('write'), { isError: true });
  t.equal(hub.domain.cache.stats().entries, 0);
  t.match(await hub.call('read'), { cached: false });
  t.match(await hub.call('read'), { cached: true });
});

t.test('the entries of another server stay', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('counts', tools(), { cache });
  await hub.connect('other', tools(), { cache });
  await hub.call('read', {}, { server: 'other' });
  await hub.call('write', {}, { server: 'counts' });
  t.match(await hub.call('read', {}, { server: 'other' }), { cached: true });
});

t.test('an error is never kept', async (t) => {
  const hub = await startDomain(t);
  let error: Error | undefined = new ToolError('not today');
  const look = readOnly(() => {
    if (error) throw error;
    return 'well';
  });
  await hub.connect('fails', { look }, { cache });
  t.match(await hub.call('look'), { isError: true, cached: false });
  t.match(await hub.call('look'), { isError: true, cached: false }, "the tool's own error");
  error = serverFailure();
  await t.rejects(hub.call('look'), { code: 'upstream_failed' });
  error = undefined;
  t.match(await hub.call('look'), { answer: 'well', cached: false }, "the server's error");
  t.equal(hub.domain.cache.stats().entries, 1);
});

t.test('a read-only tool that is not cached is called each time, and leaves the entries alone', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('counts', tools(), { cache: { tools: { read: { ttlSeconds: 60 } } } });
  await hub.call('read');
  t.match(await hub.call('look'), { answer: 2, cached: false });
  t.match(await hub.call('look'), { answer: 3, cached: false });
  t.match(await hub.call('read'), { answer: 1, cached: true });
});

t.test('other tools, a new connection and a changed registration clear the entries of a server', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('counts', tools(), { cache });
  const { lifecycle } = hub.domain;
  const clears: Record<string, () => unknown> = {
    'other tools': () => hub.report(id, { tools: hub.fleet.toolsOf(id) }),
    'a new process': () => hub.report(id, { pid: 1 }),
    'a lost connection': () => hub.report(id, { state: 'error', error: 'it died', pid: 1 }),
    'a changed registration': () => lifecycle.update(hub.admin, id, { description: 'another' }),
  };
  for (const [what, clear] of Object.entries(clears)) {
    await lifecycle.connect(hub.admin, id);
    await hub.call('read');
    t.match(await hub.call('read'), { cached: true });
    await clear();
    t.equal(hub.domain.cache.stats().entries, 0, what);
  }
  await lifecycle.connect(hub.admin, id);
  await hub.call('read');
  await lifecycle.disconnect(hub.admin, id);
  await lifecycle.connect(hub.admin, id);
  t.match(await hub.call('read'), { answer: 1, cached: false }, 'connected again by hand');
});

t.test('a report that changes nothing leaves the entries alone', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('counts', tools(), { cache });
  await hub.call('read');
  hub.report(id, { pings: [{ timeMs: hub.clock.now, passed: true, durationMs: 1 }] });
  t.match(await hub.call('read'), { cached: true });
});

t.test('an entry ends with its time', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('counts', tools(), { cache: { tools: { read: { ttlSeconds: 8 }, look: { ttlSeconds: 9 } } } });
  await hub.call('read');
  await hub.call('look');
  await hub.clock.move(8000);
  t.match(await hub.call('read'), { answer: 1, cached: true }, 'to the last millisecond');
  await hub.clock.move(1);
  t.equal(hub.domain.cache.stats().entries, 1, 'the other has a second more');
  t.match(await hub.call('read'), { answer: 3, cached: false });
});

t.test('a caller clears by pattern, by server, and everything', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('one', tools(), { cache });
  const { id: other } = await hub.connect('other', tools(), { cache });
  const fill = async () => {
    for (const server of ['one', 'other']) for (const tool of ['read', 'look']) await hub.call(tool, {}, { server });
  };
  const clear = (filter: { pattern?: string; serverId?: string }, as = hub.admin) =>
    hub.domain.cacheControl.clear(as, filter);
  await fill();
  t.equal(clear({ pattern: 're*d' }), 2);
  t.equal(clear({ pattern: 're*d' }), 0);
  t.equal(hub.domain.cache.stats().entries, 2);
  await fill();
  t.equal(clear({ serverId: id, pattern: 'l??k' }), 1);
  t.equal(clear({ serverId: 'one' }), 1);
  t.equal(clear({ pattern: 'READ' }), 0, 'case counts');
  const narrow = await hub.caller('operator', { servers: [id] });
  t.equal(clear({}, narrow), 0, 'the grants do not cover the other server');
  t.throws(() => clear({ serverId: other }, narrow), { code: 'not_found' });
  t.equal(clear({}), 2);
  t.match(hub.domain.cache.stats(), { entries: 0, oldest: null });
  t.throws(() => clear({ serverId: 'unknown' }), { code: 'not_found' });
});

t.test('calls that are under way together both ask the server, and keep one answer', async (t) => {
  const hub = await startDomain(t);
  const second = gate();
  const read = readOnly(async ({ calls }) => {
    if (calls === 2) second.open();
    await second.opened;
    return calls;
  });
  await hub.connect('pairs', { read }, { cache });
  const both = await Promise.all([hub.call('read'), hub.call('read')]);
  t.match(both, [{ cached: false }, { cached: false }]);
  t.match(await hub.call('read'), { cached: true });
  t.equal(hub.domain.cache.stats().entries, 1);
});

t.test('the answer of a call that began before a change is not kept', async (t) => {
  const hub = await startDomain(t);
  const { server } = await hub.connect('counts', tools(), { cache });
  const [asked, answered] = [gate(), gate()];
  const slow = readOnly(async () => {
    asked.open();
    await answered.opened;
    return 'as it was';
  });
  server.tools = { ...server.tools, read: slow };
  const early = hub.call('read');
  await asked.opened;
  await hub.call('write');
  answered.open();
  t.match(await early, { answer: 'as it was', cached: false });
  t.equal(hub.domain.cache.stats().entries, 0);
});

t.test('the cache is bounded, and the least recently used entry goes first', async (t) => {
  const hub = await startDomain(t, { settings: { cache: { maxBytes: 8192, maxEntries: 10_000 } } });
  await hub.connect('counts', tools(), { cache });
  for (let i = 0; i < 50; i += 1) {
    await hub.call('read', { i });
    t.match(await hub.call('read', { i: 0 }), { answer: 1, cached: true }, 'this one is asked for again and again');
  }
  const { entries, bytes } = hub.domain.cache.stats();
  t.ok(entries > 5 && entries < 50, `${entries} entries`);
  t.ok(bytes > 4096 && bytes <= 8192, `${bytes} bytes`);
  t.match(await hub.call('read', { i: 49 }), { cached: true });
  t.match(await hub.call('read', { i: 1 }), { cached: false });
});

t.test('a hub without a cache calls the server each time', async (t) => {
  const hub = await startDomain(t, { settings: { cache: { maxBytes: 0, maxEntries: 10 } } });
  await hub.connect('counts', tools(), { cache });
  await hub.call('read');
  t.match(await hub.call('read'), { answer: 2, cached: false });
  t.match(hub.domain.cache.stats(), { enabled: false, entries: 0, hitRate: 0 });
});
