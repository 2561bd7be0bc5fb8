import t, { type Test } from 'tap';
import { Type } from 'typebox';
import type { Context } from '../../../hub/http/endpoint.js';
import type { HttpSettings } from '../../../hub/http/settings.js';
import { wait } from '../../kit/wait.js';
import { authenticate, call, dial, keyOf, on, readAll, startHttp, tokenOf } from './fixture.js';

const [one, other] = [keyOf('connect', 'admin'), keyOf('connect', 'viewer')];
const refused = { status: 503, json: { code: 'unavailable', details: { retryAfter: 1 } } };

/** A hub with an endpoint that echoes its body, a public one, and one that holds its request until the test releases it. */
async function serve(t: Test, settings: Partial<HttpSettings>) {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let verify = () => {};
  const verified = new Promise<void>((resolve) => {
    verify = resolve;
  });
  const begun: Context[] = [];
  const keepers: (() => void)[] = [];
  const body = Type.Object({ any: Type.String() });
  const hold = (_: unknown, context: Context) => {
    begun.push(context);
    return gate;
  };
  const table = [
    on('POST', '/api/echo', { body }),
    on('POST', '/api/open', { body, permission: 'public' }),
    on('POST', '/api/held', { body }, hold),
    on('POST', '/api/begun', { body }, (_: unknown, context: Context) => {
      keepers.push(context.keepBody(), context.keepBody());
    }),
  ];
  const { port, url } = await startHttp(
    t,
    { connect: table },
    {
      settings,
      authenticate: {
        ...authenticate,
        // The verification of a token ends when the test lets it.
        verify: (credential, request) =>
          credential.startsWith('eyJ')
            ? verified.then(() => authenticate.verify(credential, request))
            : authenticate.verify(credential, request),
      },
    },
  );
  /** Sends a body of so many bytes in full. */
  const post = (path: string, bytes: number, key?: string, from?: string) =>
    call(`${url}/connect/api/${path}`, 'POST', {
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...(from === undefined ? {} : { 'x-forwarded-for': from }),
      },
      body: JSON.stringify({ any: 'x'.repeat(bytes - 10) }),
    });
  /** Sends so many bytes of a longer body, and waits. */
  const begin = async (path: string, bytes: number, key?: string, from?: string) => {
    const socket = await dial(t, port);
    const credential = key === undefined ? '' : `X-API-Key: ${key}\r\n`;
    const forwarded = from === undefined ? '' : `X-Forwarded-For: ${from}\r\n`;
    socket.write(
      `POST /connect/api/${path} HTTP/1.1\r\nHost: x\r\n${credential}${forwarded}Content-Type: application/json\r\n` +
        `Content-Length: ${bytes + 1}\r\n\r\n${'x'.repeat(bytes)}`,
    );
    return socket;
  };
  return { post, begin, begun, keepers, release, verify };
}

t.test(
  'the unfinished bodies of one caller share a number of bytes, which an aborted request gives back',
  async (t) => {
    const { post, begin } = await serve(t, { maxBodyBytesPerCaller: 3000 });
    const unfinished = [await begin('echo', 1000, one), await begin('echo', 1000, one)];
    await wait('the bytes are taken', async () => (await post('echo', 1500, one)).status === 503);
    t.match(await post('echo', 1500, one), {
      ...refused,
      json: { ...refused.json, message: 'Too many bytes of bodies of this caller are under way' },
    });
    t.equal((await post('echo', 500, one)).status, 200, 'a short body has room');
    t.equal((await post('echo', 3000, other)).status, 200, 'another caller');
    t.equal((await post('open', 3000)).status, 200, 'the address has a part of its own');
    for (const socket of unfinished) socket.destroy();
    await wait('all bytes are free again', async () => (await post('echo', 3000, one)).status === 200);
  },
);

t.test('without a credential the address counts', async (t) => {
  const { post, begin } = await serve(t, { maxBodyBytesPerCaller: 3000 });
  await begin('open', 2000);
  await wait('the bytes are taken', async () => (await post('open', 1500)).status === 503);
  t.match(await post('open', 1500), refused);
  t.equal((await post('echo', 3000, one)).status, 200, 'a caller has a part of its own');
});

t.test('the addresses of an IPv6 network are one address', async (t) => {
  const { post, begin } = await serve(t, { maxBodyBytesPerCaller: 3000, trustedProxies: ['127.0.0.1'] });
  await begin('open', 2000, undefined, '2001:db8::1');
  const from = (address: string) => post('open', 1500, undefined, address);
  await wait('the bytes are taken', async () => (await from('2001:db8::2')).status === 503);
  t.equal((await from('2001:db8:0:1::1')).status, 200, 'another network');
});

t.test('a body counts against the address until the credential is verified, and then against the caller', async (t) => {
  const { post, begin, verify } = await serve(t, { maxBodyBytesPerCaller: 3000 });
  const token = tokenOf('connect');
  await begin('echo', 2000, token);
  await wait('the address has the bytes', async () => (await post('open', 1500)).status === 503);
  verify();
  await wait('the address has them no more', async () => (await post('open', 1500)).status === 200);
  t.match(await post('echo', 1500, token), refused);
});

t.test('the bodies of all callers together have a bound', async (t) => {
  const { post, begin } = await serve(t, { maxBodyBytesPerCaller: 2000, maxBodyBytes: 3000 });
  const unfinished = await begin('echo', 1800, one);
  await wait('the bytes are taken', async () => (await post('echo', 1500, other)).status === 503);
  t.match(await post('echo', 1500, other), {
    ...refused,
    json: { ...refused.json, message: 'Too many bytes of bodies are under way' },
  });
  unfinished.destroy();
  await wait('all bytes are free again', async () => (await post('echo', 1500, other)).status === 200);
});

t.test('a body counts until its request ends: a handler may keep it', async (t) => {
  const { post, begun, release } = await serve(t, { maxBodyBytesPerCaller: 3000 });
  const held = post('held', 2000, one);
  await wait('the request is under way', () => begun.length === 1);
  t.match(await post('echo', 1500, one), refused);
  release();
  t.equal((await held).status, 200);
  t.equal((await post('echo', 3000, one)).status, 200);
});

t.test('a body counts after the end of its request, as long as work that the request began keeps it', async (t) => {
  const { post, keepers } = await serve(t, { maxBodyBytesPerCaller: 3000 });
  t.equal((await post('begun', 2000, one)).status, 200);
  t.match(await post('echo', 1500, one), refused);
  const [first, second] = keepers;
  first?.();
  first?.();
  t.match(await post('echo', 1500, one), refused, 'the other work keeps it');
  second?.();
  t.equal((await post('echo', 3000, one)).status, 200);
});

t.test('a body that is refused or too long leaves no bytes behind', async (t) => {
  const { post } = await serve(t, { maxBodyBytesPerCaller: 3000, bodyLimitBytes: 5000 });
  for (let i = 0; i < 5; i += 1) {
    t.equal((await post('echo', 4000, one)).status, 503);
    t.equal((await post('echo', 6000, one)).status, 413);
    t.equal((await post('echo', 2900, one)).status, 200);
  }
});

t.test('a body that stops arriving is cut off, and its bytes are free again', async (t) => {
  const { post, begin } = await serve(t, { maxBodyBytesPerCaller: 3000 });
  // Only the hub ends the connection.
  const cutOff = readAll(await begin('echo', 2000, one));
  await wait('the bytes are taken', async () => (await post('echo', 1500, one)).status === 503);
  await cutOff;
  await wait('all bytes are free again', async () => (await post('echo', 3000, one)).status === 200);
});
