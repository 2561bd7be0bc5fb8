import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Caller } from '../../hub/domain/access/caller.js';
import type { Operation } from '../../hub/domain/agents/fleet.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { apiKeys } from '../../hub/domain/people/record.js';
import { type Asker, begin, startDomain, type TestDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';
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

/** Asks for a change. The caller is demoted while its request waits. */
type Waiting = (hub: TestDomain, as: Asker, demote: () => Promise<unknown>) => Promise<unknown>;

/** A caller loses its role while the hub unseals a password or credentials. */
function whileUnsealing({ store }: TestDomain, name: 'unseal' | 'unsealData', demote: () => Promise<unknown>): void {
  const unseal = store[name].bind(store) as (...given: readonly unknown[]) => Promise<never>;
  store[name] = async (...given: readonly unknown[]) => {
    await demote();
    return unseal(...given);
  };
}

const removed = { force: true, volumes: true } as const;
const found =
  (demote: () => Promise<unknown>, serverId = '') =>
  async () => {
    await demote();
    return json({ id: 'c', serverId, command: [] });
  };
const containerChanges: Readonly<Record<string, (hub: TestDomain, as: Asker) => Promise<unknown>>> = {
  startContainer: ({ domain }, as) => domain.docker.containers.start(as, {}, 'c'),
  stopContainer: ({ domain }, as) => domain.docker.containers.stop(as, {}, 'c'),
  restartContainer: ({ domain }, as) => domain.docker.containers.restart(as, {}, 'c'),
  removeContainer: ({ domain }, as) => domain.docker.containers.remove(as, {}, 'c', removed),
};
const sql = { id: 'x', kind: 'sql', with: { database: 'db', statement: 'delete from t', change: true } } as const;
const changesAfterWaits: Readonly<Record<string, Waiting>> = {
  ...Object.fromEntries(
    Object.entries(containerChanges).map(([name, change]): [string, Waiting] => [
      name,
      (hub, as, demote) => {
        hub.fleet.answers.set('inspectContainer', found(demote));
        return change(hub, as);
      },
    ]),
  ),
  scaleDeployment: async (hub, as, demote) => {
    const { clusters, deployments } = hub.domain.kubernetes;
    const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
    await clusters.create(hub.admin, { name: 'prod', config });
    whileUnsealing(hub, 'unsealData', demote);
    return deployments.scale(as, { cluster: 'prod', namespace: 'default' }, 'web', { replicas: 0 });
  },
  queryDatabase: async (hub, as, demote) => {
    const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
    await hub.domain.databases.create(hub.admin, { name: 'db', password: 'a password of db', ...address });
    whileUnsealing(hub, 'unseal', demote);
    const id = await begin(hub, [sql], as);
    throw (await hub.over(id)).error;
  },
};

t.test('no change is sent for a caller who loses its role between the look and the change', async (t) => {
  for (const [name, change] of Object.entries(changesAfterWaits)) {
    const hub = await startDomain(t);
    hub.agentComes({ operations: ['dockerInfo', 'checkCluster', 'queryDatabase'] });
    const sent: string[] = [];
    hub.fleet.answers.set(name as 'stopContainer', () => {
      sent.push(name);
      return json({ id: 'c', name: 'c', state: 'running', changed: true, affected: 1 });
    });
    const { users } = hub.domain;
    await users.create(SYSTEM, { username: 'last', password: 'a long password', role: 'admin' });
    const user = await users.create(SYSTEM, { username: 'eve', password: 'a long password', role: 'admin' });
    const eve = await hub.caller('admin', null, { userId: user.id });
    const demote = () => users.bring(SYSTEM, user.id, { role: 'viewer' });
    await t.rejects(change(hub, eve, demote), { code: 'forbidden' }, name);
    t.same(sent, [], name);
  }
});

t.test('a demoted admin removes no container of the server of another person', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['dockerInfo'] });
  const { lifecycle, users, docker } = hub.domain;
  const belonging = { ownerId: (await hub.caller('user')).caller.id, curated: true };
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const { record } = await lifecycle.create(hub.admin, { name: 'personal', transport }, {}, belonging);
  await users.create(SYSTEM, { username: 'last', password: 'a long password', role: 'admin' });
  const user = await users.create(SYSTEM, { username: 'eve', password: 'a long password', role: 'admin' });
  const eve = await hub.caller('admin', null, { userId: user.id });
  const demote = () => users.bring(SYSTEM, user.id, { role: 'operator' });
  hub.fleet.answers.set('inspectContainer', found(demote, record.id));
  await t.rejects(docker.containers.remove(eve, {}, 'c', removed), { code: 'not_found' });
});

