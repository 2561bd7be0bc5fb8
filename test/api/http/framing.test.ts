import { once } from 'node:events';
import t from 'tap';
import { Type } from 'typebox';
import { TrustedProxies } from '../../../hub/http/access/address.js';
import { Limits } from '../../../hub/http/access/limits.js';
import { PublicFiles } from '../../../hub/http/answer/files.js';
import { dial, on, readAll, startHttp } from './fixture.js';

const smuggled = 'GET /connect/api/hidden HTTP/1.1\r\nHost: x\r\n\r\n';
const body = '{}';
const open = { permission: 'public', body: Type.Object({}) } as const;

t.test(
  'a request with an ambiguous length or host ends its connection, and the hub reads no further request',
  async (t) => {
    const called: string[] = [];
    const note = (name: string) => () => {
      called.push(name);
      return {};
    };
    const { port } = await startHttp(t, {
      connect: [
        on('POST', '/api/things', open, note('things')),
        on('GET', '/api/hidden', { permission: 'public' }, note('hidden')),
      ],
    });
    for (const lines of [
      ['Content-Length: 2', `Content-Length: ${body.length + smuggled.length}`],
      ['Content-Length: 2', 'Content-Length: 2'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: gzip, chunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
      ['Content-Length:', 'Content-Length: 2'],
      ['Content-Length: ', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding:', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding:', 'Content-Length: 2'],
      ['Host: y', 'Content-Length: 2'],
      ['Host:', 'Content-Length: 2'],
    ]) {
      const framed = lines.join().includes('chunked') ? `2\r\n${body}\r\n0\r\n\r\n` : body;
      const head = ['POST /connect/api/things HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...lines];
      // No request follows the first: it is refused by itself.
      for (const rest of ['', smuggled]) {
        const socket = await dial(t, port);
        socket.write(`${head.join('\r\n')}\r\n\r\n${framed}${rest}`);
        t.equal(await readAll(socket), '', lines.join());
      }
    }
    t.same(called, []);
  },
);

t.test('no route of the hub serves a request with an ambiguous length or host', async (t) => {
  const limits = new Limits({ scale: 1 });
  t.teardown(() => limits.close());
  const opened: string[] = [];
  const { port } = await startHttp(
    t,
    { connect: [on('GET', '/api/things', { permission: 'public' }, () => ({}))] },
    {
      extend: (routes) => {
        const file = async () => ({ contentType: 'text/plain', bytes: Buffer.from('file') });
        new PublicFiles(routes, limits, new TrustedProxies([])).serve('/file', file);
        routes.ws('/ws', {
          upgrade: (res, req, context) => {
            opened.push(req.getUrl());
            res.upgrade({}, req.getHeader('sec-websocket-key'), '', '', context);
          },
        });
      },
    },
  );
  const upgrade = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const length = `Content-Length: ${smuggled.length}`;
  const ask = async (path: string, lines: readonly string[], rest: string) => {
    const socket = await dial(t, port);
    const head = [`GET ${path} HTTP/1.1`, 'Host: x', ...(path === '/ws' ? upgrade : []), ...lines];
    socket.write(`${head.join('\r\n')}\r\n\r\n${rest}`);
    return socket;
  };
  for (const path of ['/connect/api/things', '/file', '/ws', '/nothing']) {
    for (const lines of [
      ['Content-Length: 0', length],
      ['Content-Length:', length],
      ['Content-Length:'],
      ['Transfer-Encoding:', length],
      ['Transfer-Encoding: gzip, chunked'],
      ['Transfer-Encoding: chunked'],
      ['Host: y'],
    ])
      t.equal(await readAll(await ask(path, lines, smuggled)), '', `${path} ${lines.join()}`);
  }
  t.same(opened, []);
  const [answer] = await once(await ask('/file', [length], smuggled), 'data');
  t.match(String(answer), /^HTTP\/1\.1 200/, 'one length is taken');
});

t.test('a request with one length is served', async (t) => {
  const { port } = await startHttp(t, {
    connect: [on('POST', '/api/things', open, () => ({}))],
  });
  for (const framed of ['Content-Length: 2\r\n\r\n{}', 'Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n']) {
    const socket = await dial(t, port);
    socket.write(
      `POST /connect/api/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${framed}`,
    );
    t.match(await readAll(socket), /^HTTP\/1\.1 20/, framed);
  }
});

t.test('the answer to a chunked request ends its connection: readers may find other borders of chunks', async (t) => {
  const called: string[] = [];
  const { port } = await startHttp(t, {
    connect: [
      on('POST', '/api/things', open, () => ({})),
      on('POST', '/api/large', open, () => 'x'.repeat(1_000_000)),
      on('GET', '/api/hidden', { permission: 'public' }, () => called.push('hidden')),
    ],
  });
  for (const path of ['/connect/api/things', '/connect/api/large'])
    for (const chunks of ['2\r\n{}\r\n0\r\n\r\n', '2\n{}\r\n0\r\n\r\n', '2\r\n{}xx0\r\n\r\n']) {
      const socket = await dial(t, port);
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      let answers = '';
      socket.on('data', (chunk) => {
        if (answers === '') socket.write(smuggled);
        answers += chunk;
      });
      // The hub has closed the connection when the second request comes.
      socket.on('error', () => {});
      socket.write(head + chunks);
      await new Promise((resolve) => socket.once('close', resolve));
      t.match(answers, /^HTTP\/1\.1 20/, JSON.stringify(chunks));
      t.equal(answers.split('HTTP/1.1').length, 2, 'one answer');
    }
  t.same(called, []);
});

t.test(
  'a request that is followed by another one before its answer is not run, since its client would get no answer',
  async (t) => {
    const called: string[] = [];
    const make = async () => {
      called.push('things');
      return {};
    };
    const { port } = await startHttp(t, {
      connect: [
        on('POST', '/api/things', open, make),
        on('DELETE', '/api/things', { permission: 'public' }, make),
        on('GET', '/api/hidden', { permission: 'public' }, () => ({})),
      ],
    });
    for (const first of [
      `POST /connect/api/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n${body}`,
      'POST /connect/api/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      'DELETE /connect/api/things HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
      const socket = await dial(t, port);
      socket.write(first + smuggled);
      t.equal(await readAll(socket), '', first);
      t.same(called, []);
    }
    const trailers = 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n';
    const trailed = await dial(t, port);
    trailed.write(`POST /connect/api/things HTTP/1.1\r\nHost: x\r\n${trailers}`);
    t.match(await readAll(trailed), /^HTTP\/1\.1 505/, 'trailers, which the hub does not take');
    t.same(called, []);
    const socket = await dial(t, port);
    socket.write('DELETE /connect/api/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    t.match(await readAll(socket), /^HTTP\/1\.1 200/);
    t.same(called, ['things']);
  },
);
