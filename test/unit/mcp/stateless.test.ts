import t from 'tap';
import { withoutSubscription } from '../../../agent/drivers/mcp/transports/eras/messages.js';
import { statelessFor } from '../../../hub/api/mcp/methods/passing.js';
import { ofSubscription } from '../../../hub/api/mcp/rev2026-07-28/meta.js';
import { passedOn } from '../../../hub/api/mcp/rev2026-07-28/results.js';
import type { ConnectedAgent, Fleet } from '../../../hub/domain/agents/fleet.js';
import { StatelessServers } from '../../../hub/domain/mcp/handshake.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';

const server = { id: 's1', agentId: 'a1', name: 'one' } as ServerRecord;

/** Whether the server takes requests as they are, by its version and the capabilities of its agent. */
function takes(protocolVersion: string, capabilities: readonly string[] | undefined): boolean {
  const observed = new ObservedServers();
  const initializeResult = Buffer.from(JSON.stringify({ protocolVersion, capabilities: {} }));
  const nothing = { revision: 1, error: '', pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
  observed.report('a1', { ...nothing, serverId: 's1', state: 'connected', initializeResult });
  const agent = capabilities && ({ id: 'a1', capabilities } as unknown as ConnectedAgent);
  const fleet = { agent: (id: string) => (id === 'a1' ? agent : undefined) } as Fleet;
  return new StatelessServers({ observed, fleet: () => fleet }, { send: () => Promise.reject() }).takes(server);
}

t.test(
  'frames pass through unchanged if server and agent both support it; otherwise they are translated',
  async (t) => {
    t.ok(takes('2026-07-28', ['mcp.stateless']));
    t.notOk(takes('2025-11-25', ['mcp.stateless']), 'an older server');
    t.notOk(takes('2026-07-28', ['mcp.http']), 'an agent of an earlier version');
    t.notOk(takes('2026-07-28', undefined), 'an agent that is away');
  },
);

t.test('answers go to the server that asked, or nowhere', async (t) => {
  const envelope = { capabilities: Buffer.from('{}'), clientInfo: Buffer.from(''), logLevel: '' };
  const decide = (asked: { serverId: string; state: string } | undefined, newer: boolean) => {
    const stateless = { envelope, asked, server: undefined };
    const domain = { mcp: { stateless: { takes: () => newer } } } as unknown as Parameters<typeof statelessFor>[0];
    return statelessFor(domain, { stateless } as unknown as Parameters<typeof statelessFor>[1], server);
  };
  t.match(decide({ serverId: 's1', state: 'x' }, true), { server: { id: 's1' } });
  t.equal(decide(undefined, false), undefined, 'to be translated');
  const refused = (message: RegExp) => ({ name: 'RpcError', code: -32602, message });
  t.throws(() => decide({ serverId: 's2', state: 'x' }, true), refused(/another server/));
  t.throws(() => decide({ serverId: 's1', state: 'x' }, false), refused(/earlier version/));
});

t.test('a notification belongs to one subscription at a time, and keeps its other facts', async (t) => {
  const mine = { 'io.modelcontextprotocol/subscriptionId': 7 };
  t.same(JSON.parse(ofSubscription('{"uri":"u"}', 7)), { uri: 'u', _meta: mine });
  t.same(JSON.parse(ofSubscription('{"_meta":{"a":1},"uri":"u"}', 7)), { uri: 'u', _meta: { a: 1, ...mine } });
  t.same(JSON.parse(ofSubscription('{"_meta":null}', 'x"y')), {
    _meta: { 'io.modelcontextprotocol/subscriptionId': 'x"y' },
  });
  t.same(withoutSubscription({ uri: 'u', _meta: mine }), { uri: 'u' });
  t.same(withoutSubscription({ uri: 'u', _meta: { a: 1, ...mine } }), { uri: 'u', _meta: { a: 1 } });
});

t.test('a result stays as it is, except for the state, the params of questions and the server info', async (t) => {
  const seal = async (state: string) => `sealed ${state}`;
  const pass = async (result: object | string, method = 'tools/call') =>
    JSON.parse(
      await passedOn(method, typeof result === 'string' ? result : JSON.stringify(result), '{"name":"hub"}', seal),
    );
  const _meta = { a: 1, 'io.modelcontextprotocol/serverInfo': { name: 'hub' } };
  const question = {
    resultType: 'input_required',
    inputRequests: { k: { method: 'x', params: { b: 1 } } },
    _meta: { a: 1 },
  };
  t.same(await pass(question), { ...question, _meta });
  t.same(await pass({ ...question, requestState: '"s"' }), { ...question, requestState: 'sealed "s"', _meta });
  const bare = { k: { method: 'roots/list' }, l: question.inputRequests.k, m: 7 };
  const readable = { ...bare, k: { method: 'roots/list', params: {} } };
  t.same(await pass({ ...question, inputRequests: bare }), { ...question, inputRequests: readable, _meta });
  for (const inputRequests of [null, [], 'x'])
    t.same(await pass({ ...question, inputRequests }), { ...question, inputRequests, _meta });
  t.same(await pass({ resultType: 'task', taskId: 1 }), {
    resultType: 'task',
    taskId: 1,
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'hub' } },
  });
  t.match(await pass({ tools: [], ttlMs: 7, cacheScope: 'public' }, 'tools/list'), { ttlMs: 7, cacheScope: 'private' });
  const failed = { name: 'RpcError', code: -32603 };
  await t.rejects(pass(question, 'tools/list'), failed, 'where nothing may be asked');
  await t.rejects(pass({ ...question, requestState: 7 }), failed);
  await t.rejects(pass({ ...question, requestState: 'x'.repeat(600_000) }), failed, 'what could not come back');
});
