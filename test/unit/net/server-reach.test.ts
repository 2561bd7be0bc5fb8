import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import * as oauth from 'oauth4webapi';
import t, { type Test } from 'tap';
import { Authorizations } from '../../../agent/drivers/mcp/authorization/authorizations.js';
import { requestOptions } from '../../../agent/drivers/mcp/authorization/fetch.js';
import { GrantsInMemory } from '../../../agent/drivers/mcp/authorization/grant.js';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { HttpEndpoint } from '../../../agent/drivers/mcp/transports/http/endpoint.js';
import { HttpRequest } from '../../../agent/drivers/mcp/transports/http/request.js';
import { prepareTransport } from '../../../agent/drivers/mcp/transports/prepare.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';
import { FORBIDDEN_ADDRESS, guarded, ServerReach } from '../../../agent/drivers/net/site-lookup.js';

const { signal } = new AbortController();
const isNowPrivate =
  /^(?:https?|wss?):.*: moves\.test is at a private or loopback address now, and was at a public one/;

/** A name whose owner changes its addresses. */
function movingName(...addresses: string[]) {
  let now = addresses;
  const lookup: LookupFunction = (host, _options, callback) => {
    const found = host === 'moves.test' ? now : ['127.0.0.1'];
    callback(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return {
    lookup: guarded(lookup),
    move(...next: string[]) {
      now = next;
    },
  };
}

/** A server at a private address that answers nothing useful. @returns its port, and the paths that it was asked for */
async function privateServer(t: Test, answer: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(Object.hasOwn(answer, 'Location') ? 307 : 404, answer).end();
  });
  server.on('upgrade', (request, socket) => {
    asked.push(request.url ?? '');
    socket.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, asked };
}

const dialled = (reach: ServerReach) =>
  new Promise((resolve) => {
    reach.lookup('moves.test', { all: true }, (error, found) =>
      resolve(error?.code ?? [found].flat().map((one) => (typeof one === 'string' ? one : one.address))),
    );
  });

t.test('the first look-up with a public address decides where a server is', async (t) => {
  const { lookup, move } = movingName('10.0.0.1');
  const reach = new ServerReach('https://moves.test/mcp', lookup);
  t.same(await dialled(reach), ['10.0.0.1'], 'a name that means a private address from the start');
  t.equal(await reach.reach(), 'private');
  move('8.8.4.4', '10.0.0.1', '2606:4700::1');
  t.same(await dialled(reach), ['8.8.4.4', '2606:4700::1'], 'of both kinds, only the public ones');
  for (const inside of ['10.0.0.1', '127.0.0.1', '::1', '169.254.169.254']) {
    move(inside);
    t.equal(await dialled(reach), FORBIDDEN_ADDRESS, inside);
    t.equal(await reach.reach(), 'public');
  }
  move('8.8.8.8');
  t.same(await dialled(reach), ['8.8.8.8'], 'another public address');
});

/** Opens the transport of a specification, and sends the first message. @returns the failure */
async function failureOf(spec: ServerSpec, authorizations: Authorizations): Promise<string> {
  const own = { holder: 'test' };
  const parts = { dataDir: '', limits: defaultLimits, signal, own } as const;
  const log = { hide: (text: string) => text } as never;
  const unused = { sources: undefined as never, log, unfinished: new Unfinished(defaultLimits) };
  const { transport } = await prepareTransport(spec, { ...parts, ...unused, authorizations });
  const failure = await new Promise<string>((resolve) => {
    const events = {
      message: () => true,
      failed: (_id: number, { message }: Error) => resolve(message),
      waiting: () => true,
      expired: async () => {},
      closed: resolve,
    };
    const message = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
    transport
      .open(events as never)
      .then(() => transport.send(message, { id: 1, handshake: true }))
      .catch((error: Error) => resolve(error.message));
  });
  await transport.close({ timeoutMs: 100 } as never);
  return failure;
}

for (const kind of ['http', 'sse', 'websocket'] as const) {
  t.test(`a server that was public connects to no private address later: ${kind}`, async (t) => {
    const { port, asked } = await privateServer(t);
    const { lookup, move } = movingName('8.8.4.4');
    const authorizations = new Authorizations(new GrantsInMemory(), () => {}, undefined, lookup);
    const url = `${kind === 'websocket' ? 'ws' : 'http'}://moves.test:${port}/mcp`;
    const spec = (id: string) =>
      create(ServerSpecSchema, { id, transport: { case: kind, value: { url, headers: {} } } });
    t.equal(await authorizations.reach('public', url).reach(), 'public');
    move('127.0.0.1');
    t.match(await failureOf(spec('public'), authorizations), isNowPrivate);
    t.same(asked, []);
    t.notMatch(await failureOf(spec('private'), authorizations), isNowPrivate);
    t.ok(asked.includes('/mcp'), 'a server whose name means a private address from the start is connected');
    await authorizations.forget('public');
    t.notMatch(await failureOf(spec('public'), authorizations), isNowPrivate, 'a server that is registered again');
  });
}

t.test('a token endpoint that was public gets no request at a private address later', async (t) => {
  const { port, asked } = await privateServer(t);
  const { lookup, move } = movingName('8.8.4.4');
  const authorizations = new Authorizations(new GrantsInMemory(), () => {}, undefined, lookup);
  const tokenUrl = `http://moves.test:${port}/token`;
  const auth = { case: 'oauth2' as const, value: { tokenUrl, clientId: 'a', clientSecret: 'b' } };
  const transport = { case: 'http' as const, value: { url: `http://127.0.0.1:${port}/mcp`, headers: {} } };
  await authorizations.reach('s1', tokenUrl).reach();
  move('127.0.0.1');
  t.match(
    await failureOf(create(ServerSpecSchema, { id: 's1', transport, auth }), authorizations),
    /moves\.test is at a pri/,
  );
  t.same(asked, []);
});

t.test('a server that was public stays so for an agent that restarts', async (t) => {
  const { lookup, move } = movingName('8.8.4.4');
  const grants = new GrantsInMemory();
  const started = () => new Authorizations(grants, () => {}, undefined, lookup);
  const address = 'https://moves.test/mcp';
  t.same(await dialled(started().reach('s1', address)), ['8.8.4.4']);
  move('10.0.0.1');
  t.equal(await dialled(started().reach('s1', address)), 'EFORBIDDENADDRESS');
  t.same(await dialled(started().reach('s2', address)), ['10.0.0.1'], 'another server');
  const last = started();
  await last.forget('s1');
  t.same(await dialled(last.reach('s1', address)), ['10.0.0.1'], 'a server that is registered again');
});

t.test('a redirect and the address for messages do not lead a public server to a private address', async (t) => {
  const { port, asked } = await privateServer(t, { Location: '/admin', Connection: 'close' });
  const { lookup, move } = movingName('127.0.0.1');
  const reach = new ServerReach(`http://moves.test:${port}/`, lookup);
  const endpoint = new HttpEndpoint(`http://moves.test:${port}/mcp`, {}, undefined, undefined, reach);
  t.teardown(() => endpoint.close());
  const request = (to: HttpEndpoint) =>
    new Promise<string>((resolve) => {
      const outgoing = { method: 'POST', headers: () => ({}), repeatable: false } as const;
      const handlers = { response: () => resolve('an answer'), failed: (failure: Error) => resolve(failure.message) };
      new HttpRequest(to, outgoing, handlers);
    });
  t.match(await request(endpoint), /circles/, 'a private server redirects within its origin');
  t.same(asked, ['/mcp', '/admin', '/admin', '/admin']);
  move('8.8.4.4');
  await reach.reach();
  move('127.0.0.1');
  t.match(await request(endpoint), isNowPrivate);
  t.match(await request(endpoint.sibling('/messages')), isNowPrivate);
  t.equal(asked.length, 4);
});

t.test(
  'the metadata of a server that was public leads to no private address, under its own name or another',
  async (t) => {
    const { port, asked } = await privateServer(t);
    const { lookup, move } = movingName('8.8.4.4');
    const registered = `http://moves.test:${port}/mcp`;
    const get = async (reach: ServerReach, host: string) => {
      const options = requestOptions(signal, registered, () => undefined, reach);
      const url = `http://${host}:${port}/.well-known/x`;
      return options[oauth.customFetch](url, {}).then(
        ({ status }) => status,
        (error: Error) => (error.cause as Error).message,
      );
    };
    const reach = new ServerReach(registered, lookup);
    // The server's own connection has found the public address.
    await dialled(reach);
    move('192.168.77.77');
    t.match(await get(reach, 'moves.test'), /moves\.test is at a private or loopback address now/);
    t.match(await get(reach, 'intranet.test'), /intranet\.test is at a private .* to which moves\.test may not send/);
    t.same(asked, []);
    t.equal(await get(new ServerReach(registered, lookup), 'intranet.test'), 404, 'a private server may');
  },
);
