import { once } from 'node:events';
import http from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import t from 'tap';
import { fixtureServer, until } from '../automation.js';
import { ADMIN_KEY, ADMIN_PASSWORD, type Hub, startAgent, startHub } from '../roundhouse.js';

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

/** The answers to a client that uses another name for the hub. */
async function fromHost(host: string, path: string) {
  const headers = { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json', ...both, Host: host };
  const sent = http.request(hub.url + path, { method: path === '/mcp/sse' ? 'GET' : 'POST', headers });
  sent.end(path === '/mcp/sse' ? undefined : JSON.stringify(request('ping')));
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, body: JSON.parse((await response.toArray()).join('')) };
}

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
  const wrong = { ...headers, 'MCP-Protocol-Version': '1999-01-01' };
  const refused = await send(request('ping', {}, 'mine'), wrong);
  t.equal(refused.status, 400);
  t.match(await refused.json(), { id: 'mine', error: { code: -32022, data: { requested: '1999-01-01' } } });
  const init = { method: 'DELETE', headers: { Authorization: `Bearer ${ADMIN_KEY}`, ...wrong } };
  t.equal((await fetch(`${hub.url}/mcp`, init)).status, 400);
  t.equal((await send(request('ping'), headers)).status, 200, 'the session is there still');
});

t.test("a client's description of itself has a limit: it is kept as long as the client stays", async (t) => {
  const long = { name: 'x'.repeat(5000), version: '1' };
  for (const [field, more] of [
    ['clientInfo', { clientInfo: long }] as const,
    ['capabilities', { capabilities: long }] as const,
  ]) {
    const answer = await send(request('initialize', { protocolVersion: '2025-11-25', ...more }, 'mine'));
    t.equal(answer.status, 400);
    t.equal(answer.headers.get('mcp-session-id'), null);
    t.match(await answer.json(), { id: 'mine', error: { code: -32602, message: /limit is 4096/, data: { field } } });
  }
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
  for (const path of ['/mcp', '/mcp/servers/alpha', '/mcp/sse']) {
    const refused = { status: 403, body: { jsonrpc: '2.0', id: null, error: { code: -32000 } } };
    t.match(await fromHost('evil.example', path), refused, `another host at ${path}`);
    t.match(await fromHost(`evil.example:${new URL(hub.url).port}`, path), refused);
  }
  t.equal((await fromHost(new URL(hub.url).host, '/mcp')).status, 200);
  t.equal((await fromHost('localhost', '/mcp')).status, 200);
  const signedIn = await hub.call('POST', '/api/v1/auth/token', { username: 'admin', password: ADMIN_PASSWORD }, null);
  const { access_token: jwt } = signedIn.body;
  t.equal(await status({ Authorization: `Bearer ${jwt}`, 'Mcp-Session-Id': '' }), 200, "the hub's own tokens are good");
  t.equal(await status({ Authorization: `Bearer ${jwt}x`, 'Mcp-Session-Id': '' }), 401);
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

t.test('an invalid message is refused as JSON-RPC says', async (t) => {
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

t.test('each message of an array counts, and none is carried out where the limits leave no room for all', async (t) => {
  const strict = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const key = await strict.key('user', { tier: 'free' });
  const version = { 'MCP-Protocol-Version': '2025-03-26', 'Content-Type': 'application/json' };
  const headers = { Authorization: `Bearer ${key}`, ...version, ...both };
  const array = async (count: number) => {
    const body = Array.from({ length: count }, (_, i) => request('ping', {}, i));
    const answer = await strict.call('POST', '/mcp', body, null, { headers });
    return [answer.status, answer.headers.get('x-ratelimit-remaining')];
  };
  // A free key has 60 requests a minute.
  t.same(await array(40), [200, '20']);
  t.same(await array(21), [429, '19'], 'only the refused array itself counts');
  t.same(await array(19), [200, '0']);
});

t.test('requests without a session stand by themselves', async (t) => {
  const answer = await send(request('tools/call', { name: 'alpha__echo', arguments: { word: 'x' } }));
  t.match(await answer.json(), { result: { content: [{ text: 'x' }], isError: false } });
  const logged = (word: string) => `/api/v1/logs?server=alpha&query=${word}`;
  const count = async (word: string): Promise<number> => (await hub.call('GET', logged(word))).body.data.total;
  const [waiting, cancelled] = [await count('waiting'), await count('cancelled')];
  const abort = new AbortController();
  const hung = t.rejects(send(request('tools/call', { name: 'alpha__wait' }), {}, '/mcp', { signal: abort.signal }), {
    name: 'AbortError',
  });
  await until(hub, logged('waiting'), ({ data }) => data.total > waiting);
  abort.abort();
  await hung;
  await until(hub, logged('cancelled'), ({ data }) => data.total > cancelled);
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
  const transport = new SSEClientTransport(new URL(`${hub.url}/mcp/sse?site=local`), {
    requestInit: { headers },
    eventSourceInit: eventSourceInit as never,
  });
  t.teardown(() => client.close());
  await client.connect(transport as Parameters<Client['connect']>[0]);
  const result = await client.callTool({ name: 'alpha__echo', arguments: { word: 'x' } });
  t.match(result, { content: [{ text: 'x' }] });
  t.ok((await client.listTools()).tools.length > 12);
});

t.test('on the older transport all messages come by the one stream, in order', async (t) => {
  const abort = new AbortController();
  const headers = { Authorization: `Bearer ${ADMIN_KEY}`, Accept: 'text/event-stream' };
  const stream = events(await fetch(`${hub.url}/mcp/sse`, { headers, signal: abort.signal }));
  const next = async () => (await stream.next()).value?.data ?? '';
  const address = await next();
  t.match(address, /^\/mcp\/messages\?sessionId=[\w-]+$/);
  const post = async (body: unknown) => (await send(body, {}, address)).status;
  t.equal(await post(request('tools/list', {}, 'early')), 202);
  t.match(JSON.parse(await next()), { id: 'early', error: { code: -32600 } }, 'nothing before initialize');
  await post(request('initialize', { protocolVersion: '2024-11-05', clientInfo: { name: 'x'.repeat(5000) } }, 'long'));
  t.match(JSON.parse(await next()), { id: 'long', error: { code: -32602, data: { field: 'clientInfo' } } });
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
  t.equal((await fetch(`${hub.url}/mcp/sse?group=nope`, { headers })).status, 404, 'an address that shows nothing');
  abort.abort();
});
