import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import {
  CheckClusterSchema,
  CreateNamespaceSchema,
  GetPodSchema,
  ListPodsSchema,
} from '@roundhouse/proto/agent/v1/kubernetes';
import t, { type Test } from 'tap';
import { WebSocketServer } from 'ws';
import { CancelSource } from '../../../agent/cancellation.js';
import { Keyboard } from '../../../agent/drivers/terminals.js';
import { AgentFailure } from '../../../agent/failure.js';
import { atTerminal, endpoint, execOf, failing, kubernetes, logOf, never } from './harness.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Something that answers as it likes, and who asks it for pods. */
async function something(t: Test, answer: Answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = endpoint(url, { token: 'very-secret' }, { insecureSkipTlsVerify: true, timeoutMs: 5000 });
  const all = kubernetes(t);
  const pods = () => all.listPods(create(ListPodsSchema, { cluster, namespace: 'default' }), never);
  return { all, cluster, pods, server };
}

const json =
  (status: number, value: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

const statusOf = (code: number, more: object): Answer =>
  json(code, { kind: 'Status', status: 'Failure', code, ...more });

t.test('an answer of another program is reported as no Kubernetes', async (t) => {
  const answers: readonly Answer[] = [
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    (_request, response) => response.writeHead(404).end('nothing here'),
    (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":'),
    json(200, null),
    json(200, []),
    json(200, 'text'),
    json(200, { items: null }),
    json(200, { items: 7 }),
    json(200, { items: [null] }),
    json(200, { items: [{ status: { containerStatuses: 7 } }] }),
    (request) => request.socket.end('SSH-2.0-OpenSSH\r\n'),
  ];
  for (const [index, answer] of answers.entries()) {
    const { pods } = await something(t, answer);
    await t.rejects(pods(), failing('disconnected', 'not_kubernetes'), `answer ${index}`);
  }
});

/** Values that no object of Kubernetes has. The library would take seconds to copy so many. */
const empty = (count: number): string => `[${'{},'.repeat(count - 1)}{}]`;

const raw =
  (text: string): Answer =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);

t.test(
  'an answer of more values than the agent reads is refused unread, and the failure names the bound',
  async (t) => {
    const failed = (message: RegExp) => ({ ...failing('upstream', 'failed'), message });
    const many = await something(t, raw(`{"items":${empty(400_000)}}`));
    await t.rejects(many.pods(), failed(/has more than 300000 values, and is not read/), 'a list');
    await t.rejects(
      many.all.getPod(create(GetPodSchema, { cluster: many.cluster, namespace: 'default', name: 'one' }), never),
      failed(/has more than 300000 values/),
      'one object',
    );
    const made = await something(t, raw(`{"metadata":{"managedFields":${empty(6000)}}}`));
    await t.rejects(
      made.all.createNamespace(create(CreateNamespaceSchema, { cluster: made.cluster, name: 'a' }), never),
      failed(/has more than 5000 values/),
      'an object that the library reads',
    );
  },
);

t.test('an answer of more objects than the agent asked for is refused', async (t) => {
  const { all, cluster, pods } = await something(t, raw(`{"items":${empty(101)}}`));
  const message = 'the cluster sent 101 objects, and was asked for 100';
  await t.rejects(pods(), { ...failing('upstream', 'failed'), message });
  const few = create(ListPodsSchema, { cluster, namespace: 'default', options: { limit: 7 } });
  await t.rejects(all.listPods(few, never), { message: 'the cluster sent 101 objects, and was asked for 7' });
});

t.test('a list that has no end is not followed', async (t) => {
  let asked = 0;
  const { pods } = await something(t, (request, response) => {
    asked++;
    json(200, { items: [], metadata: { continue: 'more' } })(request, response);
  });
  t.same(await pods(), { items: [], complete: false, continue: 'more' });
  t.equal(asked, 1);
});

t.test('credentials are for one address', async (t) => {
  const other = await something(t, json(200, { items: [] }));
  let seen = 0;
  other.server.on('request', () => seen++);
  const { port } = other.server.address() as AddressInfo;
  const { pods } = await something(t, (_request, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
  });
  await t.rejects(pods(), failing('disconnected', 'not_kubernetes'));
  t.equal(seen, 0);
});

t.test('refusals keep the message of Kubernetes', async (t) => {
  const busy = await something(t, (request, response) => {
    response.setHeader('retry-after', '7');
    statusOf(429, { message: 'slow down' })(request, response);
  });
  await t.rejects(busy.pods(), failing('overloaded', 'too_many_requests', { retryAfterMs: 7000 }));
  const broken = await something(t, statusOf(500, { message: 'etcd is ill' }));
  await t.rejects(broken.pods(), { ...failing('upstream', 'failed', { status: 500 }), message: 'etcd is ill' });
  const proxied = await something(t, (_request, response) => response.writeHead(401).end('<html>sign in'));
  await t.rejects(proxied.pods(), failing('disconnected', 'unauthorized'));
  const old = await something(t, statusOf(410, { reason: 'Expired' }));
  await t.rejects(old.pods(), failing('conflict', 'too_old'));
  const odd = await something(t, statusOf(422, { message: 7, details: { causes: [null, { field: 3 }, 'x'] } }));
  await t.rejects(odd.pods(), failing('invalid_argument', 'invalid'));
});

t.test("a decoder's quote of a request is not passed on", async (t) => {
  const message = 'cannot decode: number, error found in #10 byte of ...|"value":"hunter2"|...';
  const { pods } = await something(t, statusOf(400, { message }));
  await t.rejects(pods(), { message: 'cannot decode: number' });
  const error = await pods().catch((caught: AgentFailure) => caught);
  t.notMatch(JSON.stringify(error), 'hunter2');
});

t.test('an answer that does not go on is a time-out', async (t) => {
  const { pods } = await something(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":[');
  });
  await t.rejects(pods(), failing('timeout', 'timeout'));
});

