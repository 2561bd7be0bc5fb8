import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { Policy } from '../../../agent/policy/policy.js';
import { freePort } from '../../free-port.mjs';
import { firstText, harness, isConnected, isError, never, repoPath, spec } from './harness.js';

const everything = repoPath('node_modules/@modelcontextprotocol/server-everything/dist/index.js');

interface Message {
  id?: number;
  method: string;
  params?: { name?: string };
}

const sseSpec = (url: string, more = {}) => spec({ transport: { case: 'sse', value: { url, headers: {} } }, ...more });

interface FakeOptions {
  /** The data of the `endpoint` event; default: a path with the session's number. */
  readonly endpoint?: string;
  /** Deals with a call; `say` sends a message on the stream that the call belongs to. */
  readonly call?: (message: Message, say: (text: string) => void, response: ServerResponse) => void;
}

/** A server of protocol version 2024-11-05 that can be made to misbehave. */
async function fake(t: Test, { endpoint, call = () => {} }: FakeOptions = {}) {
  const streams = new Map<string, ServerResponse>();
  const seen: { method: string; headers: IncomingMessage['headers']; message?: Message }[] = [];
  let sessions = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const session = new URL(request.url ?? '', 'http://x').searchParams.get('session') ?? '';
    const message = body === '' ? undefined : (JSON.parse(body) as Message);
    seen.push({ method: request.method ?? '', headers: request.headers, ...(message && { message }) });
    if (request.method === 'GET') {
      const id = String(++sessions);
      streams.set(id, response);
      response.on('close', () => streams.delete(id));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`: welcome\n\nevent: endpoint\ndata: ${endpoint ?? `/messages?session=${id}`}\n\n`);
      return;
    }
    const stream = streams.get(session);
    if (message === undefined || stream === undefined) {
      response.writeHead(404).end('no such session');
      return;
    }
    const say = (text: string) => void stream.write(`event: message\ndata: ${text}\n\n`);
    if (message.method !== 'tools/call') response.writeHead(202).end('Accepted');
    const result = (value: unknown) => say(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: value }));
    if (message.method === 'initialize') result({ protocolVersion: '2024-11-05', capabilities: { tools: {} } });
    else if (message.method === 'tools/list') result({ tools: [] });
    else if (message.method === 'ping') result({});
    else if (message.method === 'tools/call') call(message, say, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(stop);
  const { port } = server.address() as AddressInfo;
  const times = (method: string) => seen.filter(({ message }) => message?.method === method).length;
  return { url: `http://127.0.0.1:${port}/sse`, port, streams, seen, times, stop };
}

async function connectedTo(t: Test, specification: ReturnType<typeof spec>, limits = {}) {
  const h = harness(t, limits);
  h.servers.put(specification);
  const report = await h.servers.connect('s1', never);
  const call = async (tool: string, args: object = {}) => {
    const { json } = await h.servers.callTool('s1', tool, Buffer.from(JSON.stringify(args)), { signal: never });
    return Buffer.from(json).toString();
  };
  return { ...h, call, connectReport: report };
}

const answered = (text: string) => (message: Message, say: (text: string) => void, response: ServerResponse) => {
  response.writeHead(202).end();
  say(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { content: [{ type: 'text', text }] } }));
};

t.test('no message goes to an address of the server that the site does not allow', async (t) => {
  const { url, seen } = await fake(t);
  const policy = new Policy(parsePolicy(`urls: { deny: ["*://*/messages?*"] }`));
  const { servers } = harness(t, {}, { refusedAddress: (address) => policy.address(address) });
  servers.put(sseSpec(url));
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', message: /does not allow the address/ });
  t.notOk(seen.some(({ method }) => method === 'POST'));
});

