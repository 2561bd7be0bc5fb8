import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { firstText, harness, httpSpec, never } from '../agent/harness.js';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}
type Answer = { readonly result: unknown } | { readonly error: unknown };

/** A server of 2026-07-28 over HTTP whose answers a test writes itself, connected. */
async function newerServer(t: Test, answer: (request: Request, headers: IncomingMessage['headers']) => Answer) {
  const seen: Request[] = [];
  const discovered = { supportedVersions: ['2026-07-28'], capabilities: { tools: {}, logging: {} } };
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const asked = JSON.parse(Buffer.concat(parts).toString()) as Request;
    seen.push(asked);
    const told = asked.method === 'server/discover' ? { result: discovered } : answer(asked, request.headers);
    response.writeHead('error' in told ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, ...told }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const h = harness(t);
  h.servers.put(httpSpec(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`));
  await h.servers.connect('s1', never);
  return { ...h, seen };
}

const envelope = { info: '{"name":"c","version":"1"}', capabilities: '{"elicitation":{}}', logLevel: 'debug' };
const call = async ({ servers }: Awaited<ReturnType<typeof newerServer>>, args: object, more = {}) => {
  const options = { signal: never, envelope, ...more };
  const { json, isQuestion } = await servers.callTool('s1', 'tool', Buffer.from(JSON.stringify(args)), options);
  return { text: Buffer.from(json).toString(), isQuestion };
};
const listed = (inputSchema: object = { type: 'object' }) => ({ result: { tools: [{ name: 'tool', inputSchema }] } });

t.test('a request goes out as its client made it, and a question comes back byte for byte', async (t) => {
  const question = { resultType: 'input_required', inputRequests: {}, requestState: 'a "state"', other: [1.5] };
  const server = await newerServer(t, ({ method }) => (method === 'tools/list' ? listed() : { result: question }));
  const answer = await call(
    server,
    { a: 1 },
    { more: '{"requestState":"s","inputResponses":{"k":{}}}', meta: '{"m":1}' },
  );
  t.same(answer, { text: JSON.stringify(question), isQuestion: true });
  t.same(server.seen.at(-1)?.params, {
    name: 'tool',
    arguments: { a: 1 },
    requestState: 's',
    inputResponses: { k: {} },
    _meta: {
      m: 1,
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
      'io.modelcontextprotocol/logLevel': 'debug',
    },
  });
});

t.test('a malformed question is a failure of its server', async (t) => {
  const results: object[] = [{}, { inputRequests: [] }, { inputRequests: {}, requestState: 7 }, { requestState: {} }];
  let next: object = {};
  const server = await newerServer(t, ({ method }) =>
    method === 'tools/list' ? listed() : { result: { resultType: 'input_required', ...next } },
  );
  for (next of results)
    await t.rejects(call(server, {}), { kind: 'upstream', message: /input|requestState/ }, JSON.stringify(next));
  next = { resultType: 7 };
  await t.rejects(call(server, {}), { kind: 'upstream', message: /resultType/ });
  next = { resultType: 'complete' };
  t.match(await call(server, {}), { text: /"content":\[\]/, isQuestion: undefined });
});

t.test('a call without an envelope gets no question', async (t) => {
  const question = { resultType: 'input_required', requestState: 's' };
  const server = await newerServer(t, ({ method }) => (method === 'tools/list' ? listed() : { result: question }));
  await t.rejects(call(server, {}, { envelope: undefined }), { message: /asks a question outside a call/ });
});

t.test('a server that misses a header is asked for its tools again, and called once more', async (t) => {
  let header = 'Region';
  const server = await newerServer(t, ({ method }, headers) => {
    if (method === 'tools/list')
      return listed({ type: 'object', properties: { region: { type: 'string', 'x-mcp-header': header } } });
    const got = headers[`mcp-param-${header.toLowerCase()}`];
    if (header === 'never' || got === undefined) return { error: { code: -32020, message: 'Header mismatch' } };
    return { result: { content: [{ type: 'text', text: `${header} ${got}` }] } };
  });
  t.equal(firstText((await call(server, { region: 'eu' })).text), 'Region eu');
  header = 'Zone';
  t.equal(firstText((await call(server, { region: 'eu' })).text), 'Zone eu');
  header = 'never';
  await t.rejects(call(server, { region: 'eu' }), { message: /Header mismatch/ }, 'but not for ever');
});
