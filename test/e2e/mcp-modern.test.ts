import t from 'tap';
import { fixtureServer, until } from '../automation.js';
import { wait } from '../kit/wait.js';
import { hubWithEverything, listOf, textOf } from '../mcp-answers.js';
import { modernClient } from '../modern-client.js';
import { type Hub, startHub } from '../roundhouse.js';
import { statelessRequest } from '../stateless-request.js';

let hub: Hub;
t.before(async () => {
  hub = await hubWithEverything(t, ['alpha', 'beta']);
});

t.test('tools, resources, prompts and completions without a session', async (t) => {
  const all = await modernClient(t, hub);
  const one = await modernClient(t, hub, { path: '/mcp/servers/alpha' });
  t.equal(all.getServerVersion()?.name, 'roundhouse');
  t.equal(one.getServerVersion()?.name, 'fixture');
  t.equal(textOf(await all.callTool({ name: 'beta__echo', arguments: { word: 'héllo' } })), 'héllo');
  t.equal(textOf(await one.callTool({ name: 'echo', arguments: { word: 'x' } })), 'x');
  t.equal((await one.listTools()).tools.length, 12);
  t.equal(textOf(await one.callTool({ name: 'meta', arguments: {} })), 'null', 'the envelope is not passed on');
  const list = async () => (await all.listResources({}, { cacheMode: 'refresh' })).resources;
  t.equal((await listOf(4, list)).length, 4);
  const uri = 'roundhouse://beta/memo://b?x=1#y';
  t.match(await all.readResource({ uri }), { contents: [{ uri, text: 'text of memo://b?x=1#y' }] });
  await t.rejects(all.readResource({ uri: 'roundhouse://gamma/x' }), { code: -32602 });
  const prompt = await all.getPrompt({ name: 'beta__greet', arguments: { who: 'you' } });
  t.match(prompt, { messages: [{ content: { text: 'Hello you' } }] });
  const ref = { type: 'ref/prompt', name: 'alpha__greet' } as const;
  t.match(await all.complete({ ref, argument: { name: 'who', value: 'a' } }), {
    completion: { values: ['{"type":"ref/prompt","name":"greet"} a'] },
  });
  await t.rejects(one.callTool({ name: 'fail', arguments: {} }), { code: -32099, data: { why: 'so' } });
});

t.test('a client that speaks both takes the newer', async (t) => {
  const client = await modernClient(t, hub, { mode: 'auto' });
  t.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
  const older = await modernClient(t, hub, { mode: 'legacy' });
  t.equal(older.getNegotiatedProtocolVersion(), '2025-11-25');
});

t.test('progress, and log messages of the level that a request names', async (t) => {
  const client = await modernClient(t, hub);
  const progress: unknown[] = [];
  const onprogress = (told: { progress: number }) => progress.push(told.progress);
  await client.callTool({ name: 'alpha__progress', arguments: {} }, { onprogress });
  t.same(progress, [1, 2]);
  const logged: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(params.data);
  });
  const log = (level?: string) =>
    client.callTool({
      name: 'alpha__log',
      arguments: { word: 'w' },
      ...(level ? { _meta: { 'io.modelcontextprotocol/logLevel': level } } : {}),
    });
  await log();
  t.same(logged, [], 'none that were not asked for');
  await log('error');
  t.same(logged, ['w!']);
  await log('debug');
  t.same(logged, ['w!', 'w', 'w!']);
  t.equal(textOf(await client.callTool({ name: 'alpha__level', arguments: {} })), 'debug', 'the least that is wanted');
});

t.test('a server that may ask its client logs at the level of each request', async (t) => {
  const call = async (tool: string, level: string) => {
    const _meta = { 'io.modelcontextprotocol/logLevel': level };
    const params = { name: `alpha__${tool}`, arguments: {}, _meta };
    return textOf((await statelessRequest(hub, 'tools/call', params, { capabilities: { sampling: {} } })).result);
  };
  const pid = await call('pid', 'error');
  t.equal(await call('level', 'error'), 'error');
  t.equal(await call('level', 'debug'), 'debug');
  t.equal(await call('pid', 'debug'), pid, 'it is the same instance all along');
});

t.test('a call whose client goes away is cancelled at the server', async (t) => {
  const client = await modernClient(t, hub);
  const abort = new AbortController();
  const call = client.callTool({ name: 'alpha__wait', arguments: {} }, { signal: abort.signal });
  await until(hub, '/api/v1/logs?server=alpha&query=waiting', ({ data }) => data.total > 0);
  abort.abort('enough');
  await t.rejects(call, { message: /enough/ });
  await until(hub, '/api/v1/logs?server=alpha&query=cancelled', ({ data }) => data.total > 0);
});

t.test('a subscription lasts as long as its stream', async (t) => {
  const client = await modernClient(t, hub);
  const heard: string[] = [];
  let wake = () => {};
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    heard.push(params.uri);
  });
  client.setNotificationHandler('notifications/resources/list_changed', () => wake());
  const uri = 'roundhouse://alpha/file:///notes/a.txt';
  const resourceSubscriptions = [uri, 'roundhouse://gamma/x'];
  const subscription = await client.listen({ resourcesListChanged: true, resourceSubscriptions });
  t.same(subscription.honoredFilter, { resourcesListChanged: true, resourceSubscriptions: [uri] });
  const changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  t.equal(textOf(await client.callTool({ name: 'alpha__touch', arguments: {} })), 'file:///notes/a.txt');
  await changed;
  t.same(heard, [uri]);
  await subscription.close();
  const told = async () => textOf(await client.callTool({ name: 'alpha__touch', arguments: {} }));
  await wait('the server has no subscriber', async () => (await told()) === '');
});

t.test('clients that listen learn of tools that come and go', async (t) => {
  const client = await modernClient(t, hub);
  const changed = new Promise<void>((resolve) => {
    client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
  });
  await client.listen({ toolsListChanged: true });
  await hub.connectServer(fixtureServer('gamma', 'everything'));
  await changed;
  const { tools } = await client.listTools({}, { cacheMode: 'refresh' });
  t.ok(tools.some(({ name }) => name === 'gamma__echo'));
});

t.test(
  'a client learns of a change though the same client listens and lists a second time right after it',
  async (t) => {
    // Two connections of one program: to the hub they are one client.
    const options = { capabilities: { sampling: {} } };
    const [client, second] = [await modernClient(t, hub, options), await modernClient(t, hub, options)];
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
    });
    await client.listen({ toolsListChanged: true });
    await client.listTools();
    await hub.connectServer(fixtureServer('delta', 'everything'));
    await second.listen({ toolsListChanged: true });
    await second.listTools();
    await changed;
    t.pass('the first connection is told');
  },
);

t.test('a hub that stops tells the clients that listen', async (t) => {
  const own = await startHub(t);
  const client = await modernClient(t, own);
  const subscription = await client.listen({ toolsListChanged: true });
  await own.stop();
  t.equal(await subscription.closed, 'graceful');
});
