import t from 'tap';
import { granted } from '../../hub/api/mcp/operations/operation.js';
import type { Grants } from '../../hub/domain/access/caller.js';
import type { Operation } from '../../hub/domain/agents/fleet.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import type { DomainError } from '../../hub/domain/errors.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

const long = 'a long password';

/** A user with role `user`, a server `two`, and an MCP client of the user that has an instance of its own. */
async function startClient(hub: TestDomain, grants: Grants | null = null) {
  const { domain, fleet } = hub;
  const { clients } = domain.mcp;
  const { id } = await hub.connect('two', { echo: readOnly(() => 'said') });
  const answers: string[] = [];
  fleet.answers.set('openPrivate', () => json({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }));
  fleet.answers.set('closePrivate', () => json({}));
  fleet.answers.set('mcpRequest', () => json({ resources: [], prompts: [] }));
  fleet.answers.set('answerAsk', (_, { value }) => {
    answers.push((value as Extract<Operation, { case: 'answerAsk' }>['value']).answer.case ?? '');
    return json({});
  });
  const user = await domain.users.create(SYSTEM, { username: 'eve', password: long, role: 'user' });
  const asker = await hub.caller('user', grants, { userId: user.id });
  const [heard, asks]: [string[], string[]] = [[], []];
  const listener = {
    notify: (method: string) => heard.push(method),
    ask: (ask: { readonly id: string }) => asks.push(ask.id),
    unask: () => {},
  };
  const hello = { capabilities: { elicitation: {} }, info: {} };
  const client = clients.open(domain.mcp.view(asker.caller, {}), hello, listener);
  const { record } = domain.servers.get(asker, id);
  let instanceId = '';
  await clients.using(client, record, async (opened) => {
    instanceId = opened;
  });
  const agent = fleet.agent(hub.agentId);
  if (!agent) throw new Error('the agent is there');
  const ask = (askId: string, method = 'elicitation/create') =>
    clients.onAsk(agent, { serverId: id, instanceId, askId, method, params: Buffer.from('{}') });
  const demote = () => domain.users.bring(SYSTEM, user.id, { role: 'viewer' });
  const updated = () => {
    const params = Buffer.from('{"uri":"x://a"}');
    clients.onNotice(agent, { serverId: id, instanceId, method: 'notifications/resources/updated', params });
  };
  return { clients, client, asker, record, agent, ask, asks, heard, answers, demote, updated };
}

t.test('a question whose capability the client has not offered does not reach the client', async (t) => {
  const hub = await startDomain(t);
  const { clients, client, ask, asks, answers } = await startClient(hub);
  t.teardown(() => clients.close(client));
  const others = ['sampling/createMessage', 'roots/list', 'ping', 'constructor', ''];
  for (const method of others) ask(`not ${method}`, method);
  await wait('the server has all answers', () => answers.length === others.length);
  t.ok(answers.every((answer) => answer === 'error'));
  t.same(asks, []);
  ask('offered');
  t.equal(asks.length, 1);
});

t.test('a person who may call no tools any more answers no question of a server, and gets none', async (t) => {
  const hub = await startDomain(t);
  const { clients, client, ask, asks, answers, demote } = await startClient(hub);
  t.teardown(() => clients.close(client));
  ask('first');
  ask('second');
  clients.answer(client, asks[0] ?? '', { case: 'result', value: Buffer.from('{"action":"accept"}') });
  await wait('the server has the answer', () => answers.length === 1);
  await demote();
  clients.answer(client, asks[1] ?? '', { case: 'result', value: Buffer.from('{"action":"accept"}') });
  ask('third');
  await wait('the server has all answers', () => answers.length === 3);
  t.same(answers, ['result', 'error', 'error']);
  t.equal(asks.length, 2, 'the last question did not reach the client');
});

t.test(
  'the instances of a client that may call no tools any more end, and its subscriptions tell it nothing',
  async (t) => {
    const hub = await startDomain(t);
    const { clients, client, asker, record, agent, heard, demote } = await startClient(hub);
    const listener = { notify: (method: string) => heard.push(method), ask: () => {}, unask: () => {} };
    const plain = clients.open(hub.domain.mcp.view(asker.caller, {}), { capabilities: {}, info: {} }, listener);
    t.teardown(() => [client, plain].map((one) => clients.close(one)));
    await clients.subscribe(plain, record, 'x://a', new CancelSource());
    const params = Buffer.from('{"uri":"x://a"}');
    const update = () =>
      clients.onNotice(agent, {
        serverId: record.id,
        instanceId: '',
        method: 'notifications/resources/updated',
        params,
      });
    const updates = () => heard.filter((method) => method === 'notifications/resources/updated').length;
    update();
    t.equal(updates(), 1);
    await demote();
    const now = hub.domain.keys.recheck(asker.caller.id);
    for (const one of [client, plain]) clients.refresh(one, now);
    t.same([...clients.instances.of(client)], []);
    update();
    t.equal(updates(), 1);
  },
);

t.test('an instance of a client that may call tools alone passes no update of a resource on', async (t) => {
  const hub = await startDomain(t);
  const { clients, client, heard, updated } = await startClient(hub, { tools: ['echo'] });
  t.teardown(() => clients.close(client));
  updated();
  t.same(heard, []);
});

