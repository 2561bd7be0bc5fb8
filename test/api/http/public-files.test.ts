import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { consoleAsset, consolePage } from '../../../hub/console-files.js';
import { TrustedProxies } from '../../../hub/http/access/address.js';
import { Limits } from '../../../hub/http/access/limits.js';
import { type FindFile, PublicFiles } from '../../../hub/http/answer/files.js';
import type { Routes } from '../../../hub/http/request/framing.js';
import { Installer } from '../../../hub/install/installer.js';
import { startHttp } from './fixture.js';

function serving(t: Test, find: FindFile, proxies: readonly string[] = []) {
  const limits = new Limits({ scale: 1 });
  const extend = (routes: Routes) => new PublicFiles(routes, limits, new TrustedProxies(proxies)).serve('/file', find);
  return startHttp(t, {}, { limits, extend });
}

t.test('an address gets 600 files a minute, and then a Retry-After', async (t) => {
  const find = async () => ({ contentType: 'text/plain', bytes: Buffer.from('file') });
  const { url } = await serving(t, find, ['127.0.0.1']);
  const ask = async (client: string) => {
    const response = await fetch(`${url}/file`, { headers: { 'X-Forwarded-For': client } });
    return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
  };
  for (let i = 0; i < 600; i += 1) await ask('192.0.2.1');
  const refused = await ask('192.0.2.1');
  t.match(refused, { status: 429, text: /^Too many requests from this address: try again in \d+ seconds\n$/ });
  const seconds = Number(refused.retryAfter);
  t.ok(seconds >= 1 && seconds <= 60);
  const forged = { 'X-Forwarded-For': ['203.0.113.9', '192.0.2.1'] };
  const lines = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/file`, { headers: forged }, resolve).on('error', reject);
  });
  t.equal(lines.resume().statusCode, 429, 'a client that writes a line of its own is the same client');
  t.match(await ask('192.0.2.2'), { status: 200, text: 'file' }, 'another client of the same proxy');
});

t.test('clients of one address that read nothing cannot keep other addresses out', async (t) => {
  const bytes = Buffer.alloc(32 * 1024 * 1024);
  let asked = 0;
  let wake = () => {};
  const find = async () => {
    asked += 1;
    wake();
    return { contentType: 'text/plain', bytes };
  };
  const { url } = await serving(t, find);
  const port = Number(new URL(url).port);
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  const ask = (localAddress: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write('GET /file HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  };
  const status = async (socket: Socket) => String((await once(socket, 'data'))[0]).split(' ')[1];
  for (let i = 0; i < 64; i += 1) ask('127.0.0.1');
  while (asked < 64)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  t.equal(await status(ask('127.0.0.2')), '200', 'another address gets a place');
  t.equal(await status(ask('127.0.0.1')), '503', 'the address that has most does not');
});

t.test('browsers keep the files of the console for good, compressed, and its page not at all', async (t) => {
  const extend = (routes: Routes) => {
    const files = new PublicFiles(routes, new Limits({ scale: 1 }), new TrustedProxies([]));
    files.serve('/console/', consolePage);
    files.serve('/console/:name', consoleAsset);
  };
  const { url } = await startHttp(t, {}, { extend });
  const ask = (name: string, encodings: string) =>
    fetch(`${url}/console/${name}`, { headers: { 'Accept-Encoding': encodings } });
  const page = await ask('', 'gzip, br');
  const html = await page.text();
  t.match(Object.fromEntries(page.headers), {
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'x-frame-options': 'DENY',
    'content-security-policy': /script-src 'self';/,
  });
  const names = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name = '']) => name);
  t.ok(names.some((name) => name.endsWith('.js')) && names.some((name) => name.endsWith('.css')), names.join());
  for (const name of names) {
    t.match(name, /-[\w-]{8}\.(?:js|css)$/, 'the name holds a hash');
    const texts = [];
    for (const [encodings, encoding] of [
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
    ] as const) {
      const file = await ask(name, encodings);
      t.match(Object.fromEntries(file.headers), {
        'content-encoding': encoding,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
        'content-type': name.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      texts.push(await file.text());
    }
    t.equal(texts[0], texts[1]);
    t.ok(texts[0]);
  }
  for (const name of ['index.html', 'missing-12345678.js', '..%2fpackage.json'])
    t.equal((await ask(name, 'br')).status, 404);
});

t.test('a name of any length that no file of the console has is no error', async (t) => {
  for (const length of [100, 101, 250, 3000]) {
    const name = `${'a'.repeat(length)}.js`;
    t.equal(await consoleAsset({ name, host: '', accept: '', encodings: '' }), undefined);
  }
});

t.test('the installer has no script for a host that is no address', async (t) => {
  const installer = new Installer({ publicUrl: undefined, tls: false, agentPort: () => 8443 });
  const script = (host: string) => installer.file({ name: 'agent.sh', host, encodings: '', accept: '' });
  t.equal(await script('1.2.3.999'), undefined);
  t.match(String((await script('192.0.2.1:8080'))?.bytes), /http:\/\/192\.0\.2\.1:8080/);
});
