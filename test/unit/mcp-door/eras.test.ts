import { headerText } from '@roundhouse/proto/header-arguments';
import t from 'tap';
import { RepeatedHeaders } from '../../../agent/drivers/mcp/transports/eras/headers.js';
import { asInitialized, modernRequest, splitMeta } from '../../../agent/drivers/mcp/transports/eras/messages.js';
import { Questions } from '../../../agent/drivers/mcp/transports/eras/questions.js';

const envelope = { info: '{"name":"n"}', capabilities: '{}', logLevel: 'info' };

t.test('a request names its own version, and keeps its other fields', async (t) => {
  const params = '{"name":"x","arguments":{"big":12345678901234567890},"_meta":{"progressToken":7}}';
  const text = modernRequest(1, 'tools/call', params, envelope);
  t.match(text, /"big":12345678901234567890/, 'numbers as they were written');
  t.same(JSON.parse(text).params._meta, {
    progressToken: 7,
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'n' },
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/logLevel': 'info',
  });
  for (const bare of ['{}', '{"a":1}']) t.ok(JSON.parse(modernRequest(1, 'm', bare, envelope)).params._meta, bare);
  const middle = '{"_meta":{"a":{"_meta":1}},"b":2}';
  t.same(JSON.parse(splitMeta(middle).bare), { b: 2 });
  t.equal(splitMeta('{"_meta":{}}').bare, '{}');
});

t.test("a server's description of itself, in the form of initialize", async (t) => {
  const discovered = {
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    instructions: 'do',
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 's', version: '1' } },
  };
  t.same(JSON.parse(asInitialized(JSON.stringify(discovered))), {
    protocolVersion: '2026-07-28',
    capabilities: { tools: {} },
    serverInfo: { name: 's', version: '1' },
    instructions: 'do',
  });
  t.same(JSON.parse(asInitialized('{}')), { protocolVersion: '2026-07-28', capabilities: {}, serverInfo: {} });
});

t.test('headers repeat the values that proxies route by', async (t) => {
  const headers = new RepeatedHeaders();
  const region = { type: 'string', 'x-mcp-header': 'Region' };
  const inputSchema = { properties: { at: { properties: { region } }, other: { type: 'string' } } };
  headers.learn(JSON.stringify({ tools: [{ name: 'q', inputSchema }, 1, { name: 'plain' }] }));
  const call = (args: object) => headers.of('tools/call', JSON.stringify({ name: 'q', arguments: args }));
  t.same(call({ at: { region: 'eu' }, other: 'x' }), {
    'Mcp-Method': 'tools/call',
    'Mcp-Name': 'q',
    'Mcp-Param-Region': 'eu',
  });
  t.same(call({ at: { region: null } }), { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'q' });
  t.same(headers.of('tools/list', '{}'), { 'Mcp-Method': 'tools/list' });
  t.equal(headerText('a b'), 'a b');
  for (const value of [' a', 'a ', 'é', 'a\nb', '=?base64?x?=', ''])
    t.equal(headerText(value), `=?base64?${Buffer.from(value).toString('base64')}?=`, JSON.stringify(value));
});

t.test('a tool that wants forbidden arguments repeated in headers is left out', async (t) => {
  const wants = (name: unknown, type = 'string') => ({ type, 'x-mcp-header': name });
  const of = (properties: object, more = {}) => ({ properties, ...more });
  const faulty = {
    'no name of a header': of({ a: wants('no good\r\nX: y') }),
    empty: of({ a: wants('') }),
    'no string': of({ a: wants(1) }),
    'no primitive type': of({ a: wants('A', 'object') }),
    'numbers may be written in many ways': of({ a: wants('A', 'number') }),
    twice: of({ a: wants('A'), b: { properties: { c: wants('a') } } }),
    'in no property': of({ a: { items: wants('A') } }),
    'in a branch': of({}, { anyOf: [of({ a: wants('A') })] }),
    'in a definition': of({}, { $defs: { a: of({ b: wants('A') }) } }),
  };
  const good = of({ a: wants('A'), b: wants('B', 'integer'), c: { properties: { d: wants('C', 'boolean') } } });
  const tools = Object.entries({ ...faulty, good }).map(([name, inputSchema]) => ({ name, inputSchema }));
  const headers = new RepeatedHeaders();
  const out: string[] = [];
  const kept = headers.learn(JSON.stringify({ tools, ttlMs: 1 }), (name) => out.push(name));
  t.same(out, Object.keys(faulty));
  t.same(JSON.parse(kept), { tools: [{ name: 'good', inputSchema: good }], ttlMs: 1 });
  const untouched = JSON.stringify({ tools: [{ name: 'good', inputSchema: good }] });
  t.equal(headers.learn(untouched), untouched);
});

