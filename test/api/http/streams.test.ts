import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import t from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { Json, SseReply, type SseSink, StreamReply } from '../../../hub/http/endpoint.js';
import { authenticate, call, calledOff, dial, keyOf, on, readAll, startHttp } from './fixture.js';

const CHUNK = 256 * 1024;
const get = (path: string) =>
  `GET /connect${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\nConnection: close\r\n\r\n`;

/** The payload of a chunked body, or of one with a length. */
function bodyOf(response: Buffer): Buffer {
  const start = response.indexOf('\r\n\r\n') + 4;
  if (!/transfer-encoding: chunked/i.test(response.subarray(0, start).toString())) return response.subarray(start);
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const end = response.indexOf('\r\n', at);
    const size = Number.parseInt(response.subarray(at, end).toString(), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(response.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

t.test('a slow reader gets everything, and no more is taken from the source than it has room for', async (t) => {
  const total = 200;
  let taken = 0;
  const sent = createHash('sha256');
  async function* source() {
    for (; taken < total; taken += 1) {
      const chunk = Buffer.alloc(CHUNK, taken);
      sent.update(chunk);
      yield chunk;
    }
  }
  const { port } = await startHttp(t, {
    connect: [on('GET', '/api/bulk', {}, () => new StreamReply('text/plain', source()))],
  });
  const socket = await dial(t, port);
  const chunks: Buffer[] = [];
  socket.write(get('/api/bulk'));
  const [first] = (await once(socket, 'data')) as [Buffer];
  chunks.push(first);
  socket.pause();
  // The kernel first buffers data for both ends. After that the source must not be read.
  let before = -1;
  while (taken !== before) {
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(taken < total / 2, `${taken} of ${total} chunks taken`);
  const { arrayBuffers } = process.memoryUsage();
  t.ok(arrayBuffers < 64 * 1024 * 1024, `${arrayBuffers} bytes in buffers`);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await once(socket, 'close');
  const received = bodyOf(Buffer.concat(chunks));
  t.equal(received.length, total * CHUNK);
  t.equal(createHash('sha256').update(received).digest('hex'), sent.digest('hex'));
});

t.test('a large body reaches a reader that pauses longer than the socket layer waits', async (t) => {
  const text = JSON.stringify('x'.repeat(30_000_000));
  const { port } = await startHttp(t, { connect: [on('GET', '/api/large', { bare: true }, () => new Json(text))] });
  const socket = await dial(t, port);
  socket.write(get('/api/large'));
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const whole = readAll(socket);
  socket.resume();
  const received = bodyOf(Buffer.from(await whole));
  t.equal(received.length, text.length);
});

t.test('a caller that leaves large answers unread gets only small ones until it has read them', async (t) => {
  const body = new Json(Buffer.alloc(70 * 1024 * 1024, ' '));
  let asked = () => {};
  const first = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const table = [
    on('GET', '/api/huge', { bare: true }, () => {
      asked();
      return body;
    }),
    on('GET', '/api/small', { bare: true }, () => new Json('1')),
  ];
  const { url, port } = await startHttp(t, { connect: table });
  const socket = await dial(t, port);
  socket.pause();
  socket.write(get('/api/huge'));
  await first;
  t.match(await call(`${url}/connect/api/huge`), { status: 503, json: { message: /read the answers/ } });
  t.equal((await call(`${url}/connect/api/small`)).status, 200);
});

t.test('a silent stream stays open', async (t) => {
  async function* quiet() {
    yield Buffer.from('a');
    await new Promise((resolve) => setTimeout(resolve, 16_000));
    yield Buffer.from('b');
  }
  const { url } = await startHttp(t, {
    connect: [on('GET', '/api/quiet', {}, () => new StreamReply('text/plain', quiet()))],
  });
  t.equal((await call(`${url}/connect/api/quiet`)).text, 'ab');
});

t.test('a client that takes nothing is cut off after the stated time, and its source is ended', async (t) => {
  let returned = () => {};
  const left = new Promise<void>((resolve) => {
    returned = resolve;
  });
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(CHUNK);
    } finally {
      returned();
    }
  }
  const table = [on('GET', '/api/endless', {}, () => new StreamReply('text/plain', endless()))];
  const { port, logged } = await startHttp(t, { connect: table }, { settings: { stallMs: 500 } });
  const socket = await dial(t, port);
  socket.pause();
  socket.write(get('/api/endless'));
  await left;
  t.match(logged, [{ body: 'client takes nothing: connection cut' }]);
});

t.test('a stream under way is cut when the credential of its caller expires', async (t) => {
  let expires = false;
  let checked = 0;
  const recheck: typeof authenticate.recheck = (caller) => {
    checked += 1;
    // No event tells of it.
    if (expires) throw new DomainError('expired_credential', 'the key has expired');
    expires = checked === 2;
    return caller;
  };
  async function* follow() {
    yield Buffer.from('begin');
    await new Promise(() => {});
  }
  const table = [on('GET', '/api/follow', {}, () => new StreamReply('text/plain', follow()))];
  const options = { settings: { stallMs: 100 }, authenticate: { ...authenticate, recheck } };
  const { port } = await startHttp(t, { connect: table }, options);
  const socket = await dial(t, port);
  socket.write(get('/api/follow'));
  t.notMatch(await readAll(socket), /\r\n0\r\n/, 'no proper end');
  t.equal(checked, 3, 'it goes on until then');
});

t.test('a client that goes away ends its stream, and aborts the handler’s signal', async (t) => {
  let ended: (reason: unknown) => void = () => {};
  const reason = new Promise<unknown>((resolve) => {
    ended = resolve;
  });
  const table = [
    on('GET', '/api/follow', {}, (_, { signal }) => {
      async function* follow() {
        yield Buffer.from('hello');
        await calledOff(signal);
        ended(signal.reason);
      }
      return new StreamReply('text/plain', follow());
    }),
  ];
  const { port } = await startHttp(t, { connect: table });
  const socket = await dial(t, port);
  socket.write(get('/api/follow'));
  await once(socket, 'data');
  socket.destroy();
  t.match(await reason, { code: 'cancelled' });
});

t.test('a client that goes away aborts the signal of its request', async (t) => {
  let started = () => {};
  const begun = new Promise<void>((resolve) => {
    started = resolve;
  });
  let aborted: (reason: unknown) => void = () => {};
  const reason = new Promise<unknown>((resolve) => {
    aborted = resolve;
  });
  const table = [
    on('POST', '/api/wait', { body: Type.Object({}) }, async (_, { signal }) => {
      signal.addEventListener('abort', () => aborted(signal.reason));
      started();
      await reason;
      return {};
    }),
  ];
  const { port, logged } = await startHttp(t, { connect: table });
  const socket = await dial(t, port);
  socket.write(
    `POST /connect/api/wait HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await begun;
  socket.destroy();
  t.match(await reason, { code: 'cancelled' });
  t.same(logged, []);
});

t.test('a failure before the first chunk is an error; a later failure cuts the connection', async (t) => {
  async function* early(): AsyncGenerator<Uint8Array> {
    await Promise.reject(new Error('early'));
    yield Buffer.alloc(0);
  }
  async function* late() {
    yield Buffer.from('first');
    throw new Error('late');
  }
  const table = [
    on('GET', '/api/early', {}, () => new StreamReply('text/plain', early())),
    on('GET', '/api/late', {}, () => new StreamReply('text/plain', late())),
  ];
  const { url, port } = await startHttp(t, { connect: table });
  t.match(await call(`${url}/connect/api/early`), { status: 500, json: { code: 'internal' } });
  const socket = await dial(t, port);
  socket.write(get('/api/late'));
  const received = await readAll(socket);
  t.match(received, /^HTTP\/1.1 200 [\s\S]*first/);
  t.notMatch(received, /\r\n0\r\n/, 'no proper end');
});

t.test('an empty stream is an empty body', async (t) => {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  const { url } = await startHttp(t, {
    connect: [on('GET', '/api/x', {}, () => new StreamReply('text/plain', nothing()))],
  });
  t.match(await call(`${url}/connect/api/x`), { status: 200, text: '' });
});

t.test('an event stream that the hub ends is a well-formed body for a client that keeps its connections', async (t) => {
  const events = on('GET', '/api/events', {}, (_, { caller }) => {
    const start = (sink: SseSink) => sink.close({ reason: 'credential', message: 'revoked' });
    return new SseReply({ caller, start, drained: () => {}, ended: () => {} });
  });
  const { port } = await startHttp(t, { connect: [events] });
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const request = httpGet({ port, path: '/connect/api/events', agent, headers: { 'X-API-Key': keyOf('none') } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  t.match(text, /^event: close\ndata: \{"reason":"credential"/);
});
