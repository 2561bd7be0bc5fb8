import { EventEmitter, once } from 'node:events';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { type Hub, startHub } from '../roundhouse.js';
import { SseClient, teller } from './sse-client.js';

/** The events of the tests; a machine that is short of memory or disk sends alerts, too. */
const told = 'types=group.created,group.updated';

/** The hub of the tests that need no other. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t, { env: { ROUNDHOUSE_LOG_LEVEL: 'debug' } });
});

t.test('the documented form', async (t) => {
  const stream = await SseClient.open(t, hub, { query: 'types=group.created' });
  t.equal(stream.response.statusCode, 200);
  t.match(stream.response.headers, {
    'content-type': /^text\/event-stream/,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': String,
  });
  const tell = await teller(hub);
  await tell();
  const [event] = await stream.until((events) => events.length > 0);
  t.match(event, { event: 'group.created', id: /^\d+$/ });
  t.match(JSON.parse(event?.data ?? ''), { timestamp: /^\d{4}-.*Z$/ });
  await stream.until(() => stream.retry > 0);
  t.ok(stream.retry >= 2000);
  t.equal(stream.events.length, 1, 'other types are left out');
  const head = await hub.call('HEAD', '/api/sse/events');
  t.equal(head.status, 200);
});

t.test('comments keep it open past the socket layer’s ten seconds, and say how far the journal is', async (t) => {
  const tell = await teller(hub);
  const stream = await SseClient.open(t, hub, { query: 'types=server.error' });
  const before = await stream.until(() => stream.lastEventId !== '').then(() => Number(stream.lastEventId));
  await tell();
  let seen = 0;
  const begun = Date.now();
  await wait('a comment has come after thirteen seconds', () => {
    const { comments } = stream;
    if (Date.now() - begun < 13_000) seen = comments;
    return comments > Math.max(seen, 1);
  });
  t.ok(Number(stream.lastEventId) > before, 'a place without an event');
  t.same(stream.events, []);
});

t.test('bad parameters', async (t) => {
  const bad = await hub.call('GET', '/api/sse/events?types=server.connected,server.conected');
  t.match(bad, {
    status: 400,
    body: { code: 'VALIDATION_ERROR', details: { field: 'types', error: /server\.conected/ } },
  });
});

t.test('a client that comes back gets each missed event once, or a reset', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_EVENT_COUNT: '20' } });
  const tell = await teller(hub);
  const first = await SseClient.open(t, hub, { query: told });
  await tell();
  await first.until((events) => events.length === 1);
  first.close();
  await tell();
  const second = await SseClient.open(t, hub, { query: told, lastEventId: first.lastEventId });
  const third = await SseClient.open(t, hub, { query: `${told}&lastEventId=${first.lastEventId}` });
  await tell();
  for (const stream of [second, third]) {
    await stream.until((events) => events.length === 2);
    const [missed, next] = stream.events.map(({ id }) => Number(id));
    t.ok(Number(missed) > Number(first.lastEventId) && Number(next) > Number(missed));
  }
  for (const lastEventId of ['999999', 'no-number', '-1']) {
    const stream = await SseClient.open(t, hub, { lastEventId });
    const [reset] = await stream.until((events) => events.length > 0);
    t.match(reset, { event: 'reset', id: second.lastEventId });
    t.match(JSON.parse(reset?.data ?? ''), { reason: 'unknown', latestId: second.lastEventId, oldestId: '1' });
  }
  for (let i = 0; i < 30; i += 1) await tell();
  // The journal is trimmed every 10 s.
  await second.until((events) => events.length === 32);
  await wait('the first events have expired', async () => {
    const stream = await SseClient.open(t, hub, { lastEventId: '1' });
    const [event] = await stream.until((events) => events.length > 0);
    const isExpired = event?.event === 'reset';
    if (isExpired) t.match(JSON.parse(event?.data ?? ''), { reason: 'expired', latestId: second.lastEventId });
    stream.close();
    return isExpired;
  });
});

t.test('property: however often a client breaks off, it sees every event once and in order', async (t) => {
  const tell = await teller(hub, 5);
  let seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  t.comment(`SEED=${seed}`);
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  const steady = await SseClient.open(t, hub, { query: told });
  const total = 400;
  let isOver = false;
  let listening = 0;
  const allListen = new EventEmitter();
  const everybodyListens = once(allListen, 'now');
  const restless = Array.from({ length: 12 }, async () => {
    const seen: string[] = [];
    let lastEventId: string | undefined;
    let reconnects = 0;
    for (;;) {
      const stream = await SseClient.open(t, hub, { query: told, lastEventId });
      if (seen.length === 0 && reconnects === 0) {
        listening += 1;
        if (listening === 12) allListen.emit('now');
      }
      const most = isOver ? Number.POSITIVE_INFINITY : 1 + random(20);
      await stream.until((events) => events.length >= most || seen.length + events.length >= total || isOver);
      if (isOver) await stream.until((events) => seen.length + events.length >= total);
      // An event counts once it is read and remembered, as in a client that handles one event after the other.
      const handled = stream.events.slice(0, isOver ? undefined : most);
      stream.close();
      seen.push(...handled.map(({ id = '' }) => id));
      lastEventId = handled.at(-1)?.id ?? lastEventId ?? stream.lastEventId;
      if (seen.length >= total) return { seen, reconnects };
      reconnects += 1;
    }
  });
  // All are there before the first event.
  await everybodyListens;
  for (let i = 0; i < total; i += 5) {
    await Promise.all([0, 1, 2, 3, 4].map(tell));
  }
  isOver = true;
  await steady.until((events) => events.length === total);
  const wanted = steady.events.map(({ id }) => id);
  const results = await Promise.all(restless);
  for (const { seen } of results) t.same(seen, wanted);
  const reconnects = results.reduce((sum, one) => sum + one.reconnects, 0);
  t.ok(reconnects > 50, `${reconnects} reconnects`);
});

t.test('grants narrow the events that a client gets', async (t) => {
  const key = await hub.key('viewer', { grants: { servers: ['0193a1b2-0000-7000-8000-000000000000'] } });
  const narrow = await SseClient.open(t, hub, { key });
  const wide = await SseClient.open(t, hub, { key: await hub.key('viewer') });
  await teller(hub);
  await wide.until((events) => events.some(({ event }) => event === 'group.created'));
  t.same(narrow.events, []);
});

t.test('a key that is revoked, or expires, ends its streams', async (t) => {
  const make = async (more: object) => (await hub.call('POST', '/api/keys', { name: 'k', ...more })).body.data;
  const revoked = await make({});
  const expiring = await make({ expiresInSeconds: 10 });
  const streams = await Promise.all([revoked, expiring].map(({ key }) => SseClient.open(t, hub, { key })));
  const other = await SseClient.open(t, hub, { query: 'types=group.created,group.updated' });
  await hub.call('DELETE', `/api/keys/${revoked.id}`);
  for (const stream of streams) {
    await stream.ended;
    const last = stream.events.at(-1);
    t.match(last, { event: 'close' });
    t.match(JSON.parse(last?.data ?? ''), { reason: 'credential' });
  }
  const tell = await teller(hub);
  await tell();
  await other.until((events) => events.length === 2);
});

t.test('shutting down says so, and does not wait', async (t) => {
  const hub = await startHub(t, { parts: { graceMs: 3_600_000 } });
  const streams = await Promise.all([1, 2, 3].map(() => SseClient.open(t, hub)));
  await hub.stop();
  for (const stream of streams) {
    await stream.ended;
    t.match(JSON.parse(stream.events.at(-1)?.data ?? '{}'), { reason: 'shutdown' });
  }
});

t.test('tickets stand for a credential, once', async (t) => {
  const key = await hub.key('user');
  const make = async () => (await hub.call('POST', '/api/sse/tickets', undefined, key)).body.data.ticket as string;
  const asked = Date.now();
  const made = await hub.call('POST', '/api/sse/tickets', undefined, key);
  t.equal(made.status, 201);
  const expires = Date.parse(made.body.data.expiresAt);
  t.ok(expires >= asked + 30_000 && expires <= Date.now() + 30_000, 'it stands for thirty seconds');
  const { ticket } = made.body.data;
  const stream = await SseClient.open(t, hub, { key: null, query: `types=group.created&ticket=${ticket}` });
  t.equal(stream.response.statusCode, 200);
  await teller(hub);
  await stream.until((events) => events.length === 1);
  const refused = [
    await hub.call('GET', `/api/sse/events?ticket=${ticket}`, undefined, null),
    await hub.call('GET', `/api/sse/events?ticket=${'A'.repeat(43)}`, undefined, null),
    await hub.call('GET', '/api/sse/events?ticket=', undefined, null),
    await hub.call('GET', `/api/servers?ticket=${await make()}`, undefined, null),
    await hub.call('GET', `/api/sse/events?ticket=${await make()}`),
    await hub.call('POST', '/api/sse/tickets', undefined, null),
  ];
  t.same(
    refused.map(({ status }) => status),
    Array(6).fill(401),
  );
  const narrow = await make();
  const { body } = await hub.call('GET', '/api/keys');
  const id = body.data.find((each: { name: string }) => each.name === 'user').id;
  await hub.call('DELETE', `/api/keys/${id}`);
  const late = await hub.call('GET', `/api/sse/events?ticket=${narrow}`, undefined, null);
  t.equal(late.status, 401, 'the maker’s key was revoked meanwhile');
  t.notMatch(JSON.stringify(hub.log), ticket, 'no log holds it');
});
