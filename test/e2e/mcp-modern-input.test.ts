import type { Client } from '@modelcontextprotocol/client';
import t from 'tap';
import { until } from '../automation.js';
import { wait } from '../kit/wait.js';
import { callsOf, hubWithEverything, textOf } from '../mcp-answers.js';
import { modernClient } from '../modern-client.js';
import { ADMIN_KEY, type Hub, startHub } from '../roundhouse.js';
import { statelessRequest } from '../stateless-request.js';

let hub: Hub;
t.before(async () => {
  hub = await hubWithEverything(t, ['alpha']);
});

const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** A client that answers any question of a server, by its own name; `asked` holds the questions. */
async function answering(test: Parameters<typeof modernClient>[0], name: string, path = '/mcp') {
  const asked: unknown[] = [];
  const client: Client = await modernClient(test, hub, {
    path,
    name,
    capabilities,
    prepare: (made) => {
      made.setRequestHandler('sampling/createMessage', ({ params }) => {
        asked.push(params.messages);
        return { model: name, role: 'assistant' as const, content: { type: 'text' as const, text: `by ${name}` } };
      });
      made.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: { name } }));
      made.setRequestHandler('roots/list', () => ({ roots: [{ uri: `file:///${name}` }] }));
    },
  });
  return { client, asked, ...callsOf(client, path) };
}

t.test("a server's question comes as the answer, and its reply goes with the next request", async (t) => {
  for (const path of ['/mcp', '/mcp/servers/alpha']) {
    const { call, sample } = await answering(t, 'one', path);
    t.match(JSON.parse(await sample('hi')), { model: 'one', content: { text: 'by one' } }, `sampling at ${path}`);
    const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
    const elicited = await call('ask', { method: 'elicitation/create', params: { message: 'who?', requestedSchema } });
    t.same(JSON.parse(elicited), { action: 'accept', content: { name: 'one' } });
    t.same(JSON.parse(await call('ask', { method: 'roots/list', params: {} })), { roots: [{ uri: 'file:///one' }] });
    t.match(JSON.parse(await call('ask', { method: 'sampling/other', params: {} })), { code: -32601 });
  }
});

t.test('two programs of one key on the same server at once never see questions to the other', async (t) => {
  const [one, two] = await Promise.all([answering(t, 'one'), answering(t, 'two')]);
  const words = Array.from({ length: 8 }, (_, i) => i);
  const answers = await Promise.all(words.flatMap((i) => [one.sample(`one ${i}`), two.sample(`two ${i}`)]));
  t.equal(answers.filter((answer) => JSON.parse(answer).model === 'one').length, 8);
  t.equal(one.asked.length, 8);
  t.notMatch(JSON.stringify(one.asked), /two/);
  t.notMatch(JSON.stringify(two.asked), /one/);
});

const question = { name: 'alpha__ask', arguments: { method: 'elicitation/create', params: { message: 'who?' } } };

const ask = (more: object = {}, key = ADMIN_KEY, given: object = capabilities) =>
  statelessRequest(hub, 'tools/call', { ...question, ...more }, { key, capabilities: given });

const accepted = { action: 'accept', content: { name: 'x' } };

t.test('a request state is good once, for its caller and its request', async (t) => {
  const { result } = await ask();
  t.match(result, {
    resultType: 'input_required',
    inputRequests: { 'elicitation-1': { method: 'elicitation/create' } },
  });
  const { requestState } = result;
  const inputResponses = { 'elicitation-1': accepted };
  const refused = { error: { code: -32602, message: /requestState/ } };
  const given = { requestState, inputResponses };
  t.match(await ask(given, await hub.key('user')), refused, 'another caller');
  t.match(await ask({ ...given, arguments: { method: 'roots/list' } }), refused, 'another request');
  t.match(await ask({ ...given, requestState: `${requestState.slice(0, -4)}AAAA` }), refused, 'changed');
  t.match(await ask({ ...given, inputResponses: { 'elicitation-1': 1 } }), { error: { code: -32602 } });
  const { result: again } = await ask();
  const missing = await ask({ requestState: again.requestState, inputResponses: {} });
  const { inputRequests } = result;
  t.match(missing.result, { resultType: 'input_required', inputRequests }, 'asked once more');
  t.match(await ask({ ...given, requestState: again.requestState }), refused, 'used before');
  const done = await ask({ ...given, requestState: missing.result.requestState });
  t.same(JSON.parse(textOf(done.result)), accepted);
  t.equal(done.result.resultType, 'complete');
});

