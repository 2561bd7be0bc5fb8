import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import type { McpDoor } from '../../../hub/api/mcp/door.js';
import type { Surroundings } from '../../../hub/api/mcp/requests.js';
import { SseDoor } from '../../../hub/api/mcp/rev2024-11-05.js';
import { Listenings } from '../../../hub/api/mcp/rev2026-07-28/listening.js';
import { StatelessClients } from '../../../hub/api/mcp/rev2026-07-28/stateless-clients.js';
import type { Domain } from '../../../hub/domain/domain.js';
import { Limits } from '../../../hub/http/access/limits.js';
import { type Context, SseReply, type SseSource, StreamReply } from '../../../hub/http/endpoint.js';
import { call, calledOff, dial, keyOf, on, startHttp } from './fixture.js';

/** An event stream without events; resolves `over` when the stream ends. */
function silence({ caller }: Pick<Context, 'caller'>) {
  let tell = () => {};
  const over = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const source: SseSource = { caller, start: (sink) => sink.send(':\n\n'), drained: () => {}, ended: () => tell() };
  return { reply: new SseReply(source), over };
}

const taken = on('GET', '/api/taken', {}, (_, context) => silence(context).reply);

/** Takes the only place for an event stream. @returns leaves the place */
async function takePlace(t: Test, url: string): Promise<() => Promise<void>> {
  const headers = { 'X-API-Key': keyOf('none') };
  const request = http.get(`${url}/connect/api/taken`, { headers, agent: false });
  request.on('error', () => {});
  t.teardown(() => request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  t.equal(response.statusCode, 200);
  return async () => {
    request.destroy();
    for (;;) {
      const { status, body } = await fetch(`${url}/connect/api/probe`, { headers });
      await body?.cancel();
      if (status === 200) return;
    }
  };
}

t.test('a stream without room is ended, and its source is cancelled', async (t) => {
  const ended: Promise<unknown>[] = [];
  const events = on('GET', '/api/events', {}, (_, context) => {
    const { reply, over } = silence(context);
    ended.push(over, calledOff(context.signal));
    return reply;
  });
  const { url } = await startHttp(t, { connect: [taken, events] }, { settings: { maxEventStreams: 1 } });
  await takePlace(t, url);
  t.match(await call(`${url}/connect/api/events`), { status: 503, json: { code: 'unavailable' } });
  t.equal(ended.length, 2);
  await Promise.all(ended);
});

t.test('a stream that only its head is asked of is ended', async (t) => {
  let ended: Promise<void> | undefined;
  const events = on('GET', '/api/events', {}, (_, context) => {
    const { reply, over } = silence(context);
    ended = over;
    return reply;
  });
  const { url } = await startHttp(t, { connect: [events] });
  t.match(await call(`${url}/connect/api/events`, 'HEAD'), { status: 200, text: '' });
  t.ok(ended);
  await ended;
});

t.test('a stream that is ready when its client is gone is ended, of either kind', async (t) => {
  let began = () => {};
  const late: Promise<void>[] = [];
  const events = on('GET', '/api/events', {}, async (_, context) => {
    began();
    await calledOff(context.signal);
    const { reply, over } = silence(context);
    late.push(over);
    return reply;
  });
  const chunks = on('GET', '/api/chunks', {}, async (_, { signal }) => {
    began();
    await calledOff(signal);
    const done = { done: true as const, value: undefined };
    let tell = () => {};
    late.push(
      new Promise<void>((resolve) => {
        tell = resolve;
      }),
    );
    const leave = async () => {
      tell();
      return done;
    };
    const iterator = { next: async () => done, return: leave };
    return new StreamReply('text/plain', { [Symbol.asyncIterator]: () => iterator });
  });
  const { port } = await startHttp(t, { connect: [events, chunks] });
  for (const path of ['events', 'chunks']) {
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const socket = await dial(t, port);
    socket.write(`GET /connect/api/${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\n\r\n`);
    await begun;
    socket.destroy();
    while (late.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await late.pop();
  }
});

t.test('MCP clients that were refused for lack of room do not count later', async (t) => {
  const clients = new Set<object>();
  const domain = {
    mcp: {
      clients: {
        open: () => {
          const client = {};
          clients.add(client);
          return client;
        },
        offer: () => ({ tag: '' }),
        told: () => {},
        refresh: () => {},
        close: (client: object) => clients.delete(client),
      },
    },
  } as unknown as Domain;
  const listenings = new Listenings(domain, new Map(), new StatelessClients(domain.mcp.clients));
  const params = { notifications: { toolsListChanged: true } };
  const meta = { version: '2026-07-28', capabilities: {}, info: undefined, logLevel: undefined };
  const onError = (error: unknown) => t.error(error);
  const around = { keepBody: () => () => {}, onError } as unknown as Surroundings;
  const request = { kind: 'request', id: 1, method: 'subscriptions/listen', params } as const;
  const sse = new SseDoor({ check: () => {}, viewOf: () => ({}) } as unknown as McpDoor);
  const table = [
    taken,
    on('GET', '/api/probe', {}, (_, context) => silence(context).reply),
    on('GET', '/api/listen', {}, (_, context) => listenings.open(context, around, request, meta)),
    on('GET', '/api/sse', {}, (_, context) => sse.connect(context, {})),
  ];
  const settings = { maxEventStreams: 1 };
  const { url } = await startHttp(t, { connect: table }, { settings, limits: new Limits({ scale: 1000 }) });
  const leave = await takePlace(t, url);
  /** Empty where the stream was opened. */
  const refusalOf = async (path: string): Promise<string> => {
    const response = await fetch(`${url}/connect/api/${path}`, { headers: { 'X-API-Key': keyOf('none') } });
    if (response.status !== 200) return ((await response.json()) as { message: string }).message;
    await response.body?.cancel();
    return '';
  };
  const noRoom = 'Too many event streams are open';
  for (const path of ['listen', 'sse']) {
    const told = new Set<string>();
    for (let i = 0; i < 500; i += 1) told.add(await refusalOf(path));
    t.same([...told], [noRoom], path);
  }
  t.equal(listenings.size, 0);
  t.equal(clients.size, 0);
  await leave();
  for (const path of ['listen', 'sse']) {
    let refusal = await refusalOf(path);
    // The place of the earlier stream is free once the hub knows that its client is gone.
    while (refusal === noRoom) refusal = await refusalOf(path);
    t.equal(refusal, '', path);
  }
  sse.close();
});
