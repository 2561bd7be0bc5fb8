import t from 'tap';
import { Type } from 'typebox';
import { call, dial, keyOf, on, readAll, startHttp } from './fixture.js';

const table = [on('POST', '/api/echo', { body: Type.Object({ any: Type.String() }) })];

t.test('heads and bodies that arrive too slowly are cut off, even if bytes come regularly', async (t) => {
  const { port, url } = await startHttp(t, { connect: table });
  const starts = [
    'POST /connect/api/echo HTTP/1.1\r\n',
    `POST /connect/api/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\nContent-Length: 1000\r\n\r\n{"any":"`,
    `POST /connect/api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`,
    '',
  ];
  await Promise.all(
    starts.map(async (head) => {
      const socket = await dial(t, port);
      socket.write(head);
      const timer = setInterval(() => head !== '' && socket.write('x'), 1000);
      t.teardown(() => clearInterval(timer));
      // No request is ever complete: only the hub ends the connection.
      await readAll(socket);
    }),
  );
  t.equal((await call(`${url}/connect/api/echo`, 'POST', { body: { any: 'well' } })).status, 200);
});

t.test('a head that never ends is refused', async (t) => {
  const { port } = await startHttp(t, { connect: table });
  const socket = await dial(t, port);
  socket.write('GET /connect/api/echo HTTP/1.1\r\n');
  const received = readAll(socket);
  for (let i = 0; i < 300 && !socket.destroyed; i += 1) {
    socket.write(`X-Header-${i}: ${'y'.repeat(100)}\r\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.match(await received, /^(HTTP\/1.1 4(00|31) |$)/);
});

t.test('garbage, unknown methods and half requests do not disturb later requests', async (t) => {
  const { port, url } = await startHttp(t, { connect: table });
  for (const text of [
    '\0\0\0\0\r\n\r\n',
    'GET\r\n\r\n',
    'POST /connect/api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /connect/api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'BREW /connect/api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /connect/\u00ff\u00fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  ]) {
    const socket = await dial(t, port);
    socket.end(Buffer.from(text, 'latin1'));
    await readAll(socket);
  }
  t.equal((await call(`${url}/connect/api/echo`, 'POST', { body: { any: 'well' } })).status, 200);
});