t.test('a client gets no questions of a kind that it does not offer', async (t) => {
  const declined = async (given: object) => JSON.parse(textOf((await ask({}, ADMIN_KEY, given)).result));
  t.match(await declined({}), { code: -32601 });
  t.match(await declined({ roots: {} }), { code: -32601 });
  t.match(await declined({ elicitation: { url: {} } }), { code: -32602, message: /form/ });
});

t.test('a client that does not come back: its call ends, and its instance is there for the next one', async (t) => {
  const own = await hubWithEverything(t, ['alpha'], { ROUNDHOUSE_MCP_ANSWER: '1' });
  const call = (more: object = {}) => statelessRequest(own, 'tools/call', { ...question, ...more }, { capabilities });
  const pid = async () => textOf((await call({ name: 'alpha__pid', arguments: {} })).result);
  const before = await pid();
  const { result } = await call();
  t.equal(result.resultType, 'input_required');
  const late = { requestState: result.requestState, inputResponses: { 'elicitation-1': accepted } };
  const since = Date.now();
  await wait('the hub has waited for long enough', () => Date.now() - since > 1100);
  t.match(await call(late), { error: { code: -32602 } });
  t.equal(await pid(), before);
});

t.test('a call is lost if its hub restarts, and its client learns it at once', async (t) => {
  let own = await hubWithEverything(t, ['alpha']);
  const call = (more: object = {}) => statelessRequest(own, 'tools/call', { ...question, ...more }, { capabilities });
  const { result } = await call();
  t.equal(result.resultType, 'input_required');
  await own.stop();
  own = await startHub(t, { data: own.data });
  const given = { requestState: result.requestState, inputResponses: { 'elicitation-1': accepted } };
  const lost = { field: 'requestState', code: 'call_lost', outcome: 'unknown' };
  t.match(await call(given), { error: { code: -32602, message: /send the request again/, data: lost } });
  const other = { ...given, arguments: { method: 'roots/list' } };
  t.match(await call(other), { error: { code: -32602, message: /not one that was given/ } });
});

t.test('a cancelled call leaves the instance of its client as it was', async (t) => {
  const { client, call } = await answering(t, 'leaving');
  const pid = await call('pid');
  const leave = new AbortController();
  const waiting = client.callTool({ name: 'alpha__wait', arguments: {} }, { signal: leave.signal });
  await until(hub, '/api/servers/alpha/logs', ({ data }) => JSON.stringify(data).includes('waiting'));
  leave.abort();
  await t.rejects(waiting);
  t.equal(await call('pid'), pid);
});

t.test('a client that listens gets the notices of its own instance', async (t) => {
  for (const path of ['/mcp', '/mcp/servers/alpha']) {
    const { client, call } = await answering(t, `listening at ${path}`, path);
    const own = 'memo://b?x=1#y';
    const uri = path === '/mcp' ? `roundhouse://alpha/${own}` : own;
    const updated = new Promise<string>((resolve) => {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => resolve(params.uri));
    });
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    t.equal(await call('touch'), own, 'its instance has the subscription');
    t.equal(await updated, uri);
    await subscription.close();
    await wait('its instance has no subscription', async () => (await call('touch')) === '');
  }
});

t.test('a client learns that its instance has ended', async (t) => {
  const { client, call } = await answering(t, 'bereft');
  const pid = Number(await call('pid'));
  process.kill(pid, 'SIGKILL');
  const again = () => client.callTool({ name: 'alpha__pid', arguments: {} });
  let told: unknown;
  await wait('the next call that runs says so', async () => {
    // A call that comes before the end is known fails.
    const result = await again().catch(() => undefined);
    told = result?._meta?.['roundhouse/restarted'];
    return told !== undefined;
  });
  t.equal(told, 'the server was ended by SIGKILL');
  t.notMatch(await again(), { _meta: { 'roundhouse/restarted': String } }, 'once');
});
