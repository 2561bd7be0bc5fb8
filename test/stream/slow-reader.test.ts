import http, { type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { connectEnvelope } from '../../hub/api/connect/envelope.js';
import { eventEndpoints, eventHandlers } from '../../hub/api/connect/events.js';
import type { Caller } from '../../hub/domain/access/caller.js';
import type { Domain } from '../../hub/domain/domain.js';
import { EventFeed } from '../../hub/domain/events/feed.js';
import { ServerRegistry } from '../../hub/domain/servers/registry.js';
import { createLog } from '../../hub/host/log.js';
import { Limits } from '../../hub/http/access/limits.js';
import type { Api } from '../../hub/http/api.js';
import { bind } from '../../hub/http/endpoint.js';
import { createHttpServer } from '../../hub/http/server.js';
import type { HttpSettings } from '../../hub/http/settings.js';
import { wait } from '../kit/wait.js';
import { openTestStore } from '../unit/store/stores.js';

const caller: Caller = {
  ...{ kind: 'api_key', id: 'k', name: 'k', userId: null, role: 'admin', api: null, tier: 'enterprise', grants: null },
};

/** The event stream's endpoint over a store, without the rest of a hub: here the test makes the events. */
async function serve(t: Test, settings: Partial<HttpSettings> = {}) {
  const { store } = await openTestStore(t);
  const registry = new ServerRegistry(store);
  const domain = { events: new EventFeed(store, registry), registry } as Domain;
  const api: Api = {
    ...{ name: 'connect', title: 'Events', version: '1', endpoints: bind(eventEndpoints, eventHandlers(domain)) },
    ...{ envelope: connectEnvelope, limits: {}, defaultLimit: { read: null, write: null }, resetHeader: 'epoch' },
  };
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', undefined, undefined, { write: (line) => void lines.push(JSON.parse(line)) });
  const server = createHttpServer({
    apis: [api],
    limits: new Limits({ scale: 1 }),
    authenticate: { verify: (id) => ({ ...caller, id }), issuer: () => null },
    authorize: () => {},
    audit: { record: () => {} },
    log,
    settings,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => server.close({ graceMs: 0 }));
  const open = (lastEventId?: string, key = 'k') =>
    new Promise<IncomingMessage>((resolve) => {
      const headers = { 'X-API-Key': key, ...(lastEventId ? { 'Last-Event-ID': lastEventId } : {}) };
      const request = http.get(`http://127.0.0.1:${port}/api/sse/events`, { headers, agent: false }, resolve);
      request.on('error', () => {});
      t.teardown(() => request.destroy());
    });
  const happen = (count: number, bytes: number) => {
    const data = { filler: 'x'.repeat(bytes) };
    return store.apply({ writes: [], events: Array.from({ length: count }, () => ({ type: 'tool.invoked', data })) });
  };
  return { store, server, open, happen, reasons: () => lines.map(({ reason }) => reason).filter(Boolean) };
}

/** Reads a response to its end, or until so many events are there in full. */
async function read(response: IncomingMessage, most = Number.POSITIVE_INFINITY): Promise<string> {
  const events: string[] = [];
  let rest = '';
  let count = 0;
  for await (const chunk of response.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    events.push(...parts);
    count += parts.filter((part) => part.startsWith('event: tool.invoked')).length;
    if (count >= most) break;
  }
  return `${events.join('\n\n')}\n\n${rest}`;
}

const ids = (text: string) =>
  [...text.matchAll(/^event: tool\.invoked\ndata: .*\nid: (\d+)$/gm)].map(([, id]) => Number(id));

t.test('a reader that reads nothing is dropped once 1 MiB waits for it, and holds no memory till then', async (t) => {
  const { store, open, happen, reasons } = await serve(t);
  const slow = await Promise.all(Array.from({ length: 20 }, () => open()));
  for (const response of slow) response.pause();
  const quick = read(await open(), 400);
  await happen(1, 10);
  const before = process.memoryUsage().rss;
  // Sockets take some megabytes each on loopback before they say that they are full.
  for (let i = 0; i < 400 && reasons().length < 20; i += 1) await happen(1, 50_000);
  const grown = process.memoryUsage().rss - before;
  t.same(reasons(), Array(20).fill('slow_reader'));
  t.comment(`${store.latestSeq} events of 50 kB, ${Math.round(grown / 2 ** 20)} MiB more memory`);
  const [first] = slow;
  if (!first) throw new Error('no stream');
  const text = await read(first);
  t.match(text, /event: close\ndata: {"reason":"slow_reader"/, 'it is told why when it reads on');
  const got = ids(text);
  t.same(
    got,
    got.map((_, i) => i + 1),
    'and has no gap up to there',
  );
  const rest = await open(String(got.at(-1)));
  const missing = store.latestSeq - got.length;
  t.same(
    ids(await read(rest, missing)),
    Array.from({ length: missing }, (_, i) => got.length + 1 + i),
  );
  await happen(Math.max(0, 401 - store.latestSeq), 10);
  t.equal(ids(await quick).length >= 400, true, 'a quick reader gets all of it meanwhile');
});

t.test('a reader that pauses within the bound goes on without a gap', async (t) => {
  const { open, happen, reasons } = await serve(t);
  const response = await open();
  response.pause();
  // More than sockets hold, and less than the bound beyond it: found by going back to a paused reader again and again.
  let total = 0;
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  for (let round = 0; round < 8; round += 1) {
    response.pause();
    for (let i = 0; i < 12; i += 1) await happen(1, 50_000);
    total += 12;
    response.resume();
    while (ids(text).length < total) await pause(5);
  }
  t.same(
    ids(text),
    Array.from({ length: total }, (_, i) => i + 1),
  );
  t.same(reasons(), []);
});

t.test('a long replay goes at the pace of its reader', async (t) => {
  const { store, open, happen, reasons } = await serve(t);
  for (let i = 0; i < 40; i += 1) await happen(25, 50_000);
  const before = process.memoryUsage().rss;
  const response = await open('0');
  response.pause();
  await pause(12_000);
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < 40 * 2 ** 20, `${Math.round(grown / 2 ** 20)} MiB more for 50 MB that wait`);
  response.resume();
  t.same(
    ids(await read(response, 1000)),
    Array.from({ length: 1000 }, (_, i) => i + 1),
  );
  t.same(reasons(), [], 'a pause beyond the socket layer’s ten seconds has no effect');
  t.equal(store.latestSeq, 1000);
});

t.test('a reader that reads nothing for too long is cut off', async (t) => {
  const { open, happen, reasons } = await serve(t, { stallMs: 1000 });
  for (let i = 0; i < 20; i += 1) await happen(25, 50_000);
  const response = await open('0');
  response.pause();
  while (reasons().length === 0) await pause(50);
  t.same(reasons(), ['stalled']);
});

t.test('the number of streams is bounded', async (t) => {
  const { open } = await serve(t, { maxEventStreams: 2 });
  const [first, , third] = [await open(), await open(), await open()];
  t.match(third, { statusCode: 503, headers: { 'retry-after': '5' } });
  first?.destroy();
  let again = await open();
  for (; again.statusCode === 503; again = await open()) await pause(10);
  t.equal(again.statusCode, 200);
});

t.test('a caller gets only its share of the streams, and leaves the rest to others', async (t) => {
  const { open } = await serve(t, { maxEventStreamsPerCaller: 2, maxRequestsPerCaller: 1 });
  const [first, second] = [await open(), await open()];
  t.match([first, second], [{ statusCode: 200 }, { statusCode: 200 }], 'an open stream is no request under way');
  const refused = await open();
  t.match(refused, { statusCode: 503, headers: { 'retry-after': '5' } });
  t.match(await readAll(refused), /Too many event streams of this caller are open/);
  t.equal((await open(undefined, 'another key')).statusCode, 200);
  first?.destroy();
  await wait('the place is free again', async () => {
    const again = await open();
    again.resume();
    return again.statusCode === 200;
  });
});

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
