import t from 'tap';
import { freePort } from '../free-port.mjs';
import { Receiver } from '../receiver.js';
import { everything, type Hub, startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';
import { tempFolder } from '../temp-folder.js';

const stdio = { type: 'stdio', command: process.execPath, args: [everything] };

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({ name: 'everything', transport: stdio });
});

async function makeWebhook(on: Hub, receiver: Receiver, events: string[], more = {}) {
  const { status, body } = await on.call('POST', '/api/webhooks', { url: receiver.url, events, ...more });
  if (status !== 201) throw new Error(JSON.stringify(body));
  receiver.secret = body.data.secret;
  return body.data;
}

const invoke = (on: Hub, tool = 'echo', args: object = { message: 'hi' }) =>
  on.call('POST', `/api/tools/${tool}/invoke`, { arguments: args });

t.test('made, listed, delivered to, tested, changed, deleted', async (t) => {
  const receiver = await new Receiver().listen(t);
  const events = ['server.disconnected', 'server.connected', 'tool.invoked', 'tool.error'];
  const made = await makeWebhook(hub, receiver, events);
  t.match(made, {
    id: /^[0-9a-f-]{36}$/,
    url: receiver.url,
    events,
    secret: /^whsec_[A-Za-z0-9+/]{32}$/,
    enabled: true,
    createdAt: String,
    lastDeliveryAt: null,
    deliveryStats: { total: 0, successful: 0, failed: 0 },
  });
  const shown = async () => {
    const { body } = await hub.call('GET', '/api/webhooks');
    return body.data.find(({ id }: { id: string }) => id === made.id);
  };
  t.equal((await shown()).secret, `${made.secret.slice(0, 10)}…`, 'the whole secret only once');

  await invoke(hub);
  await hub.call('POST', '/api/servers/everything/disconnect');
  await hub.call('POST', '/api/servers/everything/connect');
  const received = await receiver.until((all) => all.length === 3);
  const of = (type: string) => received.find(({ payload }) => payload.type === type)?.payload;
  t.match(of('tool.invoked'), { timestamp: String, data: { toolName: 'echo', success: true, durationMs: Number } });
  t.match(of('server.disconnected'), { data: { serverName: 'everything' } });
  t.match(of('server.connected'), { data: { serverName: 'everything', toolCount: Number } });
  t.same(receiver.forged, []);

  const test = await hub.call('POST', `/api/webhooks/${made.id}/test`);
  t.match(test, { status: 200, body: { data: { statusCode: 204, durationMs: Number } } });
  t.equal(received.at(-1)?.id, test.body.data.deliveryId);
  receiver.answer = (response) => response.writeHead(410).end();
  t.match((await hub.call('POST', `/api/webhooks/${made.id}/test`)).body.data, {
    statusCode: 410,
    error: 'Status 410',
  });

  const deliveries = async (query = '') =>
    (await hub.call('GET', `/api/webhooks/${made.id}/deliveries${query}`)).body.data;
  t.equal((await deliveries()).length, 5);
  t.equal((await deliveries('?limit=2')).length, 2);
  t.match(await deliveries('?status=failed'), [
    { status: 'failed', statusCode: 410, event: 'webhook.test', durationMs: Number },
  ]);
  t.equal((await deliveries('?status=success')).length, 4);
  t.match(await shown(), { lastDeliveryAt: String, deliveryStats: { total: 5, successful: 4, failed: 1 } });

  const off = await hub.call('PUT', `/api/webhooks/${made.id}`, { enabled: false });
  t.match(off, { status: 200, body: { data: { enabled: false, events } } });
  await invoke(hub);
  const on = await hub.call('PUT', `/api/webhooks/${made.id}`, { enabled: true, events: ['tool.error'] });
  t.match(on.body.data, { enabled: true, events: ['tool.error'] });
  receiver.answer = (response) => response.writeHead(200).end();
  await invoke(hub);
  await invoke(hub, 'get-sum', { a: 'x', b: {} });
  await receiver.until((all) => all.length === 6);
  t.equal(receiver.received.at(-1)?.payload.type, 'tool.error');

  t.match(await hub.call('DELETE', `/api/webhooks/${made.id}`), { status: 200, body: { success: true } });
  t.equal(await shown(), undefined);
  for (const [method, path] of [
    ['DELETE', ''],
    ['PUT', ''],
    ['POST', '/test'],
    ['GET', '/deliveries'],
  ] as const) {
    const { status } = await hub.call(method, `/api/webhooks/${made.id}${path}`, method === 'PUT' ? {} : undefined);
    t.equal(status, 404, `${method} ${path}`);
  }
});

