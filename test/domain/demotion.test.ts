import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Caller } from '../../hub/domain/access/caller.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { apiKeys } from '../../hub/domain/people/record.js';
import { type Asker, startDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

t.test('a queued stop of a shared server fails if its caller is no operator any more', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('shared', { read: readOnly() });
  const { users, jobs, portal } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'operator' });
  const ada = await hub.caller('operator', null, { userId: user.id });
  await jobs.close();
  const { id: jobId } = await portal.work.submit(ada, 'disable', id);
  await users.bring(SYSTEM, user.id, { role: 'user' });
  await hub.restart();
  t.match(await hub.over(jobId), { status: 'failed', error: { code: 'forbidden' } });
  t.equal(hub.domain.servers.get(hub.admin, id).record.wanted, true);
});

t.test('a user who is no admin any more loses the server of the catalog that only admins may enable', async (t) => {
  const hub = await startDomain(t);
  const { users, portal, registry } = hub.domain;
  await users.create(SYSTEM, { username: 'other', password: 'a long password', role: 'admin' });
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'admin' });
  const as = async (role: 'admin' | 'user') => hub.caller(role, null, { userId: user.id });
  const [admin, lower] = [await as('admin'), await as('user')];
  const env = { ALLOWED_DIRECTORY: '/' };
  const config = { autoStart: false, env };
  const refused = { code: 'forbidden', message: /only super admins/ };
  await t.rejects(portal.work.submit(lower, 'enable', 'filesystem', config), refused);
  const { id } = await portal.work.submit(admin, 'enable', 'filesystem', config);
  t.match(await hub.over(id), { status: 'completed' });
  await t.rejects(
    portal.work.submit(lower, 'restart', 'filesystem'),
    refused,
    'the key has a lower role than its user',
  );
  const { id: confined } = await portal.work.submit(lower, 'enable', 'everything', { autoStart: false });
  t.match(await hub.over(confined), { status: 'completed' });
  const own = () => [...registry.all()].filter(({ ownerId }) => ownerId === user.id).map(({ name }) => name);
  t.same(own().length, 2);
  await users.bring(SYSTEM, user.id, { role: 'user' });
  await wait('the server is gone', () => own().length === 1);
  t.match(own(), [/^everything/]);
  await t.rejects(
    portal.work.submit(admin, 'enable', 'filesystem', config),
    refused,
    'an old caller enables it no more',
  );
});

t.test('the hub sends nothing for a caller who loses its rights while its request waits', async (t) => {
  const hub = await startDomain(t);
  const { invocations, keys, users, mcp, network } = hub.domain;
  const { id, server } = await hub.connect('slow', { read: readOnly() });
  let asked = 0;
  const sent = (operation: 'mcpRequest' | 'runCommands') =>
    hub.fleet.answers.set(operation, () => {
      asked += 1;
      return { case: 'json', value: Buffer.from('{}') };
    });
  sent('mcpRequest');
  const user = await users.create(SYSTEM, { username: 'eve', password: 'a long password', role: 'operator' });
  const record = () => hub.domain.servers.get(hub.admin, id).record;
  const requests: Record<string, (caller: Caller) => Promise<unknown>> = {
    'a tool call': (caller: Caller) =>
      invocations.invoke({ ...SYSTEM, caller }, { caller, tool: 'read', arguments: {} }),
    'a request to a server': (caller: Caller) =>
      mcp.passThrough.ask({ server: record(), caller, instanceId: '', method: 'resources/list', params: '' }),
  };
  for (const [title, request] of Object.entries(requests)) {
    const { caller } = await hub.caller('operator', null, { userId: user.id });
    const { caller: good } = await hub.caller('operator', null, { userId: user.id });
    hub.report(id, { state: 'connecting', pid: 0 });
    const refused = t.rejects(request(caller), { code: 'invalid_credential' }, title);
    const answered = request(good);
    await keys.revoke(hub.admin, caller.id);
    hub.report(id, { tools: hub.fleet.toolsOf(id) });
    await refused;
    await answered;
  }
  t.same([server.calls, asked], [1, 1], 'the server got the request of the other key only');

  const { caller } = await hub.caller('operator', null, { userId: user.id });
  hub.report(id, { state: 'connecting', pid: 0 });
  const demoted = t.rejects(
    invocations.invoke({ ...SYSTEM, caller }, { caller, tool: 'read', arguments: {} }),
    { code: 'forbidden' },
    'a demotion',
  );
  await users.bring(SYSTEM, user.id, { role: 'viewer' });
  hub.report(id, { tools: hub.fleet.toolsOf(id) });
  await demoted;
  t.equal(server.calls, 1);

  hub.agentComes({ operations: ['putDevice'] });
  hub.fleet.answers.set('putDevice', () => ({ case: 'json', value: Buffer.from('{}') }));
  const credentials = { username: 'admin', password: 'a password of edge-1' };
  await network.devices.create(hub.admin, { name: 'edge', type: 'cisco_ios', hostname: '192.0.2.1', credentials });
  const admin = await hub.caller('admin');
  let runs = 0;
  hub.fleet.answers.set('runCommands', async () => {
    runs += 1;
    await keys.revoke(hub.admin, admin.caller.id);
    throw new DomainError('forbidden', 'this changes the device', { reason: 'change_not_allowed', changes: [1] });
  });
  const run = network.commands.run(admin, 'edge', { commands: ['reboot'] }, 'commands');
  await t.rejects(run, { code: 'invalid_credential' }, 'a change of a device');
  t.equal(runs, 1, 'the agent is asked whether the command is a read, and no more');
});

