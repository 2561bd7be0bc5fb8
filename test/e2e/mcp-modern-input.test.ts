import type { Client } from '@modelcontextprotocol/client';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { modernClient } from '../modern-client.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';
import { runs } from '../unit/agent/harness.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t, { env: { ROUNDHOUSE_MCP_AWAY: '1', ROUNDHOUSE_MCP_ANSWER: '2' } });
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
});

const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text ?? '';
const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** A client that answers whatever a server may ask, by its own name; `asked` holds what it was asked. */
async function answering(test: Parameters<typeof modernClient>[0], name: string, path = '/mcp') {
  const asked: unknown[] = [];
  const client: Client = await modernClient(test, hub, {
    path,
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
  const prefix = path === '/mcp' ? 'alpha__' : '';
  const call = async (tool: string, args: Record<string, unknown> = {}) =>
    textOf(await client.callTool({ name: prefix + tool, arguments: args }));
  const sample = (word: string) =>
    call('ask', {
      method: 'sampling/createMessage',
      params: { messages: [{ role: 'user', content: { type: 'text', text: word } }], maxTokens: 10 },
    });
  return { client, asked, call, sample };
}

t.test('what a server asks comes with the answer, and goes with the next request', async (t) => {
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

t.test('two clients of one key on the same server at once never see what the other is asked', async (t) => {
  const [one, two] = await Promise.all([answering(t, 'one'), answering(t, 'two')]);
  const words = Array.from({ length: 8 }, (_, i) => i);
  const answers = await Promise.all(words.flatMap((i) => [one.sample(`one ${i}`), two.sample(`two ${i}`)]));
  t.equal(answers.filter((answer) => JSON.parse(answer).model === 'one').length, 8);
  t.equal(one.asked.length, 8);
  t.notMatch(JSON.stringify(one.asked), /two/);
  t.notMatch(JSON.stringify(two.asked), /one/);
});

const meta = (given: object = capabilities) => ({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': given,
});

async function ask(more: object = {}, key = ADMIN_KEY, given: object = capabilities) {
  const params = {
    name: 'alpha__ask',
    arguments: { method: 'elicitation/create', params: { message: 'who?' } },
    _meta: meta(given),
    ...more,
  };
  const answer = await fetch(`${hub.url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': params.name,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of what it reads
  return (await answer.json()) as any;
}

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
  t.match(missing.result, { resultType: 'input_required', inputRequests: { 'elicitation-1': {} } }, 'asked once more');
  t.match(await ask({ ...given, requestState: again.requestState }), refused, 'used before');
  const done = await ask({ ...given, requestState: missing.result.requestState });
  t.same(JSON.parse(textOf(done.result)), accepted);
  t.equal(done.result.resultType, 'complete');
});

t.test('what a client does not offer it is not asked', async (t) => {
  const declined = async (given: object) => JSON.parse(textOf((await ask({}, ADMIN_KEY, given)).result));
  t.match(await declined({}), { code: -32601 });
  t.match(await declined({ roots: {} }), { code: -32601 });
  t.match(await declined({ elicitation: { url: {} } }), { code: -32602, message: /form/ });
});

t.test('a client that does not come back: its call and its instance end', async (t) => {
  const pidOf = async () => {
    const params = { name: 'alpha__pid', arguments: {} };
    return Number(textOf((await ask(params)).result));
  };
  const pid = await pidOf();
  t.ok(runs(pid));
  const { result } = await ask();
  t.equal(result.resultType, 'input_required');
  while (runs(pid)) await new Promise((resolve) => setTimeout(resolve, 25));
  const late = await ask({ requestState: result.requestState, inputResponses: { 'elicitation-1': accepted } });
  t.match(late, { error: { code: -32602 } });
});