t.test('a client that loses its rights while its agent compares the subscriptions hears of no update', async (t) => {
  const hub = await startDomain(t);
  const { clients, client, asker, record, agent, heard, demote } = await startClient(hub);
  t.teardown(() => clients.close(client));
  await clients.subscribe(client, record, 'x://a', new CancelSource());
  const updates = () => heard.filter((method) => method === 'notifications/resources/updated').length;
  const compared = async (meanwhile: () => Promise<unknown>) => {
    const asked = new Promise<void>((resolve) => {
      hub.fleet.answers.set('syncMcp', async () => {
        await meanwhile();
        // The hub handles the answer in the turns before.
        setImmediate(() => setImmediate(resolve));
        return json({ missing: [] });
      });
    });
    clients.onAgent({ ...agent, operations: ['syncMcp'] });
    await asked;
  };
  await compared(async () => {});
  t.equal(updates(), 1);
  await compared(async () => {
    await demote();
    clients.refresh(client, hub.domain.keys.recheck(asker.caller.id));
  });
  t.equal(updates(), 1);
});

t.test('a request to a server that waited is refused to a caller who may read no resources any more', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('two', { echo: readOnly() });
  hub.fleet.answers.set('mcpRequest', () => json({ contents: [] }));
  const { domain } = hub;
  const user = await domain.users.create(SYSTEM, { username: 'eve', password: long, role: 'user' });
  const { caller } = await hub.caller('user', null, { userId: user.id });
  const server = domain.servers.get(hub.admin, id).record;
  hub.report(id, { state: 'connecting', pid: 0 });
  const asked = domain.mcp.passThrough.ask({ server, caller, instanceId: '', method: 'resources/read', params: '{}' });
  const refused = asked.then(
    () => 'answered',
    ({ code }: DomainError) => code,
  );
  await domain.users.bring(SYSTEM, user.id, { role: 'viewer' });
  hub.report(id, { tools: hub.fleet.toolsOf(id) });
  t.equal(await refused, 'forbidden');
});

t.test('a job does not begin at a server that has left the grants of its key', async (t) => {
  const hub = await startDomain(t);
  const { record: group } = await hub.domain.groups.create(hub.admin, { name: 'team' });
  const { id } = await hub.connect('shared', { read: readOnly() }, { groupId: group.id });
  const key = await hub.caller('operator', { groups: [group.id] });
  await hub.domain.jobs.close();
  const { job } = await hub.domain.operations.submit(key, 'restart', id);
  await hub.domain.lifecycle.update(hub.admin, id, { groupId: null });
  await hub.restart();
  t.match(await hub.over(job.id), { status: 'failed', error: { code: 'forbidden' } });
});

t.test('an update ends at the next step once its server has left the grants of its key', async (t) => {
  const hub = await startDomain(t);
  const { record: group } = await hub.domain.groups.create(hub.admin, { name: 'team' });
  const sent: string[] = [];
  const on = (name: Parameters<typeof hub.fleet.answers.set>[0], value: object) =>
    hub.fleet.answers.set(name, () => {
      sent.push(name);
      return json(value);
    });
  const versions = { kind: 'npm', name: 'x', current: '1.0.0', latest: '2.0.0', versions: ['1.0.0', '2.0.0'] };
  on('checkSource', { ...versions, changelog: '', url: '' });
  on('listInstalled', { current: '1.0.0', installed: [] });
  on('installSource', { version: '2.0.0', already: false, bytes: 1 });
  on('keepInstalled', {});
  const transport = { type: 'stdio', command: 'npx', args: ['-y', 'x@1.0.0'] } as const;
  const { id } = await hub.connect('npx', { read: readOnly() }, { groupId: group.id, transport });
  const key = await hub.caller('operator', { groups: [group.id] });
  hub.fleet.answers.set('downloadSource', async () => {
    await hub.domain.lifecycle.update(hub.admin, id, { groupId: null });
    return json({ version: '2.0.0', already: false, bytes: 1 });
  });
  const rest = { rollbackOnFailure: true, dryRun: false, backup: false, force: false };
  const job = await hub.domain.updates.update(key, id, { version: '2.0.0', ...rest });
  t.match(await hub.over(job.id), { status: 'failed', error: { code: 'not_found' } });
  t.notOk(sent.includes('installSource'));
});

t.test('a key with grants for tools reads no log of the hub and the agents by a tool of the hub', async (t) => {
  const hub = await startDomain(t);
  hub.fleet.answers.set('searchLog', () => json({ entries: [], total: 0, complete: true }));
  const query = { text: '', limit: 5, level: undefined, sinceMs: 0, untilMs: 0 } as const;
  const key = await hub.caller('operator', { tools: ['roundhouse_query_logs'] });
  const { caller } = granted(key);
  if (!caller) throw new Error('the origin has a caller');
  const search = (server?: string) => hub.domain.systemLogs.search(caller, server, query, new CancelSource());
  for (const server of ['hub', 'agent/local', 'Agent/none'])
    await t.rejects(search(server), { code: 'forbidden' }, server);
  const asked: unknown[] = [];
  hub.fleet.answers.set('searchLog', (_, { value }) => {
    asked.push(value);
    return json({ entries: [], total: 0, complete: true });
  });
  await t.rejects(search('none'), { code: 'not_found' }, 'a name of no log');
  await hub.connect('two', { echo: readOnly() });
  t.match(await search(), { entries: { length: 0 } }, 'the logs of servers are open');
  t.match(asked, [{ own: false }], 'and the log of the agent is not');
  const whole = await hub.caller('operator');
  const searchWhole = (server: string) => hub.domain.systemLogs.search(whole.caller, server, query, new CancelSource());
  t.same((await searchWhole('hub')).entries, []);
  await t.rejects(searchWhole('agent/none'), { code: 'not_found' });
});
