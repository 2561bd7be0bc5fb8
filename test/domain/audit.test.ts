import t from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';

const tools = { read: readOnly() };
type Filter = Parameters<TestDomain['domain']['audit']['page']>[1];

const page = ({ domain, admin }: TestDomain, filter: Filter = {}, limit = 100, offset = 0) =>
  domain.audit.page(admin.caller, filter, limit, offset);

t.test('secrets in arguments of calls are redacted, and long ones are cut', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('demo', tools);
  await hub.call('read', {
    user: 'me',
    password: 'hunter2',
    nested: { list: [{ apiKey: 'abc', author: 'Ann' }], max_tokens: 100 },
    Authorization: 'Bearer abc',
  });
  await hub.call('read', { path: '/a', content: 'x'.repeat(100_000) });
  const { entries } = await page(hub, { action: 'tool.invoke' });
  t.match(entries[0]?.details.arguments, { path: '/a', content: /^x{256}… 99744 more characters$/ });
  t.same(entries[1]?.details.arguments, {
    user: 'me',
    password: '[REDACTED]',
    nested: { list: [{ apiKey: '[REDACTED]', author: 'Ann' }], max_tokens: 100 },
    Authorization: '[REDACTED]',
  });
});

t.test('long details and names of resources are cut', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const untagged = Array.from({ length: 100_000 }, (_, n) => `image:${n}`);
  hub.fleet.answers.set('removeImage', () => json({ untagged, deleted: [] }));
  const asked = { image: 'x'.repeat(100_000), force: false };
  t.equal((await hub.domain.docker.images.remove(hub.admin, {}, asked)).untagged.length, 100_000);
  const { entries } = await page(hub, { action: 'image.remove' });
  const [entry] = entries;
  t.match(entry, {
    resource: { id: /^x{1024} …$/ },
    details: { untagged: ['image:0', 'image:1'], site: 'local', agent: 'local' },
  });
  t.equal((entry?.details.untagged as string[] | undefined)?.at(-1), '… [cut: 100000 values]');
  t.ok(JSON.stringify(entry).length < 32 * 1024);
});

t.test('a secret of a server is redacted in the arguments of a call of its tool', async (t) => {
  const hub = await startDomain(t);
  const env = { API_TOKEN: 'a-token-of-the-server' };
  await hub.connect('demo', tools, { transport: { type: 'stdio', command: 'demo', args: [], env } });
  await hub.call('read', { text: `it is ${env.API_TOKEN}` });
  const { entries } = await page(hub);
  t.ok(entries.length > 2);
  t.notMatch(JSON.stringify(entries), env.API_TOKEN);
});

t.test('the name of an unknown tool, which is cut, shows no part of a secret', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('demo', tools, {
    transport: { type: 'stdio', command: 'x', args: [], env: { NOTE: 'the-secret-of-it' } },
  });
  await t.rejects(hub.call(`${'x'.repeat(250)}the-secret-of-it`, {}), { code: 'not_found' });
  const { entries } = await page(hub, { action: 'tool.invoke' });
  t.match(entries, [{ resource: { id: /^x{250}/ } }]);
  t.notMatch(JSON.stringify(entries), /the-se/);
});

t.test('a secret stands in no audit entry, whatever kind of record it is about', async (t) => {
  const hub = await startDomain(t);
  const { domain, admin } = hub;
  const { users, keys, groups, joinTokens, databases, network, kubernetes, jobs, alerts, alertRules } = domain;
  const secret = 'a-token-of-the-server';
  await hub.register('demo', tools, { transport: { type: 'stdio', command: 'x', args: [], env: { NOTE: secret } } });
  hub.agentComes({ operations: ['putDevice', 'checkCluster', 'runContainer', 'describeDocker'] });
  hub.fleet.answers.set('putDevice', () => ({ case: 'json', value: Buffer.from('{}') }));
  const credentials = { username: 'admin', password: 'a password of edge-1' };
  const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
  const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
  const password = 'a long password';
  await jobs.close();
  await alertRules.update(admin, [{ id: 'server_down', enabled: true }]);
  const broken = await hub.register('broken', tools);
  broken.server.failure = 'it does not start';
  await t.rejects(domain.lifecycle.connect(admin, broken.id));
  const job = {
    kind: 'cleanup',
    params: { options: 'type=nfs,o=addr=db.test,password=of,the,volume,rw=1', note: secret },
  };
  const named = `x-${secret}`;
  const changes: Record<string, () => Promise<unknown>> = {
    user: () => users.create(admin, { username: named, password, role: 'user' }),
    api_key: () => keys.create(admin, { name: named, role: 'user', tier: 'pro' }),
    agent_token: () => joinTokens.create(admin, named, 60),
    group: () => groups.create(admin, { name: named }),
    database: () => databases.create(admin, { name: named, password: 'p', ...address }),
    device: () => network.devices.create(admin, { name: named, type: 'cisco_ios', hostname: '192.0.2.1', credentials }),
    cluster: () => kubernetes.clusters.create(admin, { name: named, config }),
    server: () => hub.register(named, tools),
    job: () => jobs.submit(admin, job),
    alert: async () => {
      await domain.alertWatch.look();
      await hub.clock.move(60_000);
      await domain.alertWatch.look();
      const [alert] = alerts.list(admin.caller, 'active');
      await alerts.acknowledge(admin, alert?.id ?? '', `it is ${secret}`);
    },
  };
  for (const change of Object.values(changes)) await change();
  await hub.store.flush();
  const { entries } = await page(hub);
  const kinds = new Set(entries.map(({ resource }) => resource?.type));
  for (const kind of Object.keys(changes)) t.ok(kinds.has(kind), kind);
  for (const { action, details } of entries) t.notMatch(JSON.stringify(details), secret, action);
  const { details } = entries.find(({ action }) => action === 'cleanup') ?? {};
  t.same(details?.params, { options: 'type=nfs,o=addr=db.test,password=[REDACTED],rw=1', note: '[REDACTED]' });
});

