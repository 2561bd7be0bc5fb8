import t from 'tap';
import { type HttpServer, httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { mcpListener } from '../mcp-listener.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(
    registration('good', await httpServer(t, { tools: [tool('one')], prompts: [{ name: 'p' }] })),
  );
});

type Connected = Awaited<ReturnType<typeof mcpClient>>['client'];

/** Connects a server for one test. */
async function connected(t: { teardown(end: () => Promise<unknown>): void }, name: string, server: HttpServer) {
  await hub.connectServer(registration(name, server));
  t.teardown(() => hub.call('DELETE', `/api/servers/${name}`));
}

/** All tools of a server, by their descriptions: the names by which they are called here. */
async function toolsOf(client: Connected, mark: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let cursor: string | undefined, more = true; more; ) {
    const page: Awaited<ReturnType<Connected['listTools']>> = await client.listTools(
      cursor === undefined ? {} : { cursor },
    );
    for (const { name, description = '' } of page.tools) if (description.startsWith(mark)) found.set(description, name);
    cursor = page.nextCursor;
    more = cursor !== undefined;
  }
  return found;
}

t.test('names of any characters are callable under names that any client takes', async (t) => {
  const odd = [
    'plain',
    'a b',
    'a.b',
    'a/b',
    'a__b',
    '__proto__',
    'constructor',
    'toString',
    'naïve',
    '名前',
    '👋',
    '\u202eevil',
    '"quoted"\\',
    'line\nbreak',
    '\u0000',
    '\ud800',
    ' ',
    'x'.repeat(1023),
    'x'.repeat(1024),
    'good__one',
    'find_tools',
  ];
  const server = await httpServer(t, {
    tools: [
      ...odd.map((name, i) => tool(name, { description: `odd ${i}` })),
      ...odd.map((name) => tool(name, { description: 'odd and there already' })),
      ...[null, 7, 'tool', [], {}, tool(''), tool('x'.repeat(1025)), { name: 5 }, { name: null }, { name: { a: 1 } }],
    ],
  });
  await connected(t, 'odd', server);
  const { client } = await mcpClient(t, hub);
  const found = await toolsOf(client, 'odd');
  t.equal(found.size, odd.length, 'each once');
  t.equal(new Set(found.values()).size, odd.length);
  t.ok([...found.values()].every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)));
  for (const [i, name] of odd.entries()) {
    // No text on the wire can hold half a character.
    if (name === '\ud800') continue;
    const called = server.received('tools/call');
    await client.callTool({ name: found.get(`odd ${i}`) ?? '', arguments: {} });
    t.equal((await called).params.name, name);
  }
  t.equal(
    textOf(await client.callTool({ name: 'good__one', arguments: {} })),
    'one',
    'no server takes the name of another',
  );
});

/** The hub takes definitions of 256 KiB. */
const large = 'd'.repeat(250 * 1024);

t.test('a huge list, and huge tools: all of it comes, in pages', async (t) => {
  const many = Array.from({ length: 2497 }, (_, i) => tool(`tool_${i}`, { description: `huge ${i}` }));
  const tools = [...many, ...[0, 1, 2].map((i) => tool(`large_${i}`, { description: `huge large ${i} ${large}` }))];
  await connected(t, 'huge', await httpServer(t, { tools }));
  const { client } = await mcpClient(t, hub);
  t.equal((await toolsOf(client, 'huge')).size, 2500);
});

t.test('more than can be told: the first of it counts, and the log says so', async (t) => {
  const tools = Array.from({ length: 60 }, (_, i) => tool(`large_${i}`, { description: `vast ${i} ${large}` }));
  tools.unshift(tool('enormous', { description: `vast ${large}${large}` }));
  await connected(t, 'vast', await httpServer(t, { tools }));
  const { client } = await mcpClient(t, hub);
  const found = await toolsOf(client, 'vast');
  t.ok(found.size > 40 && found.size < 60, `${found.size} of 60`);
  const { body } = await hub.call('GET', '/api/v1/logs?server=vast&query=larger');
  t.equal(body.data.total, 1);
  const leftOut = await hub.call('GET', '/api/v1/logs?server=vast&query=enormous');
  t.equal(leftOut.body.data.total, 1, 'a definition that is too large is left out alone');
});

t.test(
  'a server that refuses with deep data, or says too much of itself, is not connected, and the others go on',
  async (t) => {
    const server = await httpServer(t, { tools: [tool('one')] });
    const { client } = await mcpClient(t, hub);
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    const told = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
    t.teardown(() => hub.call('DELETE', '/api/servers/talker'));
    for (const [answer, reason] of [
      [
        (id: unknown) => `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"go away","data":${deep}}}`,
        /nests deeper than 1,000 levels/,
      ],
      [() => ({ ...told, instructions: 'x'.repeat(17 * 1024 * 1024) }), /longer than 512 KiB/],
    ] as const) {
      server.answering = ({ id, method }: Message) => (method === 'initialize' ? answer(id) : undefined);
      await hub.call('POST', '/api/servers', registration('talker', server));
      const { status, body } = await hub.call('POST', '/api/servers/talker/connect');
      t.ok(status >= 400);
      t.match(JSON.stringify(body), reason);
      t.equal(textOf(await client.callTool({ name: 'good__one', arguments: {} })), 'one');
    }
  },
);

