import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { isUnsent, send } from '../../../hub/cli/frame/http.js';

/** Serves on loopback; ends with the test. */
async function serve(t: Test, answer: RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = createServer(answer).listen(0, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/`;
}

t.test('a request carries its method, headers and body, and its answer comes unpacked', async (t) => {
  const address = await serve(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { 'x-own': own, 'accept-encoding': packed } = request.headers;
    const text = JSON.stringify({ method: request.method, own, packed, body });
    response.writeHead(201, { 'content-encoding': 'gzip', 'x-answer': ['a', 'b'] }).end(gzipSync(text));
  });
  const response = await send(address, { method: 'PUT', headers: { 'x-own': 'mine' }, body: 'ü' });
  t.equal(response.status, 201);
  t.equal(response.headers.get('x-answer'), 'a, b');
  t.same(await response.json(), { method: 'PUT', own: 'mine', packed: 'gzip', body: 'ü' });
});

t.test('a redirect is an answer, and an answer may have no body', async (t) => {
  const address = await serve(t, ({ url }, response) => {
    if (url === '/to') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    else response.writeHead(204).end();
  });
  const redirect = await send(`${address}to`);
  t.equal(redirect.status, 302);
  t.equal(redirect.headers.get('location'), 'http://127.0.0.1:1/');
  t.equal(redirect.url, `${address}to`);
  const empty = await send(address);
  t.equal(empty.status, 204);
  t.equal(empty.body, null);
});

t.test('a signal ends a request before its answer and during the answer, with the signal’s reason', async (t) => {
  const closed: Promise<unknown>[] = [];
  const address = await serve(t, (request, response) => {
    closed.push(once(request.socket, 'close'));
    if (request.url === '/stream') response.write('first');
    else early.abort(new Error('early'));
  });
  const early = new AbortController();
  await t.rejects(send(address, { signal: early.signal }), { message: 'early' });
  await t.rejects(
    send(address, { signal: early.signal }),
    { message: 'early' },
    'and a request that is aborted already',
  );
  const late = new AbortController();
  const reader = (await send(`${address}stream`, { signal: late.signal })).body?.getReader();
  t.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'first', 'a chunk is there as soon as it comes');
  late.abort(new Error('late'));
  await t.rejects(Promise.resolve(reader?.read()), { message: 'late' });
  await Promise.all(closed);
});

t.test('a reader that has enough closes the connection', async (t) => {
  let closed: Promise<unknown> = Promise.resolve();
  const address = await serve(t, ({ socket }, response) => {
    closed = once(socket, 'close');
    response.write('first');
  });
  const { body } = await send(address);
  await body?.cancel();
  await closed;
});

t.test('a lost connection is an error of the body, and differs from a connection that was never made', async (t) => {
  const address = await serve(t, ({ url, socket }, response) => {
    if (url === '/half') response.writeHead(200, { 'content-length': '10' }).write('half', () => socket.destroy());
    else socket.destroy();
  });
  await t.rejects((await send(`${address}half`)).text(), { code: 'ECONNRESET' });
  const broken = await send(address).catch((error: unknown) => error);
  t.match(broken, { code: 'ECONNRESET' });
  t.notOk(isUnsent(broken));
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    const refused = await send(`http://${host}:1/`).catch((error: unknown) => error);
    t.ok(refused instanceof Error && refused.message !== '', `${host}: ${refused}`);
    t.ok(isUnsent(refused), host);
  }
});

t.test('an IPv6 address is reached, and a second request uses the same connection', async (t) => {
  const ports = new Set<number | undefined>();
  const address = await serve(
    t,
    ({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('yes');
    },
    '::1',
  );
  for (const _ of [1, 2]) t.equal(await (await send(address)).text(), 'yes');
  t.equal(ports.size, 1);
});