t.test('registrations that the hub refuses', async (t) => {
  const make = (body: object) =>
    hub.call('POST', '/api/webhooks', { url: 'https://your-app.com/webhook', events: ['tool.invoked'], ...body });
  const bad: readonly (readonly [string, object])[] = [
    ['url', { url: 'http://169.254.169.254/' }],
    ['url', { url: 'http://2852039166/' }],
    ['url', { url: 'http://[fd00:ec2::254]/' }],
    ['url', { url: 'http://[::ffff:169.254.0.1]/' }],
    ['url', { url: `${hub.url}/api/servers` }],
    ['url', { url: hub.url.replace('127.0.0.1', 'localhost') }],
    ['url', { url: `http://${hub.agentAddress}/` }],
    ['url', { url: 'http://user:password@your-app.com/' }],
    ['url', { url: 'ftp://your-app.com/' }],
    ['events', { events: [] }],
    ['events', { events: ['tool.called'] }],
    ['secret', { secret: 'short' }],
    ['secret', { secret: 'whsec_this is no base64!' }],
  ];
  for (const [field, body] of bad) {
    const { status, body: answer } = await make(body);
    t.match({ status, code: answer.code }, { status: 400, code: 'VALIDATION_ERROR' }, JSON.stringify(body));
    t.match(answer.details.field, new RegExp(`^${field}`));
  }
  const given = await make({ secret: 'optional-webhook-secret' });
  t.match(given, {
    status: 201,
    body: { data: { secret: `whsec_${Buffer.from('optional-webhook-secret').toString('base64')}` } },
  });
  const { body: listed } = await hub.call('GET', '/api/webhooks');
  const mine = listed.data.find(({ id }: { id: string }) => id === given.body.data.id);
  t.equal(mine.secret, '…', 'no part of a secret that its caller has chosen');
  const server = { name: 'metadata', transport: { type: 'http', url: 'http://169.254.169.254/mcp' } };
  t.match(await hub.call('POST', '/api/servers', server), {
    status: 400,
    body: { details: { field: 'transport.url' } },
  });
  const auth = { type: 'oauth2', clientId: 'a', clientSecret: 'secret', tokenUrl: 'http://[::ffff:a9fe:a9fe]/token' };
  const guarded = { name: 'tokens', transport: { type: 'http', url: 'http://127.0.0.1:1/mcp' }, auth };
  t.match(await hub.call('POST', '/api/servers', guarded), {
    status: 400,
    body: { details: { field: 'auth.tokenUrl' } },
  });
});

t.test('private addresses by setting', async (t) => {
  const receiver = await new Receiver().listen(t);
  const strict = await startHub(t, { env: { ROUNDHOUSE_WEBHOOK_PRIVATE: '0' } });
  const refused = await strict.call('POST', '/api/webhooks', { url: receiver.url, events: ['tool.invoked'] });
  t.match(refused, { status: 400, body: { details: { field: 'url', error: /loopback/ } } });
});

t.test('a key with narrowed grants manages its own webhooks, and gets only the events of its grants', async (t) => {
  const key = await hub.key('operator', { grants: { tools: ['get-sum'] } });
  const viewer = await hub.key('user');
  t.equal((await hub.call('GET', '/api/webhooks', undefined, viewer)).status, 403);
  const receiver = await new Receiver().listen(t);
  const body = { url: receiver.url, events: ['tool.invoked'] };
  const made = await hub.call('POST', '/api/webhooks', body, key);
  receiver.secret = made.body.data.secret;
  const others = await hub.call('POST', '/api/webhooks', { ...body, enabled: false });
  const { body: list } = await hub.call('GET', '/api/webhooks', undefined, key);
  t.same(
    list.data.map(({ id }: { id: string }) => id),
    [made.body.data.id],
  );
  t.equal((await hub.call('DELETE', `/api/webhooks/${others.body.data.id}`, undefined, key)).status, 404);
  await invoke(hub);
  await invoke(hub, 'get-sum', { a: 1, b: 2 });
  await receiver.until((all) => all.length === 1);
  t.equal(receiver.received[0]?.payload.data.toolName, 'get-sum');
});

t.test('kill -9 between acceptance and delivery: nothing is lost, ids stay', async (t) => {
  const data = tempFolder(t);
  const first = await startHubProcess(t, { data });
  await startAgent(t, first);
  await first.connectServer({ name: 'everything', transport: stdio });
  const port = await freePort();
  const hanging = await new Receiver().listen(t);
  hanging.answer = () => {};
  const hung = await makeWebhook(first, hanging, ['tool.invoked']);
  const later = new Receiver();
  const { body } = await first.call('POST', '/api/webhooks', {
    url: `http://127.0.0.1:${port}/`,
    events: ['tool.invoked'],
  });
  later.secret = body.data.secret;
  const stream = await SseClient.open(t, first, { query: 'types=tool.invoked' });
  const count = 50;
  await Promise.all(Array.from({ length: count }, () => invoke(first)));
  // The hub stores an event before it sends the event to a client.
  await stream.until((events) => events.length === count);
  await hanging.until((all) => all.length > 0);
  await first.stop('SIGKILL');
  const before = new Set(hanging.received.map(({ id }) => id));

  await later.listen(t, port);
  hanging.answer = (response) => response.writeHead(200).end();
  const second = await startHub(t, { data });
  const ids = (receiver: Receiver) => new Set(receiver.received.map(({ id }) => id));
  const times = (id: string) => hanging.received.filter((each) => each.id === id).length;
  // Deliveries of the first hub may be read after its end. They do not count as repeated.
  await hanging.until(() => ids(hanging).size === count && [...before].every((id) => times(id) > 1));
  await later.until(() => ids(later).size === count);
  t.ok(
    [...before].every((id) => times(id) > 1),
    'sent again under the same id',
  );
  const { body: history } = await second.call('GET', `/api/webhooks/${hung.id}/deliveries?limit=1000`);
  t.same(new Set(history.data.map(({ id }: { id: string }) => id)), ids(hanging));
  t.same([...hanging.forged, ...later.forged], []);
});
