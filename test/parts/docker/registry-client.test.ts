import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { parseChallenge, RegistryClient } from '../../../agent/drivers/docker/registry/client.js';
import { never } from '../agent/harness.js';

const failure = { name: 'AgentFailure', code: undefined };

/** A registry that answers as the test says. It keeps the requests. */
async function registry(t: Test, answer: RequestListener) {
  const asked: { path: string; authorization: string }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '' });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const image = { registry: host, repository: 'fleet/server', tag: 'latest', digest: '' };
  const credentials = { username: 'fleet', password: 'secret-of-fleet', identityToken: '' };
  return { host, asked, client: new RegistryClient(image, { credentials, insecure: true }, never) };
}

t.test('tags are read to the last page', async (t) => {
  const { client } = await registry(t, (request, response) => {
    const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
    if (last === null) response.setHeader('link', '</v2/fleet/server/tags/list?n=2&last=b>; rel="next"');
    response.end(JSON.stringify({ tags: last === null ? ['a', 'b'] : ['c', '../d', 7] }));
  });
  t.same(await client.tags(), ['a', 'b', 'c']);
});

t.test(
  'a page of too many tags is refused unread, and more pages than the agent reads are not asked for',
  async (t) => {
    const full = await registry(t, (_, response) => response.end(`{"tags":[${'"a",'.repeat(100_000)}"b"]}`));
    await t.rejects(full.client.tags(), { ...failure, message: /its list of tags has more than 100000 values/ });
    const tags = JSON.stringify({ tags: Array.from({ length: 20_000 }, (_, n) => `t${n}`) });
    const endless = await registry(t, (_, response) =>
      response.setHeader('link', '</v2/fleet/server/tags/list?last=b>; rel="next"').end(tags),
    );
    t.equal((await endless.client.tags()).length, 50_000);
    t.equal(endless.asked.filter(({ path }) => path.includes('tags/list')).length, 3);
  },
);

t.test('the agent follows no link of a registry to another host', async (t) => {
  const other = await registry(t, (_, response) => response.end('{}'));
  const { client } = await registry(t, (_, response) => {
    response.setHeader('link', `<http://${other.host}/v2/x>; rel="next"`).end('{"tags":[]}');
  });
  await t.rejects(client.tags(), { ...failure, message: /it names a page at another origin/ });
  t.same(other.asked, []);
});

t.test('credentials do not follow a redirect to another host', async (t) => {
  const other = await registry(t, (_, response) => response.end('{"tags":["a"]}'));
  const { client } = await registry(t, (request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(307, { location: `http://${other.host}${request.url}` }).end();
  });
  t.same(await client.tags(), ['a']);
  t.match(other.asked, [{ authorization: /^$/ }]);
});

t.test('the target of a redirect names no service that gets credentials', async (t) => {
  const other = await registry(t, (request, response) => {
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="x"`;
    if (request.url?.startsWith('/token')) response.end('{"token":"t"}');
    else response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  const { client } = await registry(t, (request, response) => {
    if (request.url === '/v2/') response.end('{}');
    else response.writeHead(307, { location: `http://${other.host}${request.url}` }).end();
  });
  await t.rejects(client.tags(), { ...failure, message: /it redirects to a host that asks for credentials/ });
  t.match(other.asked, [{ path: /^\/v2\//, authorization: /^$/ }]);
});

t.test('a digest that is not told is that of the bytes', async (t) => {
  const manifest = '{"schemaVersion":2}';
  const { client } = await registry(t, (request, response) => response.end(request.method === 'HEAD' ? '' : manifest));
  t.equal(await client.digest('latest'), `sha256:${createHash('sha256').update(manifest).digest('hex')}`);
});

t.test('a token service that repeats the credentials: nothing of them is shown', async (t) => {
  const { client } = await registry(t, (request, response) => {
    const { host, authorization = '' } = request.headers;
    if (request.url?.startsWith('/token')) response.end(authorization.replace(/^Basic /, ''));
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
  });
  const encoded = Buffer.from('fleet:secret-of-fleet').toString('base64');
  const { message } = await client.tags().then(
    () => new Error('the registry let the agent in'),
    (error: Error) => error,
  );
  t.match(message, /its token service gives no token/);
  t.notOk(message.includes(encoded.slice(0, 8)));
});

t.test('answers that are none are told as such', async (t) => {
  const { client } = await registry(t, (_, response) => response.end('<html>'));
  await t.rejects(client.tags(), { ...failure, kind: 'upstream' });
  const large = await registry(t, (_, response) => response.end(Buffer.alloc(9 * 1024 * 1024)));
  await t.rejects(large.client.tags(), { ...failure, message: /more than 8388608 bytes/ });
  const busy = await registry(t, (_, response) => response.writeHead(429).end());
  await t.rejects(busy.client.tags(), { ...failure, message: /asked too often/ });
});

t.test('challenges are read with commas and quotes inside', async (t) => {
  const header = 'Bearer realm="https://a/token",service="s, \\"x\\"",scope="repository:a/b:pull,push"';
  t.same(parseChallenge(header), {
    scheme: 'bearer',
    parameters: { realm: 'https://a/token', service: 's, "x"', scope: 'repository:a/b:pull,push' },
  });
  t.match(parseChallenge('Negotiate, Basic realm="x"'), { scheme: 'basic' });
  t.equal(parseChallenge('Negotiate'), undefined);
});