for (const [title, rollbackOnFailure] of [
  ['an update', true],
  ['an update without rollback', false],
] as const)
  t.test(`${title} does nothing more for a caller who is demoted meanwhile`, async (t) => {
    const hub = await startDomain(t);
    const { users, updates, servers } = hub.domain;
    const { id } = await hub.connect('files', { read: readOnly() });
    const user = await users.create(SYSTEM, { username: 'eve', password: 'a long password', role: 'operator' });
    const eve = await hub.caller('operator', null, { userId: user.id });
    const sent: string[] = [];
    const demotedAt = rollbackOnFailure ? 'downloadSource' : 'verifySource';
    const answer = (name: Operation['case'], value: unknown) =>
      hub.fleet.answers.set(name, async () => {
        sent.push(name);
        if (name === demotedAt) await users.bring(SYSTEM, user.id, { role: 'viewer' });
        return json(value);
      });
    const versions = ['1.0.0', '1.1.0'];
    answer('checkSource', { kind: 'npm', name: 'files', current: '1.0.0', latest: '1.1.0', versions });
    answer('listInstalled', { current: '1.0.0', installed: [{ version: '1.0.0', bytes: 1 }] });
    answer('keepInstalled', {});
    answer('downloadSource', { version: '1.1.0', already: false });
    answer('installSource', { version: '1.1.0', already: false });
    answer('verifySource', { tools: [], name: 'x', version: '1.1.0', protocolVersion: '2025-11-25', durationMs: 1 });
    answer('switchServer', {});
    const input = { version: '1.1.0', rollbackOnFailure, dryRun: false, backup: true, force: false };
    const { id: jobId } = await updates.update(eve, id, input);
    t.match(await hub.over(jobId), { status: 'failed', error: { code: 'forbidden' } });
    t.equal(sent.at(-1), demotedAt);
    t.not(servers.get(hub.admin, id).record.version, '1.1.0');
  });

t.test('a step that waits for its agent after a restart asks for the rights of then', async (t) => {
  const hub = await startDomain(t);
  const { users, databases } = hub.domain;
  await users.create(SYSTEM, { username: 'last', password: 'a long password', role: 'admin' });
  const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
  await databases.create(hub.admin, { name: 'db', password: 'a password of db', site: 'local', ...address });
  const user = await users.create(SYSTEM, { username: 'eve', password: 'a long password', role: 'admin' });
  const eve = await hub.caller('admin', null, { userId: user.id });
  let sent = 0;
  hub.fleet.answers.set('queryDatabase', () => {
    sent += 1;
    return json({ rows: [], affected: 1, cut: '' });
  });
  const steps = [{ id: 'pause', kind: 'wait', with: { seconds: 60 } }, sql];
  const id = await begin(hub, steps, eve);
  const isRunning = (name: string) =>
    hub.domain.jobs.get(hub.admin, id).steps.find((step) => step.name === name)?.status === 'running';
  await wait('the pause has begun', () => isRunning('pause'));
  hub.agentGoes();
  await hub.restart();
  await hub.clock.move(61_000);
  await wait('the statement waits for its agent', () => {
    hub.domain.jobs.look();
    return isRunning('x');
  });
  await hub.domain.users.bring(SYSTEM, user.id, { role: 'viewer' });
  hub.agentComes({ operations: ['queryDatabase'] });
  t.match(await hub.over(id), { status: 'failed', error: { code: 'forbidden' } });
  t.equal(sent, 0);
});

t.test('an http step makes no request for a caller who is demoted while the hub looks up the address', async (t) => {
  let demote = async (): Promise<unknown> => undefined;
  let sent = 0;
  const request = async () => {
    sent += 1;
    return { statusCode: 200, durationMs: 1, error: null, answer: null };
  };
  const outbound = { guard: { check: () => demote() }, sender: { request } } as never;
  const hub = await startDomain(t, { ports: { outbound } });
  const user = await hub.domain.users.create(SYSTEM, {
    username: 'eve',
    password: 'a long password',
    role: 'operator',
  });
  const eve = await hub.caller('operator', null, { userId: user.id });
  demote = () => hub.domain.users.bring(SYSTEM, user.id, { role: 'viewer' });
  const id = await begin(hub, [{ id: 'x', kind: 'http', with: { url: 'https://hook.test/', method: 'POST' } }], eve);
  t.match(await hub.over(id), { status: 'failed', error: { code: 'forbidden' } });
  t.equal(sent, 0);
});

t.test('the servers of the catalog of a key without a user go when the key expires', async (t) => {
  const hub = await startDomain(t);
  const { portal, registry } = hub.domain;
  const user = await hub.caller('user', null, { expiresAt: hub.clock.now + 60_000 });
  const { id } = await portal.work.submit(user, 'enable', 'everything', { autoStart: false });
  await hub.over(id);
  const own = () => [...registry.all()].filter(({ ownerId }) => ownerId === user.caller.id);
  await portal.enablements.look();
  t.equal(own().length, 1);
  const serverId = own()[0]?.id ?? '';
  await hub.clock.move(60_000);
  t.throws(() => portal.enablements.checkAllowed(serverId), { code: 'forbidden' }, 'it does not start any more');
  await portal.enablements.look();
  t.equal(own().length, 0);
});