t.test('after a lost answer the outcome of a change is unknown, and a read has not run', async (t) => {
  const { all, cluster, pods } = await something(t, (request) => request.socket.destroy());
  const making = all.createNamespace(create(CreateNamespaceSchema, { cluster, name: 'a' }), never);
  await t.rejects(making, failing('lost', 'connection_lost'));
  await t.rejects(pods(), failing('disconnected', 'unreachable'));
});

t.test('a kept connection that was closed meanwhile costs a question nothing', async (t) => {
  let answered = 0;
  const { pods, server } = await something(t, (request, response) => {
    answered++;
    // The second question comes on the kept connection, and finds it closed.
    if (answered === 2) request.socket.resetAndDestroy();
    else json(200, { items: [] })(request, response);
  });
  server.keepAliveTimeout = 60_000;
  await pods();
  t.same(await pods(), { items: [], complete: true });
  t.equal(answered, 3);
});

t.test('no server listens at the address', async (t) => {
  const { pods, server } = await something(t, () => {});
  server.close();
  await once(server, 'close');
  await t.rejects(pods(), failing('disconnected', 'unreachable', { code: 'ECONNREFUSED', outcome: 'not_run' }));
});

t.test('a command that is cancelled stops waiting at once', async (t) => {
  const signal = new CancelSource();
  const reason = new AgentFailure('cancelled', 'enough');
  const { all, cluster } = await something(t, () => signal.abort(reason));
  const asked = create(GetPodSchema, { cluster, namespace: 'default', name: 'one' });
  await t.rejects(all.getPod(asked, signal), { name: 'AgentFailure', kind: 'cancelled', message: 'enough' });
});

t.test('a command in a pod of something else', async (t) => {
  const pod = {
    metadata: { name: 'one' },
    spec: { containers: [{ name: 'main' }] },
    status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
  };
  const { all, cluster, server } = await something(t, json(200, pod));
  await t.rejects(all.exec(execOf(cluster, 'one', ['ls']), never), failing('disconnected', 'not_kubernetes'));
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno'));
  await t.rejects(all.exec(execOf(cluster, 'one', ['ls']), never), failing('upstream', 'forbidden'));
});

const pod = {
  metadata: { name: 'one' },
  spec: { containers: [{ name: 'main' }] },
  status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
};

t.test('output of a command in frames of one byte comes joined, each stream in its order', async (t) => {
  const { all, cluster, server } = await something(t, json(200, pod));
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => offered.values().next().value ?? false });
  t.teardown(() => sockets.close());
  const text = Array.from({ length: 4000 }, (_, n) => `${n % 10}`).join('');
  sockets.on('connection', (socket) => {
    for (const digit of text) for (const stream of [1, 2]) socket.send(Buffer.from([stream, digit.charCodeAt(0)]));
    socket.send(Buffer.concat([Uint8Array.of(3), Buffer.from('{"status":"Success"}')]));
  });
  t.match(await all.exec(execOf(cluster, 'one', ['ls']), never), { stdout: text, stderr: text });
  let chunks = 0;
  const sink = async () => {
    chunks += 1;
  };
  const keyboard = new Keyboard({ columns: 80, rows: 24 });
  await all.runAtTerminal(atTerminal(cluster, 'one', ['ls']), keyboard, sink, never);
  t.ok(chunks < 4000, `${chunks} chunks for 8,000 frames`);
});

t.test('an end of a command that nests deep, or is of another form, is no exit code', async (t) => {
  const { all, cluster, server } = await something(t, json(200, pod));
  let end = '';
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => offered.values().next().value ?? false });
  t.teardown(() => sockets.close());
  sockets.on('connection', (socket) => socket.send(Buffer.concat([Uint8Array.of(3), Buffer.from(end)])));
  const exec = () => all.exec(execOf(cluster, 'one', ['ls']), never);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const exitCode = (message: string) =>
    `{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":${message}}]}}`;
  end = exitCode('"3"');
  t.match(await exec(), { exitCode: 3 });
  for (const odd of [
    exitCode(deep),
    exitCode('{}'),
    `{"details":{"causes":[${deep}]}}`,
    `{"message":${deep}}`,
    deep,
    '',
  ]) {
    end = odd;
    await t.rejects(exec(), failing('upstream', 'failed'), odd.slice(0, 100));
  }
});

t.test('the token is in no failure', async (t) => {
  const { all, cluster } = await something(t, statusOf(403, { message: 'no' }));
  const failures = await Promise.all(
    [
      all.check(create(CheckClusterSchema, { cluster }), never),
      all.exec(execOf(cluster, 'one', ['ls']), never),
      all.readLog(logOf(cluster, 'one'), async () => {}, never),
    ].map((work) => (work as Promise<unknown>).catch((error: unknown) => error)),
  );
  for (const failure of failures) {
    t.type(failure, AgentFailure);
    t.notMatch(`${JSON.stringify(failure)}${(failure as Error).stack}`, 'very-secret');
  }
});
