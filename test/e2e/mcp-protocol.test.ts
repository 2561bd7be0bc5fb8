import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
});

const both = { Accept: 'application/json, text/event-stream' };
type Headers = Readonly<Record<string, string>>;

function send(body: unknown, headers: Headers = {}, path = '/mcp', init: RequestInit = {}): Promise<Response> {
  return fetch(hub.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json', ...both, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}

const request = (method: string, params: object = {}, id: number | string = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

async function session(version = '2025-11-25', capabilities = {}, path = '/mcp'): Promise<Headers> {
  const clientInfo = { name: 'raw', version: '1' };
  const answer = await send(request('initialize', { protocolVersion: version, capabilities, clientInfo }), {}, path);
  const { result } = (await answer.json()) as { result: { protocolVersion: string } };
  return {
    'Mcp-Session-Id': answer.headers.get('mcp-session-id') ?? '',
    'MCP-Protocol-Version': result.protocolVersion,
  };
}

/** The messages of an event stream, as they come, with their ids. */
async function* events(response: Response): AsyncGenerator<{ id: string; data: string }> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      if (lines.some((line) => line.startsWith('data:') || line.startsWith('id:')))
        yield { id: field('id'), data: field('data') };
    }
  }
}

t.test('versions are agreed upon', async (t) => {
  for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])
    t.equal((await session(version))['MCP-Protocol-Version'], version);
  t.equal((await session('1999-01-01'))['MCP-Protocol-Version'], '2025-11-25');
  const headers = await session();
  t.equal((await send(request('ping'), { ...headers, 'MCP-Protocol-Version': '1999-01-01' })).status, 400);
});

t.test('credentials, sessions and origins', async (t) => {
  const headers = await session();
  const user = await hub.key('user');
  const status = async (more: Headers, path = '/mcp') =>
    (await send(request('ping'), { ...headers, ...more }, path)).status;
  t.equal(await status({}), 200);
  t.equal(await status({ Authorization: `Bearer ${user}` }), 404, "another caller's session");
  t.equal(await status({}, '/mcp/servers/alpha'), 404, 'a session of another place');
  t.equal(await status({ 'Mcp-Session-Id': 'x' }), 404);
  t.equal(await status({ Origin: 'https://evil.example' }), 403);
  t.equal(await status({ Origin: hub.url }), 200);
  const none = await send(request('ping'), { Authorization: '' });
  t.equal(none.status, 401);
  t.match(none.headers.get('www-authenticate'), /^Bearer/);
  t.match(await none.json(), { jsonrpc: '2.0', error: { code: -32000 } });
  t.equal((await send(request('ping'), {}, '/mcp/servers/nope')).status, 404);
  const end = () =>
    fetch(`${hub.url}/mcp`, { method: 'DELETE', headers: { Authorization: `Bearer ${ADMIN_KEY}`, ...headers } });
  t.equal((await end()).status, 200);
  t.equal((await end()).status, 404);
  t.equal(await status({}), 404, 'it has ended');
});

t.test('what is no message is refused as JSON-RPC says', async (t) => {
  const headers = await session();
  const refused = async (body: unknown, more = headers) => {
    const answer = await send(body, more);
    return [answer.status, ((await answer.json()) as { error: { code: number } }).error.code];
  };
  t.same(await refused('{"a":'), [400, -32700]);
  t.same(await refused({ jsonrpc: '1.0', id: 1, method: 'ping' }), [400, -32600]);
  t.same(await refused({ jsonrpc: '2.0', id: null, method: 'ping' }), [400, -32600]);
  t.same(await refused({ jsonrpc: '2.0', id: 1 }), [400, -32600]);
  t.same(await refused([]), [400, -32600]);
  t.same(await refused([request('ping')]), [400, -32600], 'no batches in this version');
  t.same(await refused(request('no/such')), [200, -32601]);
  t.same(await refused(request('tools/call', { name: 7 })), [200, -32602]);
  t.same(await refused(request('tools/list', { cursor: 'x' })), [200, -32602]);
  t.equal((await send(request('ping'), { ...headers, Accept: 'text/html' })).status, 406);
  t.equal((await send({ jsonrpc: '2.0', method: 'notifications/initialized' }, headers)).status, 202);
});

t.test('batches, in the version that has them', async (t) => {
  const headers = await session('2025-03-26');
  const batch = [
    request('ping', {}, 'a'),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    request('no', {}, 'b'),
  ];
  const answer = (await (await send(batch, headers)).json()) as { id: string }[];
  t.same(answer.map(({ id }) => id).sort(), ['a', 'b']);
});

