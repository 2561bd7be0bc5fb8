import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
  await hub.connectServer(fixtureServer('visits', 'repeated'));
});

type Headers = Readonly<Record<string, string>>;

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface Raw {
  readonly params?: Readonly<Record<string, unknown>>;
  /** Replace the headers of the request; empty: not sent. */
  readonly headers?: Headers;
  readonly path?: string;
  readonly id?: number | undefined;
}

async function send(method: string, { params = { _meta: meta }, headers = {}, path = '/mcp', ...more }: Raw = {}) {
  const name = params.name ?? params.uri;
  const all = {
    Authorization: `Bearer ${ADMIN_KEY}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': method,
    ...(name === undefined ? {} : { 'Mcp-Name': String(name) }),
    ...headers,
  };
  const id = 'id' in more ? more.id : 1;
  const response = await fetch(hub.url + path, {
    method: 'POST',
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

t.test('the hub checks the envelope of a request', async (t) => {
  const claims = (more: object) => ({ params: { _meta: { ...meta, ...more } } });
  const key = 'io.modelcontextprotocol/';
  const future = claims({ [`${key}protocolVersion`]: '2099-01-01' });
  const unknown = await send('tools/list', { ...future, headers: { 'MCP-Protocol-Version': '2099-01-01' } });
  t.match(unknown, { status: 400, body: { id: 1, error: { code: -32022, data: { requested: '2099-01-01' } } } });
  t.same(unknown.body.error.data.supported, ['2026-07-28'], 'as server/discover has it');
  const missing = await send('tools/list', { params: {} });
  t.match(missing, { status: 400, body: { id: 1, error: { code: -32602, message: /protocolVersion/ } } });
  const bare = await send('tools/list', claims({ [`${key}clientCapabilities`]: undefined }));
  t.match(bare, { status: 400, body: { error: { code: -32602, message: /clientCapabilities/ } } });
  const level = await send('tools/list', claims({ [`${key}logLevel`]: 'loud' }));
  t.match(level, { status: 400, body: { error: { code: -32602, message: /logLevel/ } } });
  const long = await send('tools/list', claims({ [`${key}clientInfo`]: { name: 'x'.repeat(5000) } }));
  t.match(long, { status: 400, body: { id: 1, error: { code: -32602, message: /clientInfo.*4096/ } } });
});

t.test('headers must match the body', async (t) => {
  const mismatch = { status: 400, body: { error: { code: -32020 } } };
  const call = { params: { _meta: meta, name: 'alpha__echo', arguments: { word: 'x' } } };
  const encoded = `=?base64?${Buffer.from('alpha__echo').toString('base64')}?=`;
  t.match(await send('tools/list', { headers: { 'MCP-Protocol-Version': '' } }), mismatch);
  t.match(await send('tools/list', { headers: { 'MCP-Protocol-Version': '2025-11-25' } }), mismatch);
  const older = { ...meta, 'io.modelcontextprotocol/protocolVersion': '2025-11-25' };
  t.match(await send('tools/list', { params: { _meta: older } }), {
    ...mismatch,
    body: { id: 1, error: { code: -32020 } },
  });
  t.match(await send('tools/list', { headers: { 'Mcp-Method': '' } }), mismatch);
  t.match(await send('tools/list', { headers: { 'Mcp-Method': 'tools/call' } }), mismatch);
  t.match(await send('tools/call', { ...call, headers: { 'Mcp-Name': '' } }), mismatch);
  t.match(await send('tools/call', { ...call, headers: { 'Mcp-Name': 'alpha__wait' } }), mismatch);
  t.match(await send('tools/call', { ...call, headers: { 'Mcp-Name': '=?base64?%%?=' } }), mismatch);
  t.equal((await send('tools/call', { ...call, headers: { 'Mcp-Name': encoded } })).status, 200);
});

t.test('a header that comes twice says two things', async (t) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
  const sent = request(`${hub.url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Type': 'application/json',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': ['tools/list', 'tools/call'],
    },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  t.equal(response.statusCode, 400);
  t.match(JSON.parse((await response.toArray()).join('')), {
    error: { code: -32020, message: /tools\/list, tools\/call/ },
  });
});

t.test('arguments that a tool wants repeated in headers', async (t) => {
  const call = (region: unknown, headers: Headers) =>
    send('tools/call', { params: { _meta: meta, name: 'visits__query', arguments: { at: { region } } }, headers });
  const mismatch = { status: 400, body: { error: { code: -32020 } } };
  t.match(await call('eu', {}), mismatch);
  t.match(await call('eu', { 'Mcp-Param-Region': 'us' }), mismatch);
  t.match(await call('eu', { 'Mcp-Param-Region': 'eu' }), {
    status: 200,
    body: { result: { content: [{ text: 'eu' }] } },
  });
  const encoded = `=?base64?${Buffer.from('日本').toString('base64')}?=`;
  t.match(await call('日本', { 'Mcp-Param-Region': encoded }), {
    status: 200,
    body: { result: { content: [{ text: '日本' }] } },
  });
  t.match(await call(undefined, {}), { status: 200 }, 'nothing to repeat');
});

t.test('known methods, and methods that the revision removed', async (t) => {
  const gone = { status: 404, body: { id: 1, error: { code: -32601 } } };
  for (const method of ['ping', 'logging/setLevel', 'resources/subscribe', 'initialize', 'no/such'])
    t.match(await send(method), gone, method);
  for (const method of ['ping', 'logging/setLevel'])
    t.match(await send(method, { params: {} }), gone, `${method}, as in a session`);
  const { body } = await send('server/discover');
  t.match(body.result, { resultType: 'complete', supportedVersions: ['2026-07-28'], cacheScope: 'private' });
  t.equal(body.result._meta['io.modelcontextprotocol/serverInfo'].name, 'roundhouse');
  t.match(body.result.ttlMs, Number);
  const listed = await send('tools/list');
  t.match(listed.body.result, { resultType: 'complete', ttlMs: Number, cacheScope: 'private' });
  t.ok(listed.body.result.tools.some(({ name }: { name: string }) => name === 'visits__query'));
  t.equal(listed.headers.get('mcp-session-id'), null);
  t.equal((await send('notifications/cancelled', { id: undefined })).status, 202);
  for (const method of ['GET', 'DELETE']) {
    const headers = { Authorization: `Bearer ${ADMIN_KEY}`, 'MCP-Protocol-Version': '2026-07-28' };
    t.equal((await fetch(`${hub.url}/mcp`, { method, headers })).status, 405);
  }
});

t.test('a page that must be visited first is asked for', async (t) => {
  const call = (capabilities: object, more: object = {}) => {
    const _meta = { ...meta, 'io.modelcontextprotocol/clientCapabilities': capabilities };
    return send('tools/call', { params: { _meta, name: 'visits__visit', arguments: {}, ...more } });
  };
  const refused = await call({});
  t.match(refused, { status: 400, body: { error: { code: -32021 } } });
  t.same(refused.body.error.data.requiredCapabilities, { elicitation: { url: {} } });
  const { body } = await call({ elicitation: { url: {} } });
  const page = { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com/visit' } };
  t.match(body.result, { resultType: 'input_required', inputRequests: { 'page-1': page } });
  const { requestState } = body.result;
  const again = await call(
    { elicitation: { url: {} } },
    { requestState, inputResponses: { 'page-1': { action: 'accept' } } },
  );
  t.match(again.body, { result: { content: [{ text: 'visited' }] } });
});
