import t from 'tap';
import type { Caller } from '../../hub/domain/access/caller.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain } from '../kit/domain.js';
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
      mcp.passage.ask({ server: record(), caller, instanceId: '', method: 'resources/list', params: '' }),
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