t.test('a run of tests goes to no further server after its key was revoked', async (t) => {
  const hub = await startDomain(t);
  const { suites, keys } = hub.domain;
  const [a, b] = [await hub.connect('a', { read: readOnly() }), await hub.connect('b', { read: readOnly() })];
  const { caller, ...origin } = await hub.caller('operator');
  const tested: string[] = [];
  hub.fleet.answers.set('runSuite', async (_, { value }) => {
    tested.push((value as { readonly serverId: string }).serverId);
    await keys.revoke(hub.admin, caller.id);
    throw new DomainError('unimplemented', 'an agent of an earlier version');
  });
  const servers = [a.id, b.id];
  const asked = { testType: 'unit', servers, verbose: false, parallel: false, timeoutSeconds: 60 } as const;
  const { id } = await suites.start({ ...origin, caller }, asked);
  t.match(await hub.over(id), { status: 'failed', error: { code: 'invalid_credential' } });
  t.same(tested, [a.id]);
});

t.test('a demoted admin no longer sees a job of their own about the server of another person', async (t) => {
  const hub = await startDomain(t);
  const { lifecycle, operations, jobs, users } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ex', password: 'a long password', role: 'admin' });
  const ex = await hub.caller('admin', null, { userId: user.id });
  const belonging = { ownerId: (await hub.caller('user')).caller.id, curated: true };
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const { record } = await lifecycle.create(hub.admin, { name: 'personal', transport }, {}, belonging);
  const { job } = await operations.submit(ex, 'stop', record.id);
  t.equal(jobs.get(ex, job.id).id, job.id);

  const now = { ...ex, caller: { ...ex.caller, role: 'viewer' as const } };
  t.throws(() => jobs.get(now, job.id), { code: 'not_found' });
});

