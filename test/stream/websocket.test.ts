import t from 'tap';
import { ADMIN_KEY, ADMIN_PASSWORD, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { WsClient } from './ws-client.js';

const server = { name: 'everything', transport: { type: 'stdio', command: process.execPath, args: [everything] } };
const known = ['server.status', 'update.progress', 'update.complete', 'test.complete', 'alert.new', 'cleanup.complete'];

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(server);
});

t.test('the document’s client: authenticate, subscribe, hear, unsubscribe', async (t) => {
  const client = await WsClient.open(t, hub);
  const { body } = await hub.call('POST', '/api/v1/auth/token', { username: 'admin', password: ADMIN_PASSWORD }, null);
  client.send({ type: 'auth', token: body.access_token });
  // Without waiting: a token that was never seen takes a moment to verify.
  client.send({ type: 'subscribe', events: ['server.status', 'update.progress', 'alert.new'] });
  t.match(await client.next('authenticated'), { name: 'admin', role: 'admin' });
  t.match(await client.next('subscribed'), { events: ['server.status', 'update.progress', 'alert.new'] });

  await hub.call('POST', '/api/servers/everything/disconnect');
  const stopped = await client.next('server.status');
  t.match(stopped, { server: 'everything', status: 'unhealthy', state: 'stopped', timestamp: /^\d{4}-.*Z$/ });
  await hub.call('POST', '/api/servers/everything/connect');
  t.match(await client.next(({ status }) => status === 'healthy'), { type: 'server.status', server: 'everything' });

  client.send({ type: 'unsubscribe', events: ['server.status'] });
  t.match(await client.next('unsubscribed'), {
    events: ['server.status'],
    subscriptions: ['update.progress', 'alert.new'],
  });
  const before = client.messages.length;
  await hub.call('POST', '/api/servers/everything/disconnect');
  await hub.call('POST', '/api/servers/everything/connect');
  client.send({ type: 'ping' });
  await client.next('pong');
  // A machine that is short of memory or disk has an alert of its own.
  const heard = client.messages.slice(before).filter(({ type }) => type !== 'alert.new');
  t.equal(heard.length, 1, 'nothing but the pong');
});

t.test(
  'a client with a credential in a header need not authenticate again, also under the API’s own base',
  async (t) => {
    const forms: Record<string, string>[] = [{ Authorization: `Bearer ${ADMIN_KEY}` }, { 'X-API-Key': ADMIN_KEY }];
    for (const headers of forms) {
      const client = await WsClient.open(t, hub, { path: '/automation/ws', headers });
      t.match(await client.next('authenticated'), { role: 'admin' });
      client.send({ type: 'subscribe', events: known });
      t.same((await client.next('subscribed')).subscriptions, known);
    }
    const refused = WsClient.open(t, hub, { headers: { Authorization: 'Bearer mcp_nobody' } });
    const refusal = await refused.catch((error: unknown) => error);
    t.match(refusal, { status: 401, body: { success: false, error: { code: 'INVALID_TOKEN' } } });
  },
);

t.test('a message that cannot be handled gets an error, and the connection goes on', async (t) => {
  const client = await WsClient.open(t, hub);
  const cases: [unknown, object][] = [
    [{ type: 'subscribe', events: ['alert.new'] }, { code: 'AUTHENTICATION_REQUIRED' }],
    [{ type: 'auth' }, { code: 'VALIDATION_ERROR', details: { field: 'token' } }],
    ['{"type":', { code: 'BAD_REQUEST' }],
    ['[]', { code: 'VALIDATION_ERROR', details: { field: 'type' } }],
    ['null', { code: 'VALIDATION_ERROR' }],
    [{ type: 'auth', token: ADMIN_KEY }, {}],
    [{ type: 'dance' }, { code: 'VALIDATION_ERROR', details: { field: 'type' } }],
    [{ type: 'subscribe' }, { code: 'VALIDATION_ERROR', details: { field: 'events' } }],
    [
      { type: 'subscribe', events: ['alert.new', 'alert.old'] },
      { code: 'VALIDATION_ERROR', details: { known } },
    ],
    [
      { type: 'unsubscribe', events: [7] },
      { code: 'VALIDATION_ERROR', details: { known } },
    ],
    [{ type: 'auth', token: 'mcp_nobody' }, { code: 'INVALID_TOKEN' }],
  ];
  for (const [message, error] of cases) {
    const from = client.messages.length;
    client.send(message);
    const answer = await client.next(() => true, from);
    if (answer.type === 'authenticated') continue;
    t.match(answer, { type: 'error', error: { message: String, details: Object, ...error } }, JSON.stringify(message));
  }
  client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
  await client.next(({ error }) => error?.code === 'BAD_REQUEST', client.messages.length);
  client.send({ type: 'subscribe', events: ['alert.new'] });
  t.same((await client.next('subscribed')).subscriptions, ['alert.new'], 'no wrong subscription was made');
});