t.test('server-everything over SSE: tools, calls, progress, and a new connection after its end', async (t) => {
  const port = await freePort();
  const start = async () => {
    const env = { ...process.env, PORT: String(port) };
    const child = spawn(process.execPath, [everything, 'sse'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    for await (const line of createInterface(child.stderr)) if (/running on port/i.test(line)) break;
    child.stderr.resume();
    return child;
  };
  const child = await start();
  const one = sseSpec(`http://127.0.0.1:${port}/sse`);
  const { call, connectReport, servers, report, reports } = await connectedTo(t, one, { backoffFirstMs: 50 });
  t.ok((connectReport.tools?.tools.length ?? 0) > 5);
  t.equal(firstText(await call('echo', { message: 'grüße 👋' })), 'Echo: grüße 👋');
  const progress: string[] = [];
  await servers.callTool('s1', 'trigger-long-running-operation', Buffer.from('{"duration":0.2,"steps":2}'), {
    signal: never,
    onProgress: (json) => progress.push(Buffer.from(json).toString()),
  });
  t.equal(progress.length, 2);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  const failed = await report(isError);
  t.match(failed.error, /stream of events|broke the connection/);
  await gone;
  await start();
  await report((r) => isConnected(r) && reports.indexOf(r) > reports.indexOf(failed));
  t.equal(firstText(await call('echo', { message: 'again' })), 'Echo: again');
});

t.test('an API key is sent with the stream and with every message', async (t) => {
  const server = await fake(t, { call: answered('ok') });
  const auth = { case: 'apiKey', value: { key: 'k-123456', header: 'X-Key', prefix: '' } } as const;
  const { call, servers } = await connectedTo(t, sseSpec(server.url, { auth }));
  t.equal(firstText(await call('x')), 'ok');
  t.same(
    server.seen.filter(({ headers }) => headers['x-key'] !== 'k-123456'),
    [],
  );
  const [stream] = server.streams.values();
  const closed = stream && once(stream, 'close');
  await servers.disconnect('s1');
  t.ok(await closed, 'the stream is closed');
});

t.test('an endpoint of another origin is refused: credentials go to no other origin', async (t) => {
  const server = await fake(t, { endpoint: 'http://example.com/messages' });
  const { servers } = harness(t);
  servers.put(sseSpec(server.url));
  await t.rejects(servers.connect('s1', never), {
    kind: 'upstream',
    message: /http:\/\/example.com, which is not its own/,
  });
});

t.test('an answer that is no stream, and a stream that never names its endpoint', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/json') response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    else if (request.url === '/mute')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hi\n\n');
    else if (request.url === '/short') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': hi\n\n');
    else response.writeHead(401).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { servers } = harness(t, { initializeMs: 5000 });
  const cases: [string, RegExp][] = [
    ['/json', /offers no stream of events/],
    ['/mute', /did not name its endpoint within 5 s/],
    ['/short', /closed the stream of events before/],
    ['/', /asks for credentials \(HTTP 401\)/],
  ];
  for (const [path, message] of cases) {
    servers.put(sseSpec(base + path));
    await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', message }, path);
  }
});

t.test('an expired session is renewed once for all; earlier requests are lost, and say so', async (t) => {
  const held: Message[] = [];
  const server = await fake(t, {
    call: (message, say, response) => {
      if (message.params?.name !== 'hold') answered('ok')(message, say, response);
      else {
        held.push(message);
        response.writeHead(202).end();
      }
    },
  });
  const { call, servers } = await connectedTo(t, sseSpec(server.url));
  const lost = t.rejects(call('hold'), { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'unknown' } });
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  // The stream stays open, and nothing comes of it any more.
  server.streams.clear();
  const answers = await Promise.all([call('x'), call('x'), call('x')]);
  await lost;
  t.same(answers.map(firstText), ['ok', 'ok', 'ok']);
  t.equal(server.times('initialize'), 2);
  t.match(servers.reports()[0], { state: ServerState.CONNECTED });
});

t.test('a message that is refused fails its call and no other', async (t) => {
  const server = await fake(t, {
    call: (message, say, response) => {
      if (message.params?.name === 'bad') response.writeHead(500).end('it broke');
      else answered('ok')(message, say, response);
    },
  });
  const { call } = await connectedTo(t, sseSpec(server.url));
  const other = call('good');
  await t.rejects(call('bad'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: 'the server answered HTTP 500: it broke',
  });
  t.equal(firstText(await other), 'ok');
});

t.test('connecting can be cancelled while the server does not answer', async (t) => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { servers } = harness(t);
  servers.put(sseSpec(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  const waiting = t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'cancelled' });
  await once(server, 'request');
  t.match(await servers.disconnect('s1'), { state: ServerState.DISCONNECTED });
  await waiting;
});
