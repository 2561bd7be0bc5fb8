import { once } from 'node:events';
import {
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { fixtureServer, until } from '../automation.js';
import { type HttpSession, httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { hubWithEverything, listOf, textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import type { Hub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await hubWithEverything(t, ['alpha', 'beta']);
});

t.test('tools, under names of the fleet and under their own', async (t) => {
  const { client: all } = await mcpClient(t, hub);
  const { client: one } = await mcpClient(t, hub, { path: '/mcp/servers/alpha' });
  t.equal(one.getServerVersion()?.name, 'fixture');
  t.equal(textOf(await all.callTool({ name: 'beta__echo', arguments: { word: 'héllo' } })), 'héllo');
  t.equal(textOf(await one.callTool({ name: 'echo', arguments: { word: 'x' } })), 'x');
  const { tools } = await one.listTools();
  t.equal(tools.length, 12, 'nothing of the hub is among them');
  t.match(JSON.parse(textOf(await one.callTool({ name: 'meta', arguments: {}, _meta: { trace: { id: 1 } } }))), {
    trace: { id: 1 },
  });
  await t.rejects(one.callTool({ name: 'fail', arguments: {} }), { code: -32099, data: { why: 'so' } });
  const link = await all.callTool({ name: 'alpha__link', arguments: {} });
  t.match(link, { content: [{ type: 'resource_link', uri: 'roundhouse://alpha/file:///notes/a.txt' }] });
});

t.test('progress and log messages come with the call', async (t) => {
  const { client } = await mcpClient(t, hub);
  const progress: unknown[] = [];
  await client.callTool({ name: 'alpha__progress', arguments: {} }, undefined, {
    onprogress: (told) => progress.push(told.progress),
  });
  t.same(progress, [1, 2]);
  const logged: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logged.push(params.data);
  });
  await client.callTool({ name: 'alpha__log', arguments: { word: 'w' } });
  t.same(logged, ['w', 'w!']);
  await client.setLoggingLevel('error');
  await client.callTool({ name: 'alpha__log', arguments: { word: 'w' } });
  t.same(logged, ['w', 'w!', 'w!'], 'no less than the client wants');
});

t.test('of two clients on one server each hears of its own calls only', async (t) => {
  const connect = async () => {
    const { client } = await mcpClient(t, hub, { path: '/mcp/servers/alpha' });
    const logged: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      logged.push(params.data);
    });
    // Both give their calls the same tokens.
    const progress = async () => {
      const told: number[] = [];
      const onprogress = ({ progress }: { progress: number }) => told.push(progress);
      await client.callTool({ name: 'progress', arguments: {} }, undefined, { onprogress });
      return told;
    };
    return { client, logged, progress };
  };
  const [one, two] = await Promise.all([connect(), connect()]);
  const told = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).progress()));
  t.same(told, Array(20).fill([1, 2]));
  await one.client.callTool({ name: 'log', arguments: { word: 'mine' } });
  await two.client.callTool({ name: 'echo', arguments: { word: 'x' } });
  t.same([one.logged, two.logged], [['mine', 'mine!'], []]);
});

t.test('a log message about a call that comes after its answer reaches no other caller', async (t) => {
  await hub.connectServer(fixtureServer('tells'));
  t.teardown(() => hub.call('DELETE', '/api/servers/tells'));
  const connect = async (key: string) => {
    const { client } = await mcpClient(t, hub, { key });
    const logged: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      logged.push(params.data);
    });
    const call = (tool: string, word: string) => client.callTool({ name: `tells__${tool}`, arguments: { word } });
    return { logged, call };
  };
  const [one, two] = await Promise.all([connect(await hub.key('user')), connect(await hub.key('user'))]);
  await one.call('later', 'first');
  await one.call('later', 'second');
  t.same(one.logged, ['first is done'], 'its own');
  await two.call('say', 'mine');
  t.same(two.logged, []);
});

t.test('a server keeps the `_meta` of its lists, and its experimental capabilities', async (t) => {
  const server = await httpServer(t);
  const lists = { 'tools/list': 'tools', 'resources/list': 'resources', 'prompts/list': 'prompts' };
  const experimental = { 'acme/marks': { version: 2 } };
  server.answering = ({ method = '' }) => {
    const member = lists[method as keyof typeof lists];
    if (member) return { [member]: [], _meta: { 'acme/list': method } };
    if (method !== 'initialize') return undefined;
    const capabilities = { tools: {}, resources: {}, prompts: {}, experimental };
    return { protocolVersion: '2025-11-25', serverInfo: { name: 'fixture', version: '1.0.0' }, capabilities };
  };
  await hub.connectServer(registration('marked', server));
  t.teardown(() => hub.call('DELETE', '/api/servers/marked'));
  const path = '/mcp/servers/marked';
  for (const client of [(await mcpClient(t, hub, { path })).client, await modernClient(t, hub, { path })]) {
    t.same(client.getServerCapabilities()?.experimental, experimental);
    t.match((await client.listTools())._meta, { 'acme/list': 'tools/list' });
    t.match((await client.listResources())._meta, { 'acme/list': 'resources/list' });
    t.match((await client.listPrompts())._meta, { 'acme/list': 'prompts/list' });
  }
});