t.test('a client without a valid credential is disconnected', async (t) => {
  const started = performance.now();
  const silent = await WsClient.open(t, hub);
  const liar = await WsClient.open(t, hub);
  liar.send({ type: 'auth', token: 'eyJhbGciOiJub25lIn0.e30.' });
  t.match(await liar.next('error'), { error: { code: 'INVALID_TOKEN' } });
  t.same(await liar.closed, { code: 4401, reason: 'credential' });
  t.same(await silent.closed, { code: 4408, reason: 'authentication_timeout' });
  const waited = performance.now() - started;
  t.ok(waited > 9500, `not before 10 s (${Math.round(waited)} ms)`);
});

t.test('a key that is revoked ends its connections', async (t) => {
  const key = await hub.key('viewer', { name: 'short-lived' });
  const client = await WsClient.authenticated(t, hub, key);
  const { body } = await hub.call('GET', '/api/keys');
  const { id } = body.data.find(({ name }: { name: string }) => name === 'short-lived');
  await hub.call('DELETE', `/api/keys/${id}`);
  t.same(await client.closed, { code: 4401, reason: 'credential' });
});

t.test('a key that expires while connected ends the connection, unless a fresh one comes before', async (t) => {
  const key = await hub.key('viewer', { name: 'expiring', expiresInSeconds: 10 });
  const left = await WsClient.authenticated(t, hub, key);
  const renewed = await WsClient.authenticated(t, hub, key);
  renewed.send({ type: 'auth', token: ADMIN_KEY });
  await renewed.next(({ role }) => role === 'admin');
  t.same(await left.closed, { code: 4401, reason: 'credential' });
  renewed.send({ type: 'ping' });
  t.ok(await renewed.next('pong'));
});

t.test('grants narrow the events that a client gets', async (t) => {
  const { body } = await hub.call('POST', '/api/servers', { ...server, name: 'other' });
  const narrow = await hub.key('viewer', { name: 'narrow', grants: { servers: [body.data.id] } });
  const client = await WsClient.authenticated(t, hub, narrow);
  client.send({ type: 'subscribe', events: ['server.status'] });
  await client.next('subscribed');
  await hub.call('POST', '/api/servers/everything/disconnect');
  await hub.call('POST', '/api/servers/everything/connect');
  await hub.call('POST', '/api/servers/other/connect');
  await client.next('server.status');
  t.same([...new Set(client.messages.map((message) => message.server).filter(Boolean))], ['other']);
});

t.test('pages of other origins, and hosts that only pretend to be this one, are refused', async (t) => {
  const { host } = new URL(hub.url);
  const good = [{ Origin: hub.url }, {}, { Host: 'localhost:1', Origin: 'http://localhost:1' }];
  for (const headers of good) await WsClient.open(t, hub, { headers: headers as Record<string, string> });
  const bad = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Host: 'evil.example' },
    { Host: `evil.example:${host.split(':')[1]}`, Origin: 'http://evil.example' },
  ];
  for (const headers of bad) {
    const refused = WsClient.open(t, hub, { headers: headers as Record<string, string> });
    const refusal = await refused.catch((error: unknown) => error);
    t.match(refusal, { status: 403, body: { error: { code: 'PERMISSION_DENIED' } } }, JSON.stringify(headers));
  }
});

t.test('messages are bounded in size and number', async (t) => {
  const long = await WsClient.authenticated(t, hub);
  const fits = JSON.stringify({ type: 'ping', filler: '' });
  long.send({ type: 'ping', filler: 'x'.repeat(16 * 1024 - fits.length) });
  t.ok(await long.next('pong'), '16 KiB');
  long.send({ type: 'ping', filler: 'x'.repeat(16 * 1024 - fits.length + 1) });
  t.same(await long.closed, { code: 1009, reason: 'message_too_big' });

  const many = await WsClient.authenticated(t, hub);
  const started = performance.now();
  for (let i = 0; i < 500; i += 1) many.send({ type: 'ping' });
  t.same(await many.closed, { code: 1008, reason: 'too_many_messages' });
  // A busy machine may need more than one second for them; and the second in which it signed in may end among them.
  const seconds = Math.ceil((performance.now() - started) / 1000) + 1;
  t.ok(many.messages.filter(({ type }) => type === 'pong').length <= 50 * seconds);
});

t.test('the hub says goodbye when it stops', async (t) => {
  const own = await startHub(t);
  const client = await WsClient.authenticated(t, own);
  void own.stop();
  t.same(await client.closed, { code: 1001, reason: 'shutdown' });
});

t.test('silent connections from one address do not keep others out', async (t) => {
  const own = await startHub(t);
  await Promise.all(Array.from({ length: 100 }, () => WsClient.open(t, own)));
  await t.rejects(WsClient.open(t, own), { message: /503/ });
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  t.ok(await WsClient.open(t, own, { headers }), 'a client with a credential gets in');
});
