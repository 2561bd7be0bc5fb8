import { once } from 'node:events';
import { decodeJwt } from 'jose';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { automationDialect } from '../../hub/api/automation/websocket.js';
import { payerOf } from '../../hub/domain/access/caller.js';
import type { Domain } from '../../hub/domain/domain.js';
import { EventFeed } from '../../hub/domain/events/feed.js';
import { AccessTokens } from '../../hub/domain/people/sign-in/tokens.js';
import { ServerRegistry } from '../../hub/domain/servers/registry.js';
import { createLog } from '../../hub/host/log.js';
import { Limits } from '../../hub/http/access/limits.js';
import { createHttpServer } from '../../hub/http/server.js';
import { WebSockets } from '../../hub/http/websocket/server.js';
import type { WebSocketSettings } from '../../hub/http/websocket/socket.js';
import type { Hub } from '../roundhouse.js';
import { from, openAccess } from '../unit/access/access.js';
import { WsClient } from './ws-client.js';

/** The hub's WebSockets over a store, without the rest of a hub: here the test makes the events. */
async function start(t: Test, settings: Partial<WebSocketSettings> = {}, scale = 1, trustedProxies: string[] = []) {
  const access = await openAccess(t);
  const { store, identity } = access;
  const events = new EventFeed(store, new ServerRegistry(store));
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', undefined, undefined, { write: (line) => void lines.push(JSON.parse(line)) });
  const limits = new Limits({ scale });
  t.teardown(() => limits.close());
  const sockets = new WebSockets({
    dialect: automationDialect({ events } as unknown as Domain),
    authenticate: identity,
    authorize: () => {},
    origins: { listenHost: '127.0.0.1', publicUrl: undefined, corsOrigins: [] },
    trustedProxies,
    limits,
    log,
    settings,
  });
  const server = createHttpServer({
    apis: [],
    limits,
    authenticate: identity,
    authorize: () => {},
    audit: { record() {} },
    log,
    extend: (routes) => sockets.mount(routes, ['/ws']),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    sockets.close();
    await server.close({ graceMs: 0 });
    events.close();
  });
  await access.make('alice', 'viewer');
  const { accessToken } = await access.signIn('alice');
  const hub = { url: `http://127.0.0.1:${port}` } as Hub;
  const reasons = () => lines.map(({ reason }) => reason).filter(Boolean);
  return { ...access, sockets, hub, accessToken, reasons };
}

t.test('a token that expires while connected ends the connection, unless a fresh one comes before', async (t) => {
  const { hub, store, users, accessToken } = await start(t);
  const tokens = await AccessTokens.open(store, users);
  const short = await tokens.issue(users.get('alice'), 'automation', String(decodeJwt(accessToken).sid), 10);
  const left = await WsClient.authenticated(t, hub, short);
  const renewed = await WsClient.authenticated(t, hub, short);
  renewed.send({ type: 'auth', token: accessToken });
  t.same(await left.closed, { code: 4401, reason: 'credential' });
  renewed.send({ type: 'ping' });
  t.ok(await renewed.next('pong'), 'the other goes on');
});

t.test('a token whose family is revoked ends its connections', async (t) => {
  const { hub, sessions, signIn } = await start(t);
  const { accessToken, refreshToken } = await signIn('alice');
  const client = await WsClient.authenticated(t, hub, accessToken);
  const origin = from('192.0.2.1');
  await sessions.refresh(origin, refreshToken);
  await t.rejects(sessions.refresh(origin, refreshToken), { code: 'invalid_credential' });
  t.same(await client.closed, { code: 4401, reason: 'credential' });
});