t.test("a client of 2026-07-28 gets a server's icons once, and its name and version with each result", async (t) => {
  const who = { name: 'fixture', version: '1.0.0' };
  const icons = [{ src: 'https://example.org/icon.png' }];
  const server = await httpServer(t, { tools: [tool('one')] });
  server.answering = ({ method }) =>
    method === 'initialize'
      ? { protocolVersion: '2025-11-25', serverInfo: { ...who, icons }, capabilities: { tools: {} } }
      : undefined;
  await hub.connectServer(registration('pictured', server));
  t.teardown(() => hub.call('DELETE', '/api/servers/pictured'));
  const client = await modernClient(t, hub, { path: '/mcp/servers/pictured' });
  t.same(client.getServerVersion(), { ...who, icons });
  const { _meta } = await client.callTool({ name: 'one', arguments: {} });
  t.same(_meta?.['io.modelcontextprotocol/serverInfo'], who);
});

t.test("a server's description of itself has no secrets, and no values of another form", async (t) => {
  const secret = 'a-secret-header-4711';
  const server = await httpServer(t);
  const serverInfo = { name: `n ${secret}`, title: { x: 1 }, version: 7, websiteUrl: 'x'.repeat(5000), icons: ['x'] };
  server.answering = ({ method }) =>
    method === 'initialize' ? { protocolVersion: '2025-11-25', serverInfo, capabilities: { tools: {} } } : undefined;
  const { transport, ...more } = registration('telling', server);
  await hub.connectServer({ ...more, transport: { ...transport, headers: { 'X-Token': secret } } });
  t.teardown(() => hub.call('DELETE', '/api/servers/telling'));
  const path = '/mcp/servers/telling';
  const told = { name: 'n [REDACTED]', version: '', websiteUrl: 'x'.repeat(4096) };
  for (const client of [(await mcpClient(t, hub, { path })).client, await modernClient(t, hub, { path })])
    t.same(client.getServerVersion(), told);
});

t.test('a server gets a progress token if the client wants progress, and only then', async (t) => {
  const server = await httpServer(t, { tools: [tool('one')] });
  const tokens: boolean[] = [];
  server.answering = ({ method, params }) => {
    if (method === 'tools/call') tokens.push(params._meta?.progressToken !== undefined);
    return undefined;
  };
  await hub.connectServer(registration('counted', server));
  t.teardown(() => hub.call('DELETE', '/api/servers/counted'));
  const path = '/mcp/servers/counted';
  const call = { name: 'one', arguments: {} };
  const logging = { ...call, _meta: { 'io.modelcontextprotocol/logLevel': 'info' } };
  const onprogress = () => {};
  const { client } = await mcpClient(t, hub, { path });
  await client.callTool(call);
  await client.callTool(call, undefined, { onprogress });
  const newer = await modernClient(t, hub, { path });
  await newer.callTool(logging);
  await newer.callTool(logging, { onprogress });
  const answering = await modernClient(t, hub, { path, capabilities: { elicitation: {} } });
  await answering.callTool(logging);
  await answering.callTool(logging, { onprogress });
  t.same(tokens, [false, true, false, true, false, true]);
});

