import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fixtureServer } from '../automation.js';
import { mcpListener } from '../mcp-listener.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { statelessRequest } from '../stateless-request.js';
import { tempFolder } from '../temp-folder.js';

const unscaled = { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' };
const post = (hub: Hub, method: string, params: object, key?: string) =>
  hub.call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method, params }, key);

/** The ways by which a client of `/mcp` calls a tool of the server `moody`: each returns the error that the client gets, if any. */
async function ways(t: Test, hub: Hub) {
  const params = { name: 'moody__write', arguments: {} };
  // The client offers sampling: it has an instance of its own.
  const { client } = await mcpListener(t, hub, { answer: () => 'x' });
  const own = () =>
    client.callTool(params).then(
      () => undefined,
      ({ code, data }) => ({ code, data }),
    );
  return {
    alone: async () => (await post(hub, 'tools/call', params)).body.error,
    stateless: async () => (await statelessRequest(hub, 'tools/call', params)).error,
    own,
  };
}

t.test("a key's limit counts here and over REST together", async (t) => {
  const hub = await startHub(t, { env: unscaled });
  const { body } = await hub.call('POST', '/api/keys', { name: 'few', limits: { perMinute: 3 } });
  const { key } = body.data;
  t.equal((await post(hub, 'ping', {}, key)).status, 200);
  t.match(await statelessRequest(hub, 'server/discover', {}, { key }), { result: Object });
  t.equal((await hub.call('GET', '/api/tools/categories', undefined, key)).status, 200);
  const refused = await post(hub, 'ping', {}, key);
  t.equal(refused.status, 429);
  t.match(refused.headers.get('retry-after'), /^\d+$/);
  t.match(refused.body, { jsonrpc: '2.0', error: { code: -32000, data: { code: 'rate_limited' } } });
  t.match(await statelessRequest(hub, 'tools/list', {}, { key }), { error: { data: { code: 'rate_limited' } } });
  t.equal((await hub.call('GET', '/api/tools/categories', undefined, key)).status, 429);
});

t.test('the limits of a server count the calls of all callers, by every protocol', async (t) => {
  const hub = await startHub(t, { env: unscaled });
  await startAgent(t, hub);
  await hub.connectServer({ ...fixtureServer('moody'), rateLimits: { requestsPerMinute: 4 } });
  const { alone, stateless, own } = await ways(t, hub);
  for (const call of [alone, stateless, own]) t.equal(await call(), undefined);
  t.equal((await hub.call('POST', '/api/tools/write/invoke', { arguments: {} })).status, 200);
  const refused = { code: -32000, data: { code: 'rate_limited', serverName: 'moody', window: 'minute' } };
  for (const call of [alone, stateless, own]) t.match(await call(), refused);
  t.equal((await hub.call('POST', '/api/tools/write/invoke', { arguments: {} })).status, 429);
});

t.test('a circuit that opened here is open everywhere, and the server is left alone', async (t) => {
  const folder = tempFolder(t, { mood: 'well', calls: '0', data: {} });
  const env = { ROUNDHOUSE_BREAKER_FAILURES: '3', ROUNDHOUSE_BREAKER_COOLDOWN: '600' };
  const hub = await startHub(t, { data: join(folder, 'data'), env });
  await startAgent(t, hub);
  const files = { MOOD: join(folder, 'mood'), CALLS: join(folder, 'calls') };
  await hub.connectServer(fixtureServer('moody', 'moody', files));
  const { alone, stateless, own } = await ways(t, hub);
  for (const call of [alone, stateless, own]) t.equal(await call(), undefined);
  writeFileSync(files.MOOD, 'rpc-error');
  for (const call of [alone, stateless, own]) t.match(await call(), { code: -32603 });
  const calls = readFileSync(files.CALLS, 'utf8');
  for (const call of [alone, stateless, own]) t.match(await call(), { code: -32000, data: { code: 'circuit_open' } });
  t.equal((await hub.call('POST', '/api/tools/write/invoke', { arguments: {} })).status, 503);
  t.equal(readFileSync(files.CALLS, 'utf8'), calls);
});

t.test('calls and reads are audited with caller and outcome', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const serverId = await hub.connectServer(fixtureServer('alpha', 'everything'));
  const key = await hub.key('user');
  const uri = 'memo://b?x=1#y';
  const asked = [
    ['tools/call', { name: 'alpha__echo', arguments: { word: 'x', password: 'hunter2' } }],
    ['tools/call', { name: 'alpha__fail', arguments: {} }],
    ['resources/read', { uri: `roundhouse://alpha/${uri}` }],
    ['prompts/get', { name: 'alpha__greet', arguments: { who: 'you' } }],
  ] as const;
  for (const [method, params] of asked) {
    await post(hub, method, params, key);
    await statelessRequest(hub, method, params, { key });
  }
  const { body } = await hub.call('GET', '/api/audit?limit=100');
  const entries = body.data.entries.filter(({ actor }: { actor: { name: string } }) => actor.name === 'user');
  const of = (action: string, id: string) =>
    entries.filter((entry: { action: string; resource: { id: string } }) => {
      return entry.action === action && entry.resource?.id === id;
    });
  const both = (entry: object) => [entry, entry].map((one) => ({ ...one, actor: { type: 'api_key' } }));
  const at = (type: string) => ({ resource: { type, serverId } });
  t.match(of('tool.invoke', 'echo'), both({ ...at('tool'), details: { success: true, arguments: { word: 'x' } } }));
  t.match(of('tool.invoke', 'fail'), both({ ...at('tool'), details: { success: false } }));
  t.match(of('resource.read', uri), both(at('resource')));
  t.match(of('prompt.get', 'greet'), both(at('prompt')));
  for (const [action, id] of [
    ['tool.invoke', 'echo'],
    ['resource.read', uri],
    ['prompt.get', 'greet'],
  ] as const)
    t.equal(of(action, id).length, 2, action);
  t.notMatch(JSON.stringify(entries), /hunter2/);
});
