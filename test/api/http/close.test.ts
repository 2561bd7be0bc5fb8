import { once } from 'node:events';
import t from 'tap';
import { StreamReply } from '../../../hub/http/endpoint.js';
import { call, calledOff, dial, keyOf, on, readAll, startHttp } from './fixture.js';

const key = keyOf('none');
const get = (path: string) => `GET /connect${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`;

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

t.test('running requests end, new connections are refused, and further requests get an error', async (t) => {
  const [begun, held] = [gate(), gate()];
  const table = [
    on('GET', '/api/held', {}, async () => {
      begun.open();
      await held.opened;
      return 'done';
    }),
    on('GET', '/api/other'),
  ];
  const { server, url, port } = await startHttp(t, { connect: table });
  const kept = await dial(t, port);
  const running = call(`${url}/connect/api/held`);
  await begun.opened;
  const closed = server.close({ graceMs: 5000 });
  await t.rejects(dial(t, port));
  kept.write(get('/api/other'));
  const refused = await readAll(kept);
  t.match(refused, /^HTTP\/1.1 503 [\s\S]*Retry-After: 5[\s\S]*Connection: close/);
  held.open();
  t.match(await running, { status: 200, json: { data: 'done' } });
  await closed;
});

t.test('streams get a last message with the reason once all requests have ended', async (t) => {
  const table = [
    on('GET', '/api/follow', {}, (_, { signal }) => {
      async function* follow() {
        yield Buffer.from('hello;');
        await calledOff(signal);
        yield Buffer.from(`bye: ${(signal.reason as Error).message}`);
      }
      return new StreamReply('text/plain', follow());
    }),
  ];
  const { server, port } = await startHttp(t, { connect: table });
  const socket = await dial(t, port);
  socket.write(get('/api/follow'));
  await once(socket, 'data');
  const rest = readAll(socket);
  await server.close({ graceMs: 5000 });
  t.match(await rest, /bye: The hub is shutting down\r\n0\r\n/);
});

t.test('a request that does not end within the limit is cancelled, and then cut', async (t) => {
  let reason: unknown;
  const table = [
    on('GET', '/api/polite', {}, async (_, { signal }) => {
      await calledOff(signal);
      reason = signal.reason;
      throw signal.reason;
    }),
    on('GET', '/api/deaf', {}, () => new Promise(() => {})),
  ];
  const { server, url, port } = await startHttp(t, { connect: table });
  const deaf = await dial(t, port);
  deaf.write(get('/api/deaf'));
  const polite = call(`${url}/connect/api/polite`);
  // The answers come after both have arrived: the requests of one turn are handled in the order of their arrival.
  await call(`${url}/connect/api/nothing`);
  const ended = readAll(deaf);
  await server.close({ graceMs: 200 });
  t.match(await polite, { status: 503, json: { code: 'unavailable' } });
  t.match(reason, { code: 'unavailable' });
  t.equal(await ended, '');
});

t.test('closing twice has the effect of closing once; an address that is taken is an error', async (t) => {
  const { server, port } = await startHttp(t, {});
  const second = startHttp(t, {});
  const { server: other } = await second;
  await t.rejects(other.listen({ host: '127.0.0.1', port }), /cannot listen on 127\.0\.0\.1/);
  await Promise.all([server.close({ graceMs: 0 }), server.close({ graceMs: 0 })]);
});