/** Questions as they are asked of a session, and the requests that are made again. */
function asked() {
  const said: { id: string; method?: string; error?: { code: number } }[] = [];
  const again: string[] = [];
  const open = new Set([1]);
  const questions = new Questions({
    say: (text) => said.push(JSON.parse(text)),
    waiting: (id) => open.has(id),
    again: (_id, _method, params) => again.push(params),
  });
  return { questions, said, again, open };
}

const two = { a: { method: 'elicitation/create', params: {} }, b: { method: 'roots/list' } };
const result = (inputRequests: unknown = two) => JSON.stringify({ inputRequests, requestState: 's"1' });

t.test('a request is made again once all is answered', async (t) => {
  const { questions, said, again } = asked();
  questions.remember(1, 'tools/call', '{"name":"x","_meta":{"progressToken":1}}');
  questions.take(1, result());
  t.same(
    said.map(({ method }) => method),
    ['elicitation/create', 'roots/list'],
  );
  questions.answered(said[0]?.id ?? '', '{"result":{"action":"accept"}}');
  t.same(again, []);
  questions.answered(said[1]?.id ?? '', '{"result":{"roots":[]}}');
  t.same(JSON.parse(again[0] ?? ''), {
    name: 'x',
    inputResponses: { a: { action: 'accept' }, b: { roots: [] } },
    requestState: 's"1',
    _meta: { progressToken: 1 },
  });
  t.notOk(questions.answered('7', '{"result":{}}'), 'an answer to something else');
});

t.test('a question without an answer fails the request', async (t) => {
  const { questions, said, again, open } = asked();
  questions.take(1, result());
  t.match(said.pop(), { id: 1, error: { code: -32603 } }, 'it was never remembered');
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result());
  questions.answered(said[0]?.id ?? '', '{"error":{"code":-1,"message":"no"}}');
  t.match(said.pop(), { id: 1, error: { code: -1 } }, 'the client refused');
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result([1]));
  t.match(said.pop(), { error: { code: -32603 } }, 'no usable form');
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result());
  const [first, second] = said.slice(-2);
  open.clear();
  for (const ask of [first, second]) questions.answered(ask?.id ?? '', '{"result":{}}');
  t.same(again, [], 'no client waits any more');
  questions.close();
});

t.test('a question of a request that is over is withdrawn, unless it is answered', async (t) => {
  const { questions, said } = asked();
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result());
  const [first, second] = said.splice(0);
  questions.answered(first?.id ?? '', '{"result":{"action":"accept"}}');
  questions.forget(1);
  t.match(said.splice(0), [{ method: 'notifications/cancelled', params: { requestId: second?.id } }], 'given up');
  questions.forget(1);
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result());
  const [declined, other] = said.splice(0);
  questions.answered(declined?.id ?? '', '{"error":{"code":-1,"message":"no"}}');
  const withdrawn = { method: 'notifications/cancelled', params: { requestId: other?.id } };
  t.match(said, [withdrawn, { id: 1, error: { code: -1 } }], 'failed');
  t.equal(said.length, 2);
});

t.test('if one question of a request is malformed, the client gets no question of it', async (t) => {
  const { questions, said } = asked();
  for (const wrong of [null, 7, [], {}, { method: 7 }, { method: 'roots/list', params: 7 }]) {
    questions.remember(1, 'tools/call', '{}');
    questions.take(1, result({ ...two, c: wrong }));
    t.match(said.splice(0), [{ id: 1, error: { code: -32603 } }], JSON.stringify(wrong));
  }
});

t.test('once a question is declined nothing more is asked for its request', async (t) => {
  const said: { id: string | number }[] = [];
  const questions: Questions = new Questions({
    say: (text) => {
      const message = JSON.parse(text) as { id: string | number; method?: string };
      said.push(message);
      if (message.method !== undefined)
        questions.answered(String(message.id), '{"error":{"code":-32601,"message":""}}');
    },
    waiting: () => true,
    again: () => t.fail('it is over'),
  });
  questions.remember(1, 'tools/call', '{}');
  questions.take(1, result());
  t.match(said, [{ method: 'elicitation/create' }, { id: 1, error: { code: -32601 } }]);
  t.equal(said.length, 2);
});