t.test('requests without a session stand by themselves', async (t) => {
  const answer = await send(request('tools/call', { name: 'alpha__echo', arguments: { word: 'x' } }));
  t.match(await answer.json(), { result: { content: [{ text: 'x' }], isError: false } });
  const abort = new AbortController();
  const hung = send(request('tools/call', { name: 'alpha__wait' }), {}, '/mcp', { signal: abort.signal });
  const before = await hub.call('GET', '/api/v1/logs?server=alpha&query=cancelled');
  setTimeout(() => abort.abort(), 300);
  await t.rejects(hung, { name: 'AbortError' });
  for (;;) {
    const { body } = await hub.call('GET', '/api/v1/logs?server=alpha&query=cancelled');
    if (body.data.total > before.body.data.total) break;
  }
});

t.test('a stream that broke off is resumed where it was', async (t) => {
  const headers = await session('2025-11-25', { sampling: {} });
  const abort = new AbortController();
  const call = request('tools/call', { name: 'alpha__ask', arguments: { method: 'sampling/createMessage' } }, 'call');
  const stream = await send(call, headers, '/mcp', { signal: abort.signal });
  t.match(stream.headers.get('content-type'), /^text\/event-stream/);
  const seen: { id: string; data: string }[] = [];
  for await (const event of events(stream)) {
    seen.push(event);
    if (event.data !== '') break;
  }
  abort.abort();
  t.same(seen[0]?.data, '', 'the first event only says where to come back to');
  const asked = JSON.parse(seen[1]?.data ?? '');
  t.equal(asked.method, 'sampling/createMessage');
  await send({ jsonrpc: '2.0', id: asked.id, result: { model: 'm' } }, headers);
  const resume = (last = '') =>
    fetch(`${hub.url}/mcp`, {
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, Accept: 'text/event-stream', ...headers, 'Last-Event-ID': last },
    });
  for (const from of [seen[1]?.id, seen[0]?.id]) {
    const messages: { method?: string; id?: string }[] = [];
    for await (const { data } of events(await resume(from))) if (data !== '') messages.push(JSON.parse(data));
    t.equal(messages.at(-1)?.id, 'call', 'the answer comes, and the stream ends');
    t.equal(messages.length, from === seen[0]?.id ? 2 : 1, 'no more than was missed');
  }
});

t.test('the older transport', async (t) => {
  const headers = { Authorization: `Bearer ${ADMIN_KEY}` };
  const client = new Client({ name: 'old', version: '1' });
  const eventSourceInit = {
    fetch: (url: string | URL, init?: RequestInit) =>
      fetch(url, { ...init, headers: { ...init?.headers, ...headers } }),
  };
  const transport = new SSEClientTransport(new URL(`${hub.url}/mcp/sse`), {
    requestInit: { headers },
    eventSourceInit: eventSourceInit as never,
  });
  t.teardown(() => client.close());
  await client.connect(transport as Parameters<Client['connect']>[0]);
  const result = await client.callTool({ name: 'alpha__echo', arguments: { word: 'x' } });
  t.match(result, { content: [{ text: 'x' }] });
  t.ok((await client.listTools()).tools.length > 12);
});

t.test('on the older transport everything comes by the one stream, in order', async (t) => {
  const abort = new AbortController();
  const headers = { Authorization: `Bearer ${ADMIN_KEY}`, Accept: 'text/event-stream' };
  const stream = events(await fetch(`${hub.url}/mcp/sse`, { headers, signal: abort.signal }));
  const next = async () => (await stream.next()).value?.data ?? '';
  const address = await next();
  t.match(address, /^\/mcp\/messages\?sessionId=[\w-]+$/);
  const post = async (body: unknown) => (await send(body, {}, address)).status;
  t.equal(await post(request('tools/list', {}, 'early')), 202);
  t.match(JSON.parse(await next()), { id: 'early', error: { code: -32600 } }, 'nothing before initialize');
  await post(request('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'old' } }));
  t.match(JSON.parse(await next()), { id: 1, result: { protocolVersion: '2024-11-05' } });
  await post(request('tools/call', { name: 'alpha__progress', _meta: { progressToken: 'mine' } }, 2));
  const messages = [JSON.parse(await next()), JSON.parse(await next()), JSON.parse(await next())];
  t.match(messages, [
    { method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } },
    { method: 'notifications/progress', params: { progressToken: 'mine', progress: 2 } },
    { id: 2, result: { content: [{ text: 'done' }] } },
  ]);
  const other = await hub.key('user');
  t.equal((await send(request('ping'), { Authorization: `Bearer ${other}` }, address)).status, 404);
  abort.abort();
});