t.test(
  'no change is written in the name of a key that is revoked, or of a user who is demoted, meanwhile',
  async (t) => {
    const hub = await startDomain(t);
    const { domain } = hub;
    const { users, keys, joinTokens, groups, lifecycle, alertRules, declarations, agents, jobs } = domain;
    const { id } = await hub.connect('files', { read: readOnly() });
    hub.agentComes({ operations: ['putDevice', 'checkCluster'] });
    hub.fleet.answers.set('putDevice', () => ({ case: 'json', value: Buffer.from('{}') }));
    const password = 'a long password';
    await users.create(SYSTEM, { username: 'last', password, role: 'admin' });
    const { id: other } = await users.create(SYSTEM, { username: 'other', password, role: 'admin' });
    const { network, portal } = domain;
    const known = {
      name: 'core',
      type: 'cisco_ios',
      hostname: '192.0.2.9',
      credentials: { username: 'a', password: 'p' },
    };
    await network.devices.create(hub.admin, known as Parameters<typeof network.devices.create>[1]);
    const group = await groups.create(hub.admin, { name: 'all' });
    const { record: token } = await joinTokens.create(hub.admin, 'local', 60);
    const spare = await hub.caller('viewer');
    const transport = { type: 'stdio', command: 'x', args: [] } as const;
    const credentials = { username: 'admin', password: 'a password of edge-1' };
    const device = { name: 'edge', type: 'cisco_ios', hostname: '192.0.2.1', credentials } as const;
    const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
    const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
    const changes: Record<string, (asker: Asker) => Promise<unknown>> = {
      'a new user': (asker) => users.create(asker, { username: 'new', password, role: 'admin' }),
      'a user': (asker) => users.update(asker, asker.caller, other, { role: 'viewer' }),
      'a password': (asker) => users.setPassword(asker, other, 'another long password'),
      'the deletion of a user': (asker) => users.delete(asker, asker.caller, other),
      'a new key': (asker) => keys.create(asker, { name: 'new', role: 'admin', tier: 'pro' }),
      'the revocation of a key': (asker) => keys.revoke(asker, spare.caller.id),
      'a new join token': (asker) => joinTokens.create(asker, 'local', 60),
      'the revocation of a join token': (asker) => joinTokens.revoke(asker, token.id),
      'the revocation of an agent': (asker) => agents.revoke(asker, hub.agentId),
      'a new group': (asker) => groups.create(asker, { name: 'new' }),
      'the deletion of a group': (asker) => groups.delete(asker, group.record.id),
      'a new server': (asker) => lifecycle.create(asker, { name: 'new', transport }),
      'a server': (asker) => lifecycle.update(asker, id, { description: 'changed' }),
      'the deletion of a server': (asker) => lifecycle.delete(asker, id),
      'the stop of a server': (asker) => lifecycle.disconnect(asker, id),
      'the stop of a device': (asker) => network.lifecycle.disconnect(asker, 'core'),
      'a new webhook': (asker) =>
        domain.webhooks.create(asker, { url: 'https://hook.test/', events: ['server.error'] }),
      'a new database': (asker) => domain.databases.create(asker, { name: 'new', password: 'p', ...address }),
      'a new device': (asker) => domain.network.devices.create(asker, device),
      'a new cluster': (asker) => domain.kubernetes.clusters.create(asker, { name: 'new', config }),
      'rules of alerts': (asker) => alertRules.update(asker, [{ id: 'breaker_open', enabled: false }]),
      'a declaration of tests': (asker) => declarations.declare(asker, id, { safeTools: ['read'], cases: [] }),
      'a backup': (asker) => domain.backups.create(asker, {} as Parameters<typeof domain.backups.create>[1]),
      'a job': (asker) => jobs.submit(asker, { kind: 'cleanup', params: {} }),
    };
    const keysNow = () => [...hub.store.list(apiKeys)].length;
    for (const [title, change] of Object.entries(changes)) {
      const revoked = await hub.caller('admin');
      await keys.revoke(hub.admin, revoked.caller.id);
      const before = [(await hub.events('')).length, keysNow()];
      await t.rejects(change(revoked), { code: 'invalid_credential' }, `${title}: a revoked key`);
      const user = await users.create(SYSTEM, { username: `u-${randomUUID()}`, password, role: 'admin' });
      const demoted = await hub.caller('admin', null, { userId: user.id });
      await users.bring(SYSTEM, user.id, { role: 'viewer' });
      await t.rejects(change(demoted), { code: 'forbidden' }, `${title}: a demoted user`);
      t.same([(await hub.events('')).length, keysNow() - 1], before, `${title}: nothing has changed`);
    }
    t.equal(users.get(other).role, 'admin');
    t.equal(domain.servers.get(hub.admin, id).record.wanted, true);
    t.equal(network.devices.get(hub.admin, 'core', 'device.read').record.wanted, true);

    const { id: userId } = await users.create(SYSTEM, { username: 'eve', password, role: 'user' });
    const eve = await hub.caller('user', null, { userId });
    const { id: jobId } = await portal.work.submit(eve, 'enable', 'everything', { autoStart: false });
    await hub.over(jobId);
    await keys.revoke(hub.admin, eve.caller.id);
    await t.rejects(portal.work.submit(eve, 'disable', 'everything'), { code: 'invalid_credential' });
    const again = await hub.caller('user', null, { userId });
    t.equal(portal.servers.get(again.caller, 'everything').enabled, true, 'the server of the catalog stays enabled');
  },
);

t.test('a sign-out that is on its way to the disk stops a change', async (t) => {
  const hub = await startDomain(t);
  const { groups, identity, sessions, users } = hub.domain;
  const password = 'a long password';
  await users.create(SYSTEM, { username: 'ada', password, role: 'admin' });
  const { accessToken } = await sessions.signIn(SYSTEM, 'connect', 'ada', password);
  const caller = await identity.verify(accessToken);
  const asker = { ...SYSTEM, caller };
  await groups.create(asker, { name: 'before' });
  const signedOut = sessions.signOut(asker, caller);
  await t.rejects(groups.create(asker, { name: 'late' }), { code: 'invalid_credential' });
  await signedOut;
  t.same(
    groups.list(hub.admin).map(({ record }) => record.name),
    ['before'],
  );
});

t.test(
  'a revocation that is on its way to the disk stops a change, and the enrolment by a token of the key',
  async (t) => {
    const hub = await startDomain(t);
    const { keys, groups, agents, joinTokens } = hub.domain;
    const asker = await hub.caller('admin');
    const revoked = keys.revoke(hub.admin, asker.caller.id);
    await t.rejects(groups.create(asker, { name: 'late' }), { code: 'invalid_credential' });
    await revoked;
    t.same(groups.list(hub.admin), []);

    const second = await hub.caller('admin');
    const { secret: late } = await joinTokens.create(second, 'local', 60);
    const ended = keys.revoke(hub.admin, second.caller.id);
    await t.rejects(agents.redeem(late, { name: 'late', key: 'k' }), {
      code: 'invalid_credential',
      message: /has ended/,
    });
    await ended;
  },
);