t.test('every filter narrows the log, and totals are right', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  const user = await hub.caller('user');
  const before = (await page(hub)).total;
  for (let i = 0; i < 7; i += 1) await hub.call('read', { i }, { as: user });
  await hub.store.flush();
  await hub.clock.move(1000);
  const between = hub.clock.now;
  for (let i = 0; i < 3; i += 1) await hub.call('read', { i });
  await hub.domain.servers.update(hub.admin, id, { description: 'new' });
  const total = async (filter: Filter) => (await page(hub, filter)).total;
  const actor = user.caller.id;
  t.equal(await total({}), before + 11);
  t.equal(await total({ action: 'tool.invoke' }), 10);
  t.equal(await total({ actor }), 7);
  t.equal(await total({ actor, action: 'server.update' }), 0);
  t.equal(await total({ resource: 'tool' }), 10);
  t.equal(await total({ from: between }), 4);
  t.equal(await total({ from: between, action: 'tool.invoke' }), 3);
  t.equal(await total({ from: between, resource: 'server' }), 1);
  t.equal(await total({ to: between }), before + 7);
  t.equal(await total({ resource: 'server', resourceId: id }), 3);
  t.equal(await total({ resource: 'tool', resourceId: id }), 0);
  t.equal(await total({ action: 'server.update', resourceId: id }), 1);
  t.equal(await total({ action: 'tool.invoke', resourceId: 'another tool' }), 0);
  t.equal(await total({ resourceId: 'read' }), 10);
  t.equal(await total({ actor, resourceId: 'read' }), 7);
  t.same(
    (await page(hub, { resource: 'server' })).entries.map(({ action }) => action),
    ['server.update', 'server.connect', 'server.create'],
    'newest first',
  );
  const all = (await page(hub, { action: 'tool.invoke' })).entries;
  t.same((await page(hub, { action: 'tool.invoke' }, 4, 2)).entries, all.slice(2, 6));
});

t.test('the audit log has each change at a site once, with its outcome', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('well', tools);
  const dead = await hub.register('dead', tools);
  dead.server.failure = 'it ended with code 7';
  const { lifecycle } = hub.domain;
  await t.rejects(lifecycle.connect(hub.admin, 'dead'), { code: 'server_disconnected' });
  await lifecycle.connectAll(hub.admin, [dead.id, id]);
  await lifecycle.disconnectAll(hub.admin, [id]);
  await lifecycle.update(hub.admin, id, { enabled: false });
  await t.rejects(lifecycle.connect(hub.admin, id), { code: 'conflict' });
  const { entries } = await page(hub, { resource: 'server' });
  const told = entries.map(({ action, details, success }) =>
    [action, details.name, success ? 'done' : details.error].join(' '),
  );
  t.same(told.slice(0, 3), ['server.connect well conflict', 'server.update well done', 'server.disconnect well done']);
  t.same(
    told.slice(3, 5).sort(),
    ['server.connect dead server_disconnected', 'server.connect well done'],
    'each of many by itself',
  );
  t.same(told.slice(5), [
    'server.connect dead server_disconnected',
    'server.create dead done',
    'server.connect well done',
    'server.create well done',
  ]);
});

t.test('old and surplus entries go, also from the indexes', async (t) => {
  const hub = await startDomain(t, { settings: { audit: { maxAgeMs: 3_600_000, maxEntries: 10 } } });
  for (let i = 0; i < 30; i += 1) await hub.caller('viewer', null, { name: `key ${i}` });
  await hub.domain.auditTrimmer.trim();
  const left = await page(hub);
  t.equal(left.total, 10);
  t.match(left.entries[0]?.details, { name: 'key 29' }, 'the newest stay');
  t.equal((await page(hub, { action: 'api_key.create' })).total, 10);
  await hub.clock.move(3_600_000 + 1);
  await hub.caller('viewer', null, { name: 'late' });
  await hub.domain.auditTrimmer.trim();
  t.match((await page(hub)).entries, [{ details: { name: 'late' } }]);
  t.equal((await page(hub)).total, 1);
});

t.test('while the disk is full no tool is called, and the hub reports that it is unhealthy', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('demo', tools);
  t.equal((await hub.call('read')).answer, 1);
  t.equal(hub.domain.health.report().status, 'healthy');
  const full = new DomainError('unavailable', 'the hub cannot write to its disk', { retryAfter: 5 });
  for (const name of ['failure', 'recordFailure'])
    Object.defineProperty(hub.store, name, { get: () => full, configurable: true });
  await t.rejects(hub.call('read'), { code: 'unavailable', details: { outcome: 'not_run', retryAfter: 5 } });
  t.match(hub.domain.health.report(), { status: 'unhealthy', checks: { database: 'unhealthy' } });
  for (const name of ['failure', 'recordFailure']) Reflect.deleteProperty(hub.store, name);
  t.equal((await hub.call('read')).answer, 2, 'the server was not called meanwhile');
});
