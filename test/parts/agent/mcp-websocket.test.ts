import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { websocketServer } from '../../fixtures/mcp/websocket-server.js';
import { freePort } from '../../free-port.mjs';
import { wait } from '../../kit/wait.js';
import { harness, isConnected, isError, never, spec } from './harness.js';

type Target = Extract<NonNullable<Parameters<typeof spec>[0]['transport']>, { case: 'websocket' }>['value'];

const websocketSpec = (url: string, target: Omit<Target, '$typeName' | 'url'> = {}, more = {}) =>
  spec({ transport: { case: 'websocket', value: { url, headers: {}, ...target } }, ...more });

async function connectedTo(t: Test, specification: ReturnType<typeof spec>, limits = {}) {
  const h = harness(t, limits);
  h.servers.put(specification);
  const report = await h.servers.connect('s1', never);
  const call = async (tool: string, onProgress?: (json: Uint8Array) => void) => {
    const options = onProgress === undefined ? { signal: never } : { signal: never, onProgress };
    const { json } = await h.servers.callTool('s1', tool, Buffer.from('{}'), options);
    return JSON.parse(Buffer.from(json).toString());
  };
  return { ...h, call, connectReport: report };
}

const reconnect = { enabled: true, maxAttempts: 10, initialDelayMs: 20, maxDelayMs: 200, backoffMultiplier: 2 };

t.test('a server of the SDK: tools, calls, progress, headers and a clean close', async (t) => {
  const server = await websocketServer(t);
  const auth = { case: 'apiKey', value: { key: 'k-123456', header: '', prefix: 'Bearer' } } as const;
  const one = websocketSpec(server.url, { headers: { 'X-Mine': 'yes', Host: 'other.example' } }, { auth });
  const { call, connectReport, servers } = await connectedTo(t, one);
  t.same(
    connectReport.tools?.tools.map(({ name }) => name),
    ['echo', 'progress', 'never'],
  );
  t.match(await call('echo'), { content: [{ type: 'text' }], isError: false });
  const progress: string[] = [];
  await call('progress', (json) => progress.push(Buffer.from(json).toString()));
  t.match(JSON.parse(progress[0] ?? ''), { progress: 1 });
  t.equal(server.headers[0]?.host, new URL(server.url).host, 'the URL alone says where it is');
  t.match(server.headers[0], { authorization: 'Bearer k-123456', 'x-mine': 'yes', 'sec-websocket-protocol': 'mcp' });
  const [socket] = server.sockets;
  const closed = socket && once(socket, 'close');
  await servers.disconnect('s1');
  t.equal((await closed)?.[0], 1000);
});

t.test('the agent uses no subprotocol with a server that knows none', async (t) => {
  const server = await websocketServer(t, { subprotocol: false });
  const { call } = await connectedTo(t, websocketSpec(server.url));
  t.match(await call('echo'), { isError: false });
});

t.test('the calls of a broken connection fail at once, and the agent connects again', async (t) => {
  const server = await websocketServer(t);
  const { call, report, reports, servers } = await connectedTo(t, websocketSpec(server.url, { reconnect }));
  const pending = call('never');
  const [socket] = server.sockets;
  socket?.terminate();
  await t.rejects(pending, { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'unknown' } });
  const failed = await report(isError);
  t.ok(failed.nextAttemptMs > 0n);
  await report((one) => isConnected(one) && reports.indexOf(one) > reports.indexOf(failed));
  t.match(await call('echo'), { isError: false });
  t.equal(servers.reports()[0]?.attempt, 0);
});

t.test(
  'reconnect: as many attempts as configured, with the configured pauses; then no more, until asked',
  async (t) => {
    const server = await websocketServer(t, { port: await freePort() });
    const policy = { ...reconnect, maxAttempts: 3, initialDelayMs: 50, maxDelayMs: 120 };
    const { report, reports, servers } = await connectedTo(t, websocketSpec(server.url, { reconnect: policy }));
    await server.stop();
    const last = await report(({ error }) => error.endsWith('(no further attempts are made)'));
    t.match(last, { state: ServerState.ERROR, nextAttemptMs: 0n });
    const begun = reports.filter(({ state }) => state === ServerState.CONNECTING).slice(1);
    t.same(
      begun.map(({ attempt }) => attempt),
      [2, 3, 4],
      'three attempts after the loss',
    );
    const again = await websocketServer(t, { port: server.port });
    t.match(await servers.connect('s1', never), { state: ServerState.CONNECTED });
    t.equal(again.times.length, 1);
  },
);

t.test('the pauses between attempts grow by the multiplier up to the maximum', async (t) => {
  const server = await websocketServer(t, { refuse: () => 503 });
  const policy = { ...reconnect, maxAttempts: 4, initialDelayMs: 20, maxDelayMs: 300, backoffMultiplier: 10 };
  const { servers, report } = harness(t);
  servers.put(websocketSpec(server.url, { reconnect: policy }));
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'upstream', message: /HTTP 503/ });
  await report(({ error }) => error.endsWith('(no further attempts are made)'));
  const pauses = server.times.slice(1).map((time, i) => time - (server.times[i] ?? 0));
  t.equal(pauses.length, 4);
  for (const [i, least] of [16, 160, 240, 240].entries()) t.ok((pauses[i] ?? 0) >= least, `pause ${i}: ${pauses[i]}`);
  // Without the maximum it were 20 seconds.
  t.ok((pauses[3] ?? 0) < 15_000, 'and no longer');
});