t.test('lists without an end', async (t) => {
  const server = await httpServer(t, { tools: [tool('one')] });
  let pages = 0;
  server.answering = ({ method, params }: Message) => {
    if (method !== 'prompts/list' && method !== 'resources/list') return undefined;
    pages += 1;
    const nextCursor = method === 'prompts/list' ? String(pages) : params?.cursor === 'a' ? 'b' : 'a';
    return { prompts: [{ name: `endless ${pages}` }], resources: [{ uri: 'r:1', name: 'r' }], nextCursor };
  };
  await connected(t, 'endless', server);
  const { client, next } = await mcpListener(t, hub);
  const list = async () => (await client.listPrompts()).prompts.filter(({ name }) => name.startsWith('endless'));
  for (let found = await list(); found.length === 0; found = await list())
    await next('notifications/prompts/list_changed');
  t.ok((await list()).length <= 200, 'it is read so far, and no further');
  t.ok(pages <= 400);
  t.match(await client.getPrompt({ name: 'good__p' }), { messages: { length: 1 } });

  server.answering = ({ method, params }: Message) =>
    method === 'tools/list' ? { tools: [tool('x')], nextCursor: params?.cursor === 'a' ? 'b' : 'a' } : undefined;
  const { body, status } = await hub.call('POST', '/api/servers/endless/disconnect');
  t.equal(status, 200, JSON.stringify(body));
  const refused = await hub.call('POST', '/api/servers/endless/connect');
  t.match(JSON.stringify(refused.body), /cursor came twice/);
});

t.test('a client sees a storm of changes as a few notices, and the last change counts', async (t) => {
  const server = await httpServer(t, { tools: [tool('t0')], prompts: [{ name: 'p0' }] });
  await connected(t, 'storm', server);
  const { client, next, heard } = await mcpListener(t, hub);
  await client.listTools();
  await client.listPrompts();
  let reads = 0;
  server.on('message', ({ method = '' }: Message) => {
    if (method.endsWith('/list')) reads += 1;
  });
  const before = heard.length;
  for (let i = 1; i <= 500; i += 1) {
    server.offer = { tools: [tool(`t${i}`)], resources: [], prompts: [{ name: `p${i}` }] };
    for (const list of ['tools', 'prompts', 'resources']) server.shared.notify(`notifications/${list}/list_changed`);
  }
  const last = async () =>
    (await client.listTools()).tools.some(({ name }) => name === 'storm__t500') &&
    (await client.listPrompts()).prompts.some(({ name }) => name === 'storm__p500');
  while (!(await last())) await next(/\/list_changed$/);
  t.ok(heard.length - before < 150, `${heard.length - before} of 1500 were told`);
  t.ok(reads < 150, `${reads} lists were read`);
});

t.test('notifications that are none', async (t) => {
  const server = await httpServer(t, { prompts: [{ name: 'p0' }], tools: [tool('one')] });
  await connected(t, 'wild', server);
  const { client, next } = await mcpListener(t, hub, { answer: () => 'x' });
  await client.callTool({ name: 'wild__one', arguments: {} });
  for (const session of server.sessions.values()) {
    for (const params of [5, 'text', [], null, { uri: 5 }, { uri: { a: 1 } }, { requestId: [] }]) {
      for (const method of ['resources/updated', 'cancelled', 'message', 'progress', 'whatever', 'tools/list_changed'])
        session.say({ method: `notifications/${method}`, params });
    }
    session.say({ id: 'x', method: 'sampling/createMessage', params: 5 });
    session.notify('notifications/prompts/list_changed');
  }
  await next('notifications/prompts/list_changed');
  t.equal(textOf(await client.callTool({ name: 'wild__one', arguments: {} })), 'one', 'everything goes on');
});

t.test('results whose parts are none pass as they are', async (t) => {
  const content = [null, 7, 'resource', [], { type: 'resource', resource: null }, { type: 'resource_link', uri: 7 }];
  const contents = [null, 7, 'x', [], { uri: null }, { uri: 'r:1', text: 'good' }];
  const server = await httpServer(t, { tools: [tool('parts')], resources: [{ uri: 'r:1', name: 'r' }] });
  server.answering = ({ method }: Message) =>
    method === 'tools/call' ? { content } : method === 'resources/read' ? { contents } : undefined;
  await connected(t, 'parts', server);
  const ask = async (method: string, params: object) =>
    (await hub.call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method, params })).body;
  t.same((await ask('tools/call', { name: 'parts__parts' })).result.content, content);
  const read = await ask('resources/read', { uri: 'roundhouse://parts/r:1' });
  t.same(read.result.contents, [...contents.slice(0, -1), { uri: 'roundhouse://parts/r:1', text: 'good' }]);
});

t.test('malformed capabilities: a client that offers sampling still gets its instance', async (t) => {
  const server = await httpServer(t, { tools: [tool('one')] });
  server.answering = ({ method }: Message) =>
    method === 'initialize'
      ? { protocolVersion: '2025-11-25', serverInfo: { name: 'odd', version: '1' }, capabilities: 5 }
      : method === 'prompts/get'
        ? { messages: [] }
        : undefined;
  await connected(t, 'bare', server);
  const { client } = await mcpListener(t, hub, { path: '/mcp/servers/bare', answer: () => 'x' });
  const opened = server.received('prompts/get');
  t.match(await client.getPrompt({ name: 'p' }), { messages: { length: 0 } });
  t.ok(await opened);
  t.equal(server.privates.length, 1);
});
