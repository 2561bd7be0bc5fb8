import t, { type Test } from 'tap';
import type { McpCall } from '../../hub/api/mcp/call.js';
import { completionMethods, promptMethods } from '../../hub/api/mcp/methods/prompts.js';
import { resourceMethods } from '../../hub/api/mcp/methods/resources.js';
import { loggingMethods } from '../../hub/api/mcp/methods/table.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { startDomain } from '../kit/domain.js';
import { json, readOnly } from '../kit/scripted-site.js';

/** A key that is narrowed to a group, a server `two` in that group, and an MCP client of the key that servers can ask. */
async function start(t: Test, path: 'everything' | 'two' = 'everything') {
  const hub = await startDomain(t);
  const { domain, fleet, admin } = hub;
  const definition = JSON.stringify({ name: 'echo', inputSchema: { type: 'object' } });
  const closed = new Promise<void>((resolve) => {
    fleet.answers.set('closePrivate', () => {
      resolve();
      return json({});
    });
  });
  fleet.answers.set('openPrivate', () => json({ tools: [JSON.parse(definition)] }));
  fleet.answers.set('mcpRequest', () => json({ resources: [], prompts: [], completion: { values: [] } }));
  const { record: group } = await domain.groups.create(admin, { name: 'team' });
  const { id } = await hub.connect('two', { echo: readOnly(() => 'said') }, { groupId: group.id });
  const asker = await hub.caller('user', { groups: [group.id] });
  const heard: string[] = [];
  const listener = { notify: (method: string) => heard.push(method), ask: () => {}, unask: () => {} };
  const view = domain.mcp.view(asker.caller, path === 'two' ? { server: 'two' } : {});
  const client = domain.mcp.clients.open(view, { capabilities: { elicitation: {} }, info: {} }, listener);
  t.teardown(() => domain.mcp.clients.close(client));
  const { record } = domain.servers.get(asker, id);
  const leaveGroup = () => domain.lifecycle.update(admin, id, { groupId: null });
  return { hub, asker, client, view, record, heard, closed, leaveGroup };
}

t.test('a client with an instance of its own calls no tool of a server that has left its grants', async (t) => {
  const { hub, asker, client, record, leaveGroup } = await start(t);
  const { clients } = hub.domain.mcp;
  await clients.using(client, record, async () => {});
  const target = clients.offer(client).find('two__echo')?.entry;
  const call = { caller: asker.caller, tool: 'echo', target, arguments: {} };
  t.ok(await hub.domain.invocations.invoke(asker, call), 'it may before');
  await leaveGroup();
  await t.rejects(hub.domain.invocations.invoke(asker, call), { code: 'not_found' });
  t.notOk(clients.offer(client).find('two__echo'));
  await t.rejects(
    clients.using(client, record, async () => {}),
    { code: 'not_found' },
  );
});

t.test(
  'a private instance ends, and says nothing more, once its server has left the grants of its client',
  async (t) => {
    const { hub, client, record, heard, closed, leaveGroup } = await start(t);
    const { clients } = hub.domain.mcp;
    const agent = hub.fleet.agent(hub.agentId);
    if (!agent) throw new Error('the agent is there');
    let instanceId = '';
    await clients.using(client, record, async (id) => {
      instanceId = id;
    });
    const speak = () => {
      const params = Buffer.from('{"level":"info","data":"x"}');
      clients.onNotice(agent, { serverId: record.id, instanceId, method: 'notifications/message', params });
    };
    speak();
    t.same(heard, ['notifications/message'], 'it is heard before');
    await leaveGroup();
    speak();
    t.same(heard, ['notifications/message']);
    await closed;
  },
);

t.test('a change of a server applies to its open private instances', async (t) => {
  const { hub, client, record } = await start(t);
  const { clients } = hub.domain.mcp;
  await clients.using(client, record, async () => {});
  await hub.domain.lifecycle.update(hub.admin, record.id, { description: 'another one' });
  const [instance] = clients.instances.of(client);
  t.equal(instance?.server.description, 'another one');
});

t.test('a client at the address of one server cannot call the server once it has left the grants', async (t) => {
  const { hub, asker, client, view, leaveGroup } = await start(t, 'two');
  const { domain } = hub;
  const methods = {
    ...resourceMethods(domain),
    ...promptMethods(domain),
    ...completionMethods(domain),
    ...loggingMethods(domain),
  };
  const call = { view, client, origin: asker, signal: new CancelSource(), reaches: () => {} } as unknown as McpCall;
  const params = { uri: 'test://a', name: 'a', ref: { type: 'ref/prompt', name: 'a' }, level: 'info' };
  for (const method of Object.values(methods)) await method(call, params);
  await leaveGroup();
  for (const [name, method] of Object.entries(methods))
    await t.rejects(async () => method(call, params), { code: 'not_found' }, name);
});