t.test('reconnect disabled: a broken connection stays so', async (t) => {
  const server = await websocketServer(t);
  const policy = { ...reconnect, enabled: false };
  const { report } = await connectedTo(t, websocketSpec(server.url, { reconnect: policy }));
  for (const socket of server.sockets) socket.terminate();
  t.match(await report(isError), { error: /\(it is not reconnected\)$/, nextAttemptMs: 0n });
});

t.test('heartbeat: a connection without answers is closed, a connection without heartbeats is not', async (t) => {
  const server = await websocketServer(t, { autoPong: false });
  // Patient enough for a busy machine to connect: that takes a few messages.
  const heartbeat = { enabled: true, intervalMs: 50, timeoutMs: 2000 };
  const policy = { ...reconnect, enabled: false };
  const { report } = await connectedTo(t, websocketSpec(server.url, { heartbeat, reconnect: policy }));
  t.match(await report(isError), { error: /did not answer a heartbeat within 2000 ms/ });
  const quiet = { ...heartbeat, enabled: false };
  const other = await connectedTo(t, websocketSpec(server.url, { heartbeat: quiet }));
  const pings: unknown[] = [];
  for (const socket of server.sockets) socket.on('ping', (data) => pings.push(data));
  // The heartbeats of another connection tell that there was time for some.
  const beating = await websocketServer(t);
  await connectedTo(t, websocketSpec(beating.url, { heartbeat, reconnect: policy }));
  let beats = 0;
  for (const socket of beating.sockets) socket.on('ping', () => beats++);
  await wait('another connection has had three heartbeats', () => beats >= 3);
  t.same(pings, []);
  t.match(await other.call('echo'), { isError: false });
});

t.test('heartbeats that are answered keep the connection, and are sent at their interval', async (t) => {
  const server = await websocketServer(t);
  const heartbeat = { enabled: true, intervalMs: 20, timeoutMs: 3_600_000 };
  const { servers } = await connectedTo(t, websocketSpec(server.url, { heartbeat }));
  const [socket] = server.sockets;
  for (let i = 0; i < 3; i++) await (socket && once(socket, 'ping'));
  t.match(servers.reports()[0], { state: ServerState.CONNECTED });
});

t.test('a server that refuses a WebSocket, and a server that never answers', async (t) => {
  const http = createServer((_request, response) => response.writeHead(404).end('nothing here'));
  http.on('upgrade', (request, socket) => {
    if (request.url === '/silent') return;
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nno entry');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.teardown(() => {
    http.close();
    http.closeAllConnections();
  });
  const { port } = http.address() as AddressInfo;
  const { servers } = harness(t, { initializeMs: 5000 });
  servers.put(websocketSpec(`ws://127.0.0.1:${port}/`));
  await t.rejects(servers.connect('s1', never), {
    kind: 'upstream',
    message: /refuses these credentials \(HTTP 403\)/,
  });
  servers.put(websocketSpec(`ws://127.0.0.1:${port}/silent`, {}, { revision: 2n }));
  await t.rejects(servers.connect('s1', never), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /handshake has timed out/,
  });
});

t.test('a message beyond the limit ends the connection with that reason', async (t) => {
  const server = await websocketServer(t);
  const limits = { messageBytes: 100_000, backoffFirstMs: 60_000 };
  const { report } = await connectedTo(t, websocketSpec(server.url), limits);
  for (const socket of server.sockets) socket.send('x'.repeat(200_000));
  t.match(await report(isError), { error: 'the server sent a message longer than the limit of 100000 bytes' });
});

t.test('the unfinished messages of a WebSocket count, and its end frees their room', async (t) => {
  const server = await websocketServer(t);
  const limits = { unfinishedServerBytes: 100_000, backoffFirstMs: 1, backoffMaxMs: 1 };
  const { call, report, reports } = await connectedTo(t, websocketSpec(server.url), limits);
  const part = { fin: false };
  const newest = () => [...server.sockets].at(-1);
  const note = (length: number) =>
    `{"jsonrpc":"2.0","method":"notifications/x","params":{"x":"${'x'.repeat(length)}"}}`;
  // Whole messages leave nothing behind: together they are longer than the limit.
  for (let i = 0; i < 4; i += 1) newest()?.send(note(50_000));
  t.match(await call('echo'), { isError: false });
  for (let round = 0; round < 2; round += 1) {
    const begun = reports.length;
    const socket = newest();
    for (let i = 0; i < 3; i += 1) {
      socket?.send('x'.repeat(50_000), part);
      // Between the parts of a message, frames of another kind are allowed.
      socket?.ping();
    }
    const failed = await report((one) => isError(one) && reports.indexOf(one) >= begun);
    t.match(failed, { error: 'the unfinished messages of the server are together longer than 100000 bytes' });
    await report((one) => isConnected(one) && reports.indexOf(one) > reports.indexOf(failed));
    newest()?.send(note(90_000));
    t.match(await call('echo'), { isError: false }, 'the room is free again');
  }
});
