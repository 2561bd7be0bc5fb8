import { once } from 'node:events';
import { Agent, createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type LookupFunction } from 'node:net';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { send } from '../../../agent/drivers/docker/registry/client.js';
import { exchange } from '../../../agent/drivers/kubernetes/cluster/transport.js';
import { HttpEndpoint } from '../../../agent/drivers/mcp/transports/http/endpoint.js';
import { HttpRequest } from '../../../agent/drivers/mcp/transports/http/request.js';
import { ask } from '../../../agent/drivers/net/ask.js';
import { FORBIDDEN_ADDRESS, guarded } from '../../../agent/drivers/net/site-lookup.js';
import { gitEnvironment } from '../../../agent/drivers/sources/git/git.js';
import { AgentFailure } from '../../../agent/failure.js';
import type { UrlGuard } from '../../../hub/domain/net/url-guard.js';
import { HttpSender } from '../../../hub/outbound/outbound.js';

const common = { method: 'GET', headers: {}, signal: new AbortController().signal, most: 1000 } as const;

/** Answers each look-up of a name with the next of its addresses, and the last one from then on. */
function names(all: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const lookup: LookupFunction = (host, _options, callback) => {
    const answers = all[host] ?? [host];
    const address = answers[Math.min(asked.filter((name) => name === host).length, answers.length - 1)] ?? '';
    asked.push(host);
    callback(null, [{ address, family: 4 }]);
  };
  return { asked, lookup: guarded(lookup) };
}

async function server(t: Test, listener: RequestListener = (_, response) => response.end('inside')) {
  const listening = createServer(listener);
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => listening.close());
  return (listening.address() as AddressInfo).port;
}

t.test('a name is looked up once, and the connection goes to the address that was allowed', async (t) => {
  const port = await server(t);
  const { asked, lookup } = names({ 'rebinds.test': ['127.0.0.1', '169.254.169.254'] });
  const { body } = await ask(new URL(`http://rebinds.test:${port}/`), { ...common, lookup });
  t.equal(body.toString(), 'inside');
  t.same(asked, ['rebinds.test']);
});

t.test('a metadata address is refused, whether a name means it or the URL names it', async (t) => {
  const { lookup } = names({ 'metadata.test': ['169.254.169.254'] });
  for (const host of ['metadata.test', '169.254.169.254', '[fd00:ec2::254]', '2852039166'])
    await t.rejects(ask(new URL(`http://${host}/`), { ...common, lookup }), { code: FORBIDDEN_ADDRESS }, host);
});

t.test(
  'a server that answered from a public address sends the agent to no private one, not under its own name either',
  async (t) => {
    const port = await server(t);
    const { lookup } = names({ 'rebinds.test': ['127.0.0.1'] });
    const from = (reach: 'public' | 'private', host = '127.0.0.1') =>
      ask(new URL(`http://${host}:${port}/`), {
        ...common,
        lookup,
        from: { host: 'rebinds.test', reach: () => reach },
      });
    for (const host of ['127.0.0.1', 'rebinds.test'])
      await t.rejects(from('public', host), {
        code: FORBIDDEN_ADDRESS,
        message: `${host} is at a private or loopback address, to which rebinds.test may not send the agent`,
      });
    const answer = await from('private');
    t.equal(answer.status, 200);
    t.equal(answer.reach, 'private', 'what the next one is told');
  },
);

t.test('an image registry may redirect the agent to no metadata address', async (t) => {
  const port = await server(t, (_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  );
  const asked = send(new URL(`http://127.0.0.1:${port}/v2/`), { ...common, insecure: true });
  await t.rejects(asked, { code: FORBIDDEN_ADDRESS });
});

t.test('a request whose body holds credentials is not repeated where a registry redirects it', async (t) => {
  let received = 0;
  const other = await server(t, (_, response) => {
    received++;
    response.end();
  });
  const port = await server(t, (_, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${other}/token` }).end(),
  );
  const url = new URL(`http://127.0.0.1:${port}/token`);
  const request = { ...common, method: 'POST', body: 'refresh_token=secret', insecure: false } as const;
  await t.rejects(send(url, request), { message: /redirects a request that holds credentials/ });
  t.equal(received, 0);
});

t.test('git connects to the addresses that were looked up, and follows no redirect', async (t) => {
  t.match(await gitEnvironment('https://127.0.0.1:8443/a.git'), {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_VALUE_0: 'false',
    GIT_CONFIG_VALUE_1: '127.0.0.1:8443:127.0.0.1',
  });
  await t.rejects(gitEnvironment('https://169.254.169.254/a.git'), { kind: 'upstream', message: /is never dialled/ });
  t.notHas(await gitEnvironment('file:///srv/a.git'), { GIT_CONFIG_COUNT: '2' });
});

t.test('an unreachable address is an error of the request, not of the process', async (t) => {
  const { lookup } = names({ 'broadcast.test': ['255.255.255.255'] });
  await t.rejects(ask(new URL('http://broadcast.test/'), { ...common, lookup }), /^connect E/);
  const guard = { addresses: async () => ['255.255.255.255'] } as unknown as UrlGuard;
  const { signal } = common;
  const post = { url: 'http://broadcast.test/', headers: {}, body: '{}', timeoutMs: 5000, signal };
  const posted = await new HttpSender(guard, '0').post(post);
  t.match(posted, { statusCode: null, error: /^E[A-Z]+: connect/ });
});

t.test('a server that switches to another protocol fails each kind of request at once', async (t) => {
  const heads = {
    'with the headers of a switch': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n',
    'without these headers': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  };
  for (const [title, head] of Object.entries(heads)) {
    const switching = createTcpServer((socket) => {
      socket.on('error', () => {}).on('data', () => socket.write(head));
    });
    await once(switching.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => switching.close());
    const { port } = switching.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/`);
    await t.rejects(ask(url, common), /HTTP 101/, title);
    await t.rejects(send(url, { ...common, insecure: true }), /HTTP 101/, `a registry, ${title}`);

    const signal = new CancelSource();
    const agent = new Agent();
    const asked = { url, method: 'GET', headers: {}, agent, freshAgent: agent, timeoutMs: 2 ** 30, signal };
    await t.rejects(exchange(asked), AgentFailure, `a cluster, ${title}`);

    const guard = { addresses: async () => ['127.0.0.1'] } as unknown as UrlGuard;
    const post = { url: url.href, headers: {}, body: '{}', timeoutMs: 2 ** 30, signal: common.signal };
    const { statusCode, error } = await new HttpSender(guard, '0').post(post);
    t.ok(statusCode === 101 || /HTTP 101/.test(error ?? ''), `a webhook, ${title}`);

    const endpoint = new HttpEndpoint(url.href, {});
    const failure = await new Promise((resolve) => {
      new HttpRequest(
        endpoint,
        { method: 'POST', headers: () => ({}), body: Buffer.from('{}'), repeatable: false },
        {
          response: ({ statusCode }) => resolve({ details: { status: statusCode } }),
          failed: resolve,
          closed: () => resolve('no answer and no failure'),
        },
      );
    });
    endpoint.close();
    t.match(failure, { kind: 'disconnected', message: /HTTP 101/ }, `an MCP server, ${title}`);
  }
});
