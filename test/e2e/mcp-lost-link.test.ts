import { join } from 'node:path';
import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { startLinkProxy } from '../fixtures/link-proxy.js';
import { httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { wait } from '../kit/wait.js';
import { listOf, textOf } from '../mcp-answers.js';
import { mcpListener } from '../mcp-listener.js';
import { runAgent, startHub } from '../roundhouse.js';

const uri = (name: string) => `roundhouse://far/${name}`;
const resource = (name: string) => ({ uri: name, name });
const updated = 'notifications/resources/updated';

/** A hub, and an agent with one server, `far`, behind a wire that the test may cut. */
async function site(t: Test) {
  const hub = await startHub(t);
  const link = await startLinkProxy(t, hub.agentAddress);
  const data = join(hub.data, 'agents', 'far');
  const args = ['--hub', link.address, '--data', data];
  const agent = runAgent(t, [...args, '--token', await hub.token('local')]);
  await hub.logged(({ body }) => body === 'agent connected');
  const server = await httpServer(t, {
    tools: [tool('one')],
    resources: [resource('r:1'), resource('r:2')],
    prompts: [{ name: 'p1' }],
  });
  const id = await hub.connectServer(registration('far', server));
  const counts = new Map<string, number>();
  server.on('message', ({ method = '', params }: Message) => {
    const key = `${method} ${params?.uri ?? ''}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  let from = hub.log.length;
  const logged = async (msg: string) => {
    await hub.logged((entry) => entry.body === msg, from);
    from = hub.log.length;
  };
  return {
    hub,
    agent,
    link,
    server,
    id,
    /** How often the server was asked that. */
    count: (method: string, about = '') => counts.get(`${method} ${about}`) ?? 0,
    /** Cuts the wire; `long`: until the hub takes the agent for gone. */
    cut: async (long: boolean) => {
      from = hub.log.length;
      link.cut({ refuse: true });
      if (long) await logged('agent disconnected');
    },
    back: async () => {
      link.accept();
      await logged('agent connected');
    },
    restartAgent: async () => {
      await agent.stop();
      from = hub.log.length;
      runAgent(t, args);
      await logged('agent connected');
    },
  };
}

t.test('once the link is back, the server gets the subscriptions of the clients', async (t) => {
  const { hub, server, count, cut, back } = await site(t);
  const [one, two] = await Promise.all([mcpListener(t, hub), mcpListener(t, hub)]);
  await one.client.subscribeResource({ uri: uri('r:1') });
  await two.client.subscribeResource({ uri: uri('r:1') });
  await two.client.subscribeResource({ uri: uri('r:2') });
  const levelled = server.received('logging/setLevel');
  await one.client.setLoggingLevel('debug');
  await levelled;

  await cut(true);
  await two.transport.terminateSession();
  await t.rejects(one.client.subscribeResource({ uri: uri('r:2') }), {
    code: -32000,
    data: { code: 'server_disconnected' },
  });
  const left = server.received('resources/unsubscribe');
  await back();
  t.equal((await left).params.uri, 'r:2', 'no client wants it any more');
  t.match(await one.next(updated), { params: { uri: uri('r:1') } }, 'it may have changed meanwhile');
  t.same([...server.shared.subscribed], ['r:1']);
  t.equal(server.shared.level, 'debug');
  t.equal(count('resources/subscribe', 'r:1'), 1, 'the server was asked once for both, and not again');
  t.equal(server.sessions.size, 1);

  server.shared.notify(updated, { uri: 'r:1' });
  await one.next(updated);
  server.shared.notify(updated, { uri: 'r:2' });
  server.shared.notify('notifications/prompts/list_changed');
  await one.next('notifications/prompts/list_changed');
  t.equal(one.heard.filter(({ method }) => method === updated).length, 2, 'once each, and of nothing else');
});

t.test('an agent that was restarted asks its servers for the same again', async (t) => {
  const { hub, server, restartAgent } = await site(t);
  const { client, next } = await mcpListener(t, hub);
  await client.subscribeResource({ uri: uri('r:2') });
  const levelled = server.received('logging/setLevel');
  await client.setLoggingLevel('warning');
  await levelled;
  const asked = [server.received('resources/subscribe'), server.received('logging/setLevel')];
  await restartAgent();
  const [subscribed, level] = await Promise.all(asked);
  t.equal(subscribed?.params.uri, 'r:2');
  t.equal(level?.params.level, 'warning');
  t.equal(server.sessions.size, 1, 'the old session has ended');
  await next(updated);
  server.shared.notify(updated, { uri: 'r:2' });
  t.match(await next(updated), { params: { uri: uri('r:2') } });
});

for (const [way, long] of [
  ['for a moment', false],
  ['until the hub has given the agent up', true],
] as const) {
  t.test(`lists that changed while the link was cut ${way}`, async (t) => {
    const { hub, server, cut, back } = await site(t);
    const { client, next } = await mcpListener(t, hub);
    const seen = async () => ({
      tools: (await client.listTools()).tools.map(({ name }) => name).filter((name) => name.startsWith('far__')),
      resources: (await client.listResources()).resources.map(({ name }) => name),
      prompts: (await client.listPrompts()).prompts.map(({ name }) => name),
    });
    await listOf(2, async () => (await seen()).resources);
    await listOf(1, async () => (await seen()).prompts);
    t.same(await seen(), { tools: ['far__one'], resources: ['r:1', 'r:2'], prompts: ['far__p1'] });

    await cut(long);
    server.offer = { tools: [tool('two')], resources: [resource('r:3')], prompts: [{ name: 'p2' }] };
    const reread = server.received('tools/list');
    for (const list of ['resources', 'prompts', 'tools']) server.shared.notify(`notifications/${list}/list_changed`);
    await reread;
    await back();
    const wanted = JSON.stringify({ tools: ['far__two'], resources: ['r:3'], prompts: ['far__p2'] });
    const told = new Set<string>();
    // The client lists after each notice, and never otherwise.
    for (let now = ''; now !== wanted; now = JSON.stringify(await seen()))
      told.add((await next(/\/list_changed$/)).method);
    t.ok(told.size > 0);
  });
}

t.test('private instances: kept over a lost link, ended for clients that left, looked up again', async (t) => {
  const { hub, server, cut, back } = await site(t);
  const answer = () => 'yes';
  const [stays, leaves] = await Promise.all([mcpListener(t, hub, { answer }), mcpListener(t, hub, { answer })]);
  for (const { client } of [stays, leaves]) await client.callTool({ name: 'far__one', arguments: {} });
  const [mine, other] = server.privates;
  t.ok(mine && other);
  await stays.client.subscribeResource({ uri: uri('r:1') });
  await stays.client.listTools();

  await cut(true);
  await leaves.transport.terminateSession();
  const ended = server.ended();
  server.offer = { ...server.offer, tools: [tool('one'), tool('new')] };
  mine?.notify('notifications/tools/list_changed');
  await back();
  t.equal((await ended).id, other?.id, 'no client wants that one any more');
  await stays.next(updated);
  for (let names: string[] = []; !names.includes('far__new'); ) {
    await stays.next('notifications/tools/list_changed');
    names = (await stays.client.listTools()).tools.map(({ name }) => name);
  }
  t.equal(textOf(await stays.client.callTool({ name: 'far__new', arguments: {} })), 'new');
  t.same(
    server.privates.map(({ id }) => id),
    [mine?.id],
    'it is the same still',
  );
  const asked = mine?.ask('sampling/createMessage', { messages: [], maxTokens: 1 });
  t.match(await asked, { result: { content: { text: 'yes' } } });
});

t.test('an instance that is gone with its agent, or with its server, is replaced at the next call', async (t) => {
  const { hub, server, restartAgent } = await site(t);
  const { client, next } = await mcpListener(t, hub, { answer: () => 'yes' });
  const call = async () => textOf(await client.callTool({ name: 'far__one', arguments: {} }));
  t.equal(await call(), 'one');
  await client.subscribeResource({ uri: uri('r:1') });
  const first = server.privates[0]?.id;

  const goesOn = server.received('resources/subscribe');
  await hub.call('POST', '/api/servers/far/disconnect');
  t.equal(server.sessions.size, 0, 'an instance does not outlast its server');
  await hub.call('POST', '/api/servers/far/connect');
  t.match(await goesOn, { params: { uri: 'r:1' } }, 'what it subscribed to goes on');
  t.equal(await call(), 'one');
  const second = server.privates[0]?.id;
  t.not(second, first);
  t.equal(server.privates.length, 1);

  await next(updated);
  await restartAgent();
  await next(updated);
  await until(hub, '/api/servers/far', ({ data }) => data.status === 'connected');
  t.equal(await call(), 'one');
  t.not(server.privates[0]?.id, second);
  t.equal(server.privates.length, 1);
  await wait('the new instance has the subscription', () => server.privates[0]?.subscribed.has('r:1'));
  server.privates[0]?.notify(updated, { uri: 'r:1' });
  t.match(await next(updated), { params: { uri: uri('r:1') } });
});
