import t from 'tap';
import { until } from '../automation.js';
import { freePort } from '../free-port.mjs';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { modernClient } from '../modern-client.js';
import { connectModernServers } from '../modern-servers.js';
import { type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';
import { statelessRequest } from '../stateless-request.js';

/** Servers of 2026-07-28, each by the way it is reached. */
const ways = ['stdio', 'http'] as const;
const capabilities = { sampling: {}, elicitation: {} };
const answers = {
  who: { action: 'accept', content: { name: 'x' } },
  model: { model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } },
} as const;

let hub: Hub;
let agent: Awaited<ReturnType<typeof startAgent>>;
let env: Record<string, string>;
t.before(async () => {
  const [port, agentPort] = [await freePort(), await freePort()];
  env = { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`, ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agentPort}` };
  hub = await startHub(t, { env });
  agent = await startAgent(t, hub);
  await connectModernServers(t, hub, ways);
});

/** A client that answers all that it is asked. */
const answering = (test: Parameters<typeof modernClient>[0], path: string) =>
  modernClient(test, hub, {
    path,
    capabilities,
    prepare: (made) => {
      made.setRequestHandler('sampling/createMessage', () => answers.model);
      made.setRequestHandler('elicitation/create', () => answers.who);
    },
  });

for (const way of ways) {
  const path = `/mcp/servers/${way}`;
  const ask = (params: object, more: Parameters<typeof statelessRequest>[3] = {}) =>
    statelessRequest(
      hub,
      'tools/call',
      { name: 'ask', arguments: { rounds: 2 }, ...params },
      { path, capabilities, ...more },
    );

  t.test(`${way}: a request arrives as its client made it, and its result as the server gave it`, async (t) => {
    const client = await answering(t, path);
    const call = { name: 'envelope', arguments: {}, _meta: { 'example.org/trace': { id: 1 } } };
    t.same(JSON.parse(textOf(await client.callTool(call))), {
      envelope: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
        'io.modelcontextprotocol/clientCapabilities': capabilities,
        'io.modelcontextprotocol/logLevel': 'info',
      },
      meta: { 'example.org/trace': { id: 1 } },
    });
    const structured = await client.callTool({ name: 'structured', arguments: {} });
    t.match(structured, { structuredContent: [1, { a: null }], _meta: { 'example.org/trace': 7 } });
    const { result: read } = await statelessRequest(hub, 'resources/read', { uri: 'memo://a' }, { path });
    t.match(read, { resultType: 'complete', ttlMs: 1234, contents: [{ text: 'memo' }] });
    t.equal(read.cacheScope, 'private', 'who may read it is for the hub to say');
    const region = textOf(await client.callTool({ name: 'query', arguments: { region: 'eu' } }));
    t.equal(region, `eu ${way === 'stdio' ? 'none' : 'eu'}`);
  });

  t.test(`${way}: the log level that a request names, and progress`, async (t) => {
    const client = await answering(t, path);
    const logged: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => {
      logged.push(params.data);
    });
    const levels = async (level?: string) =>
      textOf(
        await client.callTool({
          name: 'levels',
          arguments: {},
          ...(level ? { _meta: { 'io.modelcontextprotocol/logLevel': level } } : {}),
        }),
      );
    t.equal(await levels('error'), 'error');
    t.same(logged, ['error']);
    t.equal(await levels('debug'), 'debug');
    t.same(logged.splice(0), ['error', 'debug', 'error']);
    await levels();
    t.same(logged, [], 'none that were not asked for');
    const progress: unknown[] = [];
    const onprogress = (told: { progress: number }) => progress.push(told.progress);
    await client.callTool({ name: 'progress', arguments: {} }, { onprogress });
    t.same(progress, [1, 2]);
  });

  t.test(`${way}: the server's questions reach the client unchanged, and the answers the server`, async (t) => {
    const { result: first } = await ask({});
    t.same(first.inputRequests, {
      who: {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: 'who?',
          requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
        },
      },
      model: {
        method: 'sampling/createMessage',
        params: { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 10 },
      },
    });
    t.match(first, { resultType: 'input_required', requestState: String });
    const { result: second } = await ask({ requestState: first.requestState, inputResponses: answers });
    t.equal(second.resultType, 'input_required', 'it asks a second time');
    const { result: done } = await ask({ requestState: second.requestState, inputResponses: answers });
    t.same(JSON.parse(textOf(done)), answers);
    t.equal(done.resultType, 'complete');
    const both = await answering(t, path);
    t.same(JSON.parse(textOf(await both.callTool({ name: 'ask', arguments: { rounds: 2 } }))), answers);
    const fleet = await answering(t, '/mcp');
    t.same(JSON.parse(textOf(await fleet.callTool({ name: `${way}__ask`, arguments: { rounds: 3 } }))), answers);
  });

  t.test(`${way}: a state is good for its caller and its request only`, async (t) => {
    const { result } = await ask({});
    const given = { requestState: result.requestState, inputResponses: answers };
    const refused = { error: { code: -32602, message: /requestState/ } };
    t.match(await ask(given, { key: await hub.key('user') }), refused, 'another caller');
    t.match(await ask({ ...given, arguments: { rounds: 1 } }), refused, 'another request');
    t.match(
      await ask(given, { path: `/mcp/servers/${way === 'stdio' ? 'http' : 'stdio'}` }),
      refused,
      'another server',
    );
    t.match(await ask({ ...given, name: 'echo' }), refused, 'another tool');
    t.match(await ask({ ...given, requestState: '1' }), refused, "the server's own, guessed");
    t.match(await ask({ ...given, requestState: 1 }), refused);
    t.match(await ask({ ...given, inputResponses: { who: 1 } }), {
      error: { code: -32602, message: /inputResponses/ },
    });
    t.match(await ask(given), { result: { resultType: 'input_required' } }, 'and that one is still as good as before');
  });

  t.test(`${way}: a client without the needed capability gets an error that names it`, async (t) => {
    const { error } = await ask({}, { capabilities: { elicitation: {} } });
    t.equal(error.code, -32021);
    t.same(error.data.requiredCapabilities, { sampling: {} });
  });

  t.test(`${way}: prompts and resources may ask, too, and a state may come without a question`, async (t) => {
    const at = { path, capabilities };
    const uri = 'memo://asked';
    const { result: asked } = await statelessRequest(hub, 'resources/read', { uri }, at);
    t.match(asked, { resultType: 'input_required', inputRequests: { who: { method: 'elicitation/create' } } });
    t.notOk('ttlMs' in asked, 'a question is not kept');
    const client = await answering(t, path);
    const whole = JSON.stringify({ who: answers.who });
    t.match(await client.readResource({ uri }), { contents: [{ text: whole }] });
    t.match(await client.getPrompt({ name: 'meet' }), { messages: [{ content: { text: whole } }] });
    const fleet = await answering(t, '/mcp');
    t.match(await fleet.getPrompt({ name: `${way}__meet` }), { messages: [{ content: { text: whole } }] });
    const named = `roundhouse://${way}/${uri}`;
    t.match(await fleet.readResource({ uri: named }), { contents: [{ uri: named, text: whole }] });
    const { result: stateless } = await statelessRequest(hub, 'prompts/get', { name: 'meet' }, at);
    t.notOk('requestState' in stateless, 'a server that keeps none is given none');
    const { result: gate } = await statelessRequest(hub, 'tools/call', { name: 'gate', arguments: {} }, at);
    t.notOk('inputRequests' in gate);
    t.equal(textOf(await client.callTool({ name: 'gate', arguments: {} })), 'open');
  });

  t.test(`${way}: all clients share one instance of the server, with any capabilities`, async (t) => {
    const pidOf = async (given: object) =>
      textOf(
        (await statelessRequest(hub, 'tools/call', { name: 'pid', arguments: {} }, { path, capabilities: given }))
          .result,
      );
    const pid = await pidOf({});
    t.equal(await pidOf(capabilities), pid);
    await ask({});
    t.equal(await pidOf(capabilities), pid);
  });

  t.test(`${way}: a client that hangs up cancels the call at the server`, async (t) => {
    const client = await answering(t, path);
    const counted = async () => textOf(await client.callTool({ name: 'cancelled', arguments: {} }));
    const abort = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: {} }, { signal: abort.signal });
    await wait('the server has the call', async () => (await counted()) !== '0 of 0');
    abort.abort('enough');
    await t.rejects(call, { message: /enough/ });
    await wait('the server knows that the call is cancelled', async () => (await counted()) === '1 of 1');
  });

  t.test(`${way}: changes are told on the stream that subscribed to them`, async (t) => {
    const client = await answering(t, path);
    const updated = new Promise<string>((resolve) => {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => resolve(params.uri));
    });
    const subscription = await client.listen({ resourceSubscriptions: ['memo://a'] });
    t.same(subscription.honoredFilter, { resourceSubscriptions: ['memo://a'] });
    await client.callTool({ name: 'touch', arguments: {} });
    t.equal(await updated, 'memo://a');
    await subscription.close();
  });
}

t.test('hub and agent may both be others when the answers come', async (t) => {
  const call = (way: string, more: object = {}) =>
    statelessRequest(hub, 'tools/call', { name: `${way}__ask`, arguments: { rounds: 1 }, ...more }, { capabilities });
  const states = await Promise.all(ways.map(async (way) => [way, (await call(way)).result.requestState] as const));
  await agent.stop();
  await hub.stop();
  hub = await startHub(t, { data: hub.data, env });
  for (const [way, requestState] of states)
    t.match(
      await call(way, { requestState, inputResponses: answers }),
      { error: { code: -32000, data: { code: 'server_disconnected' } } },
      'it is told at once that nobody is there yet',
    );
  runAgent(t, ['--data', agent.data]);
  for (const [way, requestState] of states) {
    await until(hub, `/api/servers/${way}`, ({ data }) => data.status === 'connected');
    const { result } = await call(way, { requestState, inputResponses: answers });
    t.same(JSON.parse(textOf(result)), answers, way);
  }
});