t.test("a client's news of its roots reaches its own instance, and no other", async (t) => {
  const server = await httpServer(t, { tools: [tool('one')] });
  await hub.connectServer(registration('remote', server));
  t.teardown(() => hub.call('DELETE', '/api/servers/remote'));
  const connect = async (name: string) => {
    const { client } = await mcpClient(t, hub, {
      capabilities: { roots: { listChanged: true } },
      prepare: (made) =>
        made.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}` }] })),
    });
    await client.callTool({ name: 'remote__one', arguments: {} });
    return client;
  };
  const one = await connect('one');
  const [own] = server.privates;
  await connect('two');
  const told = once(server, 'news');
  server.on('message', ({ method }: Message, session: HttpSession) => {
    if (method === 'notifications/roots/list_changed') server.emit('news', session);
  });
  await one.sendRootsListChanged();
  const [session] = (await told) as [HttpSession];
  t.equal(session.id, own?.id);
  t.same((await session.ask('roots/list')).result, { roots: [{ uri: 'file:///one' }] });
});

t.test('a call that is cancelled is cancelled at the server, with the reason of its client', async (t) => {
  const { client } = await mcpClient(t, hub);
  const abort = new AbortController();
  const call = client.callTool({ name: 'alpha__wait', arguments: {} }, undefined, { signal: abort.signal });
  await until(hub, '/api/v1/logs?server=alpha&query=waiting', ({ data }) => data.total > 0);
  abort.abort('enough');
  await t.rejects(call, { message: /enough/ });
  await until(hub, '/api/v1/logs?server=alpha&query=enough', ({ data }) => data.total > 0);
});

t.test('resources of all servers, under URIs of the fleet', async (t) => {
  const { client } = await mcpClient(t, hub);
  const resources = await listOf(4, async () => (await client.listResources()).resources);
  t.same(
    resources.map(({ uri }) => uri),
    [
      'roundhouse://alpha/file:///notes/a.txt',
      'roundhouse://alpha/memo://b?x=1#y',
      'roundhouse://beta/file:///notes/a.txt',
      'roundhouse://beta/memo://b?x=1#y',
    ],
  );
  const resourceTemplates = await listOf(2, async () => (await client.listResourceTemplates()).resourceTemplates);
  t.match(resourceTemplates, {
    0: { uriTemplate: 'roundhouse://alpha/file:///notes/{name}' },
    length: 2,
  });
  const uri = 'roundhouse://beta/memo://b?x=1#y';
  t.match(await client.readResource({ uri }), { contents: [{ uri, text: 'text of memo://b?x=1#y' }] });
  await t.rejects(client.readResource({ uri: 'roundhouse://gamma/x' }), { code: -32002 });
  const { client: one } = await mcpClient(t, hub, { path: '/mcp/servers/beta' });
  const page = await one.listResources();
  t.match(page, { resources: [{ uri: 'file:///notes/a.txt' }], nextCursor: '2' }, 'pages pass as they are');
});

t.test('only subscribers get the updates of a subscription', async (t) => {
  const heard: Record<string, string[]> = { all: [], one: [], other: [] };
  const listening = async (name: string, path: string) => {
    let wake = () => {};
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const { client } = await mcpClient(t, hub, { path });
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      heard[name]?.push(params.uri);
    });
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => wake());
    return { client, changed };
  };
  const all = await listening('all', '/mcp');
  const one = await listening('one', '/mcp/servers/alpha');
  const other = await listening('other', '/mcp');
  await all.client.subscribeResource({ uri: 'roundhouse://alpha/file:///notes/a.txt' });
  await one.client.subscribeResource({ uri: 'file:///notes/a.txt' });
  await one.client.callTool({ name: 'touch', arguments: {} });
  await Promise.all([all.changed, one.changed, other.changed]);
  t.same(heard, { all: ['roundhouse://alpha/file:///notes/a.txt'], one: ['file:///notes/a.txt'], other: [] });
  await all.client.unsubscribeResource({ uri: 'roundhouse://alpha/file:///notes/a.txt' });
  const touch = () => one.client.callTool({ name: 'touch', arguments: {} });
  t.equal(textOf(await touch()), 'file:///notes/a.txt', 'the other one is still subscribed');
  await one.client.unsubscribeResource({ uri: 'file:///notes/a.txt' });
  t.equal(textOf(await touch()), '', 'the last one is not');
});

t.test('prompts and completions', async (t) => {
  const { client } = await mcpClient(t, hub);
  const prompts = await listOf(2, async () => (await client.listPrompts()).prompts);
  t.same(prompts.map(({ name }) => name).sort(), ['alpha__greet', 'beta__greet']);
  const prompt = await client.getPrompt({ name: 'beta__greet', arguments: { who: 'you' } });
  t.match(prompt, { messages: [{ content: { text: 'Hello you' } }] });
  const complete = (ref: Parameters<typeof client.complete>[0]['ref']) =>
    client.complete({ ref, argument: { name: 'who', value: 'a' } });
  t.match(await complete({ type: 'ref/prompt', name: 'alpha__greet' }), {
    completion: { values: ['{"type":"ref/prompt","name":"greet"} a'] },
  });
  t.match(await complete({ type: 'ref/resource', uri: 'roundhouse://alpha/file:///notes/{name}' }), {
    completion: { values: ['{"type":"ref/resource","uri":"file:///notes/{name}"} a'] },
  });
});