t.test('the hub pings a silent client; a client that answers stays, a client that does not is cut off', async (t) => {
  const { hub, sockets, accessToken } = await start(t, { idleSeconds: 8 });
  const alive = await WsClient.authenticated(t, hub, accessToken);
  const dead = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`, {
    autoPong: false,
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  t.teardown(() => dead.terminate());
  dead.on('error', () => {});
  await Promise.all([once(alive.socket, 'ping'), once(dead, 'ping'), once(dead, 'close')]);
  alive.send({ type: 'ping' });
  t.ok(await alive.next('pong'));
  t.equal(sockets.size, 1, 'its place is free again');
});

t.test('a client that does not read is dropped, and its queue is bounded', async (t) => {
  const { hub, store, accessToken, reasons } = await start(t, { maxBufferedBytes: 256 * 1024 });
  const slow = await WsClient.authenticated(t, hub, accessToken);
  const quick = await WsClient.authenticated(t, hub, accessToken);
  for (const client of [slow, quick]) {
    client.send({ type: 'subscribe', events: ['alert.new'] });
    await client.next('subscribed');
  }
  slow.socket.pause();
  const filler = 'x'.repeat(50_000);
  let raised = 0;
  // The socket itself takes some megabytes on loopback before it says that it is full.
  for (; raised < 1000 && reasons().length === 0; raised += 1) {
    const data = { alertId: String(raised), severity: 'info', message: filler };
    await store.apply({ writes: [], events: [{ type: 'alert.new', data }] });
    await quick.next(({ alert_id }) => alert_id === String(raised), quick.messages.length - 1);
  }
  t.same(reasons(), ['slow_reader']);
  t.ok(raised < 1000, `after ${raised} events of 50 kB`);
  t.equal(
    quick.messages.filter(({ type }) => type === 'alert.new').length,
    raised,
    'a client that reads gets all of them',
  );
});

t.test('the hub refuses a connection for now if all places are taken', async (t) => {
  const { hub, accessToken } = await start(t, { maxConnections: 2 });
  const headers = { Authorization: `Bearer ${accessToken}` };
  const first = await WsClient.open(t, hub, { headers });
  await WsClient.open(t, hub, { headers });
  const refusal = await WsClient.open(t, hub, { headers }).catch((error: unknown) => error);
  t.match(refusal, {
    status: 503,
    headers: { 'retry-after': /^\d+$/, 'x-api-version': 'v1' },
    body: { error: { code: 'SERVICE_UNAVAILABLE' } },
  });
  first.socket.close();
  await first.closed;
  const again = await WsClient.open(t, hub, { headers });
  t.equal(again.socket.readyState, WebSocket.OPEN, 'there is room again');
});

t.test('a caller gets only its share of the connections, however it signs in; others get the rest', async (t) => {
  const { hub, make, signIn, accessToken, keys, callerOf, ownKeys } = await start(t, { maxPerCaller: 2 });
  const caller = await callerOf('alice');
  const origin = { ...from('192.0.2.1'), caller };
  const made = await ownKeys.create(origin, caller, { api: 'backend', name: 'own', expiresIn: 0 });
  t.equal(keys.verify(made.key).countedAs, payerOf(caller));
  const headers = { Authorization: `Bearer ${accessToken}` };
  await WsClient.open(t, hub, { headers });
  const second = await WsClient.authenticated(t, hub, accessToken);
  t.match(await WsClient.open(t, hub, { headers }).catch((error: unknown) => error), {
    status: 503,
    body: { error: { message: 'Too many WebSockets of this caller are open' } },
  });
  t.match(await WsClient.open(t, hub, { headers: { 'X-API-Key': made.key } }).catch((error: unknown) => error), {
    status: 503,
  });
  const late = await WsClient.open(t, hub);
  late.send({ type: 'auth', token: accessToken });
  t.match(await late.next('error'), { error: { code: 'SERVICE_UNAVAILABLE' } });
  t.match(await late.closed, { code: 1011 });
  second.send({ type: 'auth', token: accessToken });
  await second.next('authenticated', 1);
  await make('bob', 'viewer');
  await WsClient.authenticated(t, hub, (await signIn('bob')).accessToken);
  second.socket.close();
  await second.closed;
  await WsClient.open(t, hub, { headers });
});

t.test('upgrades and auth messages of a caller count as requests do', async (t) => {
  const { hub, accessToken } = await start(t, {}, 0.04);
  const headers = { Authorization: `Bearer ${accessToken}` };
  const [client] = await Promise.all([1, 2, 3].map(() => WsClient.open(t, hub, { headers })));
  client?.send({ type: 'auth', token: accessToken });
  await client?.next('authenticated', 1);
  const refusal = await WsClient.open(t, hub, { headers }).catch((error: unknown) => error);
  t.match(refusal, { status: 429, headers: { 'retry-after': /^\d+$/ } });
  client?.send({ type: 'auth', token: accessToken });
  t.match(await client?.next('error'), { error: { code: 'RATE_LIMIT_EXCEEDED' } });
  client?.send({ type: 'ping' });
  t.ok(await client?.next('pong'), 'an authenticated client stays');
});

t.test('wrong credentials in upgrades and auth messages count against their address', async (t) => {
  const { hub } = await start(t, {}, 0.05);
  const headers = { Authorization: 'Bearer mcp_wrong' };
  const open = () => WsClient.open(t, hub, { headers }).catch((error: unknown) => error);
  for (let i = 0; i < 2; i += 1) t.match(await open(), { status: 401 });
  const first = await WsClient.open(t, hub);
  first.send({ type: 'auth', token: 'mcp_wrong' });
  t.match(await first.closed, { code: 4401, reason: 'credential' });
  t.match(await open(), { status: 429 });
  const second = await WsClient.open(t, hub);
  second.send({ type: 'auth', token: 'mcp_wrong' });
  t.match(await second.next('error'), { error: { code: 'RATE_LIMIT_EXCEEDED' } });
  t.match(await second.closed, { code: 1008, reason: 'rate_limited' });
});

t.test('upgrades without a credential count against their address', async (t) => {
  const { hub } = await start(t, {}, 1 / 300);
  for (let i = 0; i < 2; i += 1) (await WsClient.open(t, hub)).socket.close();
  t.match(await WsClient.open(t, hub).catch((error: unknown) => error), { status: 429 });
});

t.test('an upgrade with several lines X-Forwarded-For comes from the address that the proxy wrote', async (t) => {
  const { hub } = await start(t, {}, 1 / 300, ['127.0.0.1']);
  const open = async (forged: string) => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`, {
      headers: { 'X-Forwarded-For': [forged, '192.0.2.7'] as unknown as string },
    });
    const [first] = await Promise.race([
      once(socket, 'open').then(() => [101]),
      once(socket, 'unexpected-response').then(([, response]) => [response.statusCode]),
    ]);
    socket.on('error', () => {}).terminate();
    return first;
  };
  t.same([await open('203.0.113.1'), await open('203.0.113.2'), await open('203.0.113.3')], [101, 101, 429]);
});
