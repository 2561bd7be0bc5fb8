import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { Policy } from '../../../agent/policy/policy.js';
import { freePort } from '../../free-port.mjs';
import { wait } from '../../kit/wait.js';
import { firstText, harness, httpSpec, isConnected, isError, never } from './harness.js';
import { type Answer, connectedTo, listen, type Message, mcpServer, result, sendJson, text } from './http-server.js';

t.test('answers as JSON, with the headers that the protocol asks for', async (t) => {
  const server = await mcpServer(t, ({ id }, response) => {
    sendJson(response, `{"jsonrpc":"2.0",\r\n"id":${id},\n"result":{"content":[1.0,\n 12345678901234567890]}}`);
  });
  const auth = { case: 'apiKey', value: { key: 'k-123', header: 'X-Key', prefix: 'Token' } } as const;
  const { call, servers } = await connectedTo(t, server.url, {}, { auth });
  t.equal(await call(), '{"content":[1.0,  12345678901234567890],"isError":false}', 'bytes kept, line breaks not');
  t.match(server.calls()[0]?.headers, {
    accept: 'application/json, text/event-stream',
    'mcp-session-id': 's1',
    'mcp-protocol-version': '2025-06-18',
    'x-key': 'Token k-123',
  });
  t.equal(server.seen[0]?.headers['mcp-session-id'], undefined, 'initialize names no session');
  await servers.disconnect('s1');
  t.equal(server.seen.at(-1)?.method, 'DELETE', 'the session is given back');
  t.equal(server.sessions.size, 0);
});

t.test('neither headers nor credentials of a registration change the target of requests', async (t) => {
  const server = await mcpServer(t, ({ id }, response) => sendJson(response, result(id, text('here'))));
  const auth = { case: 'apiKey', value: { key: 'other.example', header: 'HOST', prefix: '' } } as const;
  const headers = {
    Host: 'other.example',
    Connection: 'upgrade',
    'X-Forwarded-Host': 'other.example',
    'X-Mine': 'yes',
  };
  const transport = { case: 'http', value: { url: server.url, headers } } as const;
  const { call } = await connectedTo(t, server.url, {}, { auth, transport });
  t.equal(firstText(await call()), 'here');
  for (const { headers } of server.seen) {
    t.match(headers, { host: new URL(server.url).host, 'x-mine': 'yes' });
    t.not(headers.connection, 'upgrade');
    t.notOk('x-forwarded-host' in headers);
  }
});

t.test('answers as a stream of events, cut anywhere, other messages in between', async (t) => {
  const server = await mcpServer(t, async ({ id }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const log =
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"said on the way"}}';
    const bytes = Buffer.from(`: hi\n\ndata: ${log}\n\nevent: message\ndata: ${result(id, text('grüße 👋'))}\n\n`);
    for (let at = 0; at < bytes.length; at += 7) {
      response.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const { call, logText } = await connectedTo(t, server.url);
  t.equal(firstText(await call()), 'grüße 👋');
  t.match(await logText('s1'), /said on the way/);
});

t.test('an expired session is renewed once for all, and their calls are made again', async (t) => {
  const server = await mcpServer(t, ({ id }, response, request) => {
    sendJson(response, result(id, text(String(request.headers['mcp-session-id']))));
  });
  const { call } = await connectedTo(t, server.url);
  server.sessions.clear();
  const answers = await Promise.all([call(), call(), call()]);
  t.same(answers.map(firstText), ['s2', 's2', 's2']);
  t.equal(server.times('initialize'), 2);
});

t.test('a session that expires at once is not renewed again and again', async (t) => {
  const server = await mcpServer(t, (_message, response) => {
    response.writeHead(404).end();
  });
  const { call } = await connectedTo(t, server.url);
  await t.rejects(call(), { name: 'AgentFailure', kind: 'upstream', details: { status: 404 } });
  t.equal(server.times('initialize'), 2);
});

t.test('a cancelled call tells the server and closes its connection', async (t) => {
  const abort = new AbortController();
  const responses = new EventEmitter();
  const server = await mcpServer(t, (_message, response) => {
    response.on('close', () => responses.emit('closed'));
    abort.abort();
  });
  const { call } = await connectedTo(t, server.url);
  const hungUp = once(responses, 'closed');
  const cancelled = once(server.arrivals, 'notifications/cancelled');
  await t.rejects(call('x', abort.signal), { name: 'AgentFailure', kind: 'cancelled' });
  await hungUp;
  const [notification] = (await cancelled) as [Message];
  t.equal(notification.params?.requestId, server.calls()[0]?.message?.id);
});

t.test('an invalid answer is reported as such', async (t) => {
  const answers: [string, (id: number | undefined, response: ServerResponse) => void, object][] = [
    [
      'html',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      { message: /of type text\/html/ },
    ],
    ['no JSON', (_, response) => sendJson(response, 'x'), { message: /no JSON-RPC message/ }],
    ['foreign', (_, response) => sendJson(response, result(99_999, {})), { message: /another request/ }],
    ['202', (_, response) => response.writeHead(202).end(), { message: /empty \(HTTP 202\)/ }],
    [
      '401',
      (_, response) => response.writeHead(401).end(),
      { message: /asks for credentials/, details: { status: 401 } },
    ],
    [
      '500',
      (_, response) => response.writeHead(500).end('it\n broke'),
      { message: 'the server answered HTTP 500: it broke' },
    ],
    [
      'error',
      (_, response) => response.writeHead(400).end('{"error":{"code":-32600,"message":"no"}}'),
      { message: /HTTP 400: no/, details: { jsonrpc: { code: -32600, message: 'no' } } },
    ],
    [
      'broken off',
      (_, response) => response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()),
      {},
    ],
    [
      'empty stream',
      (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
      { message: /ended before the answer/ },
    ],
    ['too long', (_, response) => sendJson(response, 'x'.repeat(3000)), { message: /longer than 2000 bytes/ }],
    [
      'too long an event',
      (_, response) =>
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${'x'.repeat(3000)}`),
      { message: /longer than 2000 bytes/ },
    ],
    [
      'away',
      (_, response) => response.writeHead(307, { location: 'http://example.com/mcp' }).end(),
      { message: /redirects \(HTTP 307\) to http:\/\/example.com, which is not followed/ },
    ],
  ];
  const byName = new Map(answers.map(([name, act]) => [name, act]));
  const server = await mcpServer(t, ({ id, params }, response) => {
    byName.get(String(params?.name))?.(id, response);
  });
  const { call, servers } = await connectedTo(t, server.url, { messageBytes: 2000 });
  for (const [name, , expected] of answers)
    await t.rejects(call(name), { name: 'AgentFailure', kind: 'upstream', ...expected }, name);
  t.equal(servers.reports()[0]?.state, ServerState.CONNECTED, 'none of them is the end of the session');
});

for (const [title, servers, limits, message] of [
  ['one server', 1, { unfinishedServerBytes: 15_000 }, /messages of the server are together longer than 15000/],
  ['all servers', 2, { unfinishedBytes: 15_000 }, /of all servers of the agent are together longer than 15000/],
] as const)
  for (const [type, head] of [
    ['application/json', ''],
    ['text/event-stream', 'data: '],
  ] as const)
    t.test(`the unfinished answers of ${title} together are bounded (${type})`, async (t) => {
      const begun = new Set<() => void>();
      const server = await mcpServer(t, ({ id }, response) => {
        const answer = result(id, text('x'.repeat(10_000)));
        response.writeHead(200, { 'content-type': type }).write(head + answer.slice(0, -1));
        begun.add(() => response.end('}\n\n'));
      });
      const h = harness(t, limits);
      const ids = Array.from({ length: servers }, (_, i) => `s${i + 1}`);
      for (const id of ids) {
        h.servers.put(httpSpec(server.url, { id }));
        await h.servers.connect(id, never);
      }
      const call = async (id: string | undefined) =>
        (await h.servers.callTool(id ?? '', 'x', Buffer.from('{}'), { signal: never })).json.length;
      const finish = () => {
        for (const end of begun) end();
      };
      const calls = [call(ids[0]), call(ids.at(-1))];
      const refused = await Promise.any(
        calls.map((one) =>
          one.then(
            () => Promise.reject(),
            (error) => error,
          ),
        ),
      );
      t.match(refused, { name: 'AgentFailure', kind: 'overloaded', message });
      finish();
      const outcomes = await Promise.allSettled(calls);
      t.same(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], 'the other answer comes');
      for (let i = 0; i < 3; i += 1) {
        begun.clear();
        const again = call(ids[0]);
        await wait('the call has reached the server', () => begun.size > 0);
        finish();
        t.ok((await again) > 10_000, 'the room is free again');
      }
    });

t.test('a redirect within the same origin is followed, and remembered', async (t) => {
  const server = await mcpServer(t, ({ id }, response) => sendJson(response, result(id, text('here'))));
  const target = new URL(server.url);
  let redirected = 0;
  const front = await listen(t, (request, response) => {
    if (request.url === '/mcp') {
      redirected++;
      response.writeHead(307, { location: '/mcp/' }).end();
      return;
    }
    // Passed on to the real one, under the slash.
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { host: _, connection: _c, 'content-length': _l, ...headers } = request.headers;
      const init = { method: request.method ?? 'GET', headers: headers as Record<string, string> };
      const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
      const passed = await fetch(target, { ...init, ...body });
      const session = passed.headers.get('mcp-session-id');
      response.writeHead(passed.status, {
        'content-type': passed.headers.get('content-type') ?? 'text/plain',
        ...(session === null ? {} : { 'mcp-session-id': session }),
      });
      response.end(Buffer.from(await passed.arrayBuffer()));
    });
  });
  const { call } = await connectedTo(t, front.url);
  t.equal(firstText(await call()), 'here');
  t.equal(redirected, 1);
});

t.test('a redirect leads to no address that the site does not allow', async (t) => {
  const asked: unknown[] = [];
  const front = await listen(t, (request, response) => {
    asked.push(request.url);
    response.writeHead(307, { location: '/admin' }).end();
  });
  const policy = new Policy(parsePolicy(`urls: ["${front.url}"]`));
  const { servers } = harness(t, {}, { refusedAddress: (url) => policy.address(url) });
  servers.put(httpSpec(front.url));
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', message: /does not allow the address/ });
  t.same([...new Set(asked)], ['/mcp']);
});

t.test("the stream for the server's own messages: changes arrive, and the stream is opened again", async (t) => {
  let opened = 0;
  const positions: unknown[] = [];
  const server = await mcpServer(
    t,
    () => {},
    (response, request) => {
      positions.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      opened++;
      const say = (data: string) =>
        `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${data}"}}`;
      response.write(`retry: 1\nid: e${opened}\ndata: ${say(`stream ${opened}`)}\n\n`);
      if (opened < 3) response.end();
    },
  );
  const { logs } = await connectedTo(t, server.url, { backoffFirstMs: 1 });
  let seen = '';
  const abort = new AbortController();
  for await (const part of logs.open('s1').read({ follow: true, signal: abort.signal })) {
    seen += Buffer.from(part).toString();
    if (seen.includes('stream 3')) abort.abort();
  }
  t.same(positions, [undefined, 'e1', 'e2']);
});

t.test('a server with sessions that answers 404 to the request for a stream has no stream', async (t) => {
  let asked = 0;
  const answer: Answer = ({ id }, response) => sendJson(response, result(id, text('x')));
  const server = await mcpServer(t, answer, (response) => {
    asked += 1;
    response.writeHead(404).end();
  });
  const { call } = await connectedTo(t, server.url, { backoffFirstMs: 1 });
  await wait('the agent has asked for the stream three times', () => asked === 3);
  for (let n = 0; n < 20; n += 1) await call();
  t.equal(asked, 3);
  t.equal(server.times('initialize'), 3);
});

t.test('a stream that breaks off before its answer is resumed', async (t) => {
  let open: number | undefined;
  const server = await mcpServer(
    t,
    ({ id }, response) => {
      open = id;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: p1\nretry: 1\ndata:\n\n', () => response.destroy());
    },
    (response, request) => {
      if (request.headers['last-event-id'] !== 'p1') {
        response.writeHead(405).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`id: p2\ndata: ${result(open, text('late'))}\n\n`);
    },
  );
  const { call } = await connectedTo(t, server.url);
  t.equal(firstText(await call()), 'late');
});

t.test(
  'a stream with ids that are not ASCII is resumed; a stream with ids that no header can carry is not',
  async (t) => {
    const ids = ['日本', 'a\u0001b'];
    const positions: unknown[] = [];
    let asked: number | undefined;
    const server = await mcpServer(
      t,
      ({ id }, response) => {
        asked = id;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`id: ${ids.shift()}\nretry: 1\ndata:\n\n`, () => response.destroy());
      },
      (response, request) => {
        const position = request.headers['last-event-id'];
        if (position === undefined) {
          response.writeHead(405).end();
          return;
        }
        positions.push(Buffer.from(String(position), 'latin1').toString());
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`data: ${result(asked, text('late'))}\n\n`);
      },
    );
    const { call } = await connectedTo(t, server.url);
    t.equal(firstText(await call()), 'late');
    await t.rejects(call(), { kind: 'upstream', message: 'the stream ended before the answer' });
    t.same(positions, ['日本']);
  },
);

t.test(
  'the agent reports an address where no server listens, notices at the next call that a server is gone, and connects again',
  async (t) => {
    const port = await freePort();
    const answer: Answer = ({ id }, response) => sendJson(response, result(id, text('ok')));
    const server = await mcpServer(t, answer, undefined, port);
    const { call, report, reports, servers } = await connectedTo(t, server.url, {
      backoffFirstMs: 5,
      backoffMaxMs: 20,
    });
    await server.stop();
    const message = `${server.url} refused the connection`;
    await t.rejects(call(), { name: 'AgentFailure', kind: 'disconnected', message, details: { outcome: 'not_run' } });
    const failed = await report(isError);
    t.equal(failed.error, message);
    await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'upstream', message });
    const again = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Partial<Message>;
        if (id === undefined) response.writeHead(request.method === 'POST' ? 202 : 405).end();
        else if (method === 'initialize')
          sendJson(response, result(id, { protocolVersion: '2025-11-25', capabilities: {} }));
        else sendJson(response, result(id, text('back')));
      });
    }).listen(port, '127.0.0.1');
    t.teardown(() => {
      again.close();
      again.closeAllConnections();
    });
    await report((one) => isConnected(one) && reports.indexOf(one) > reports.indexOf(failed));
    t.equal(firstText(await call()), 'back');
  },
);

t.test('an address without an MCP server', async (t) => {
  const { url } = await listen(t, (_request, response) => response.writeHead(404).end('nothing here'));
  const { servers } = harness(t);
  servers.put(httpSpec(url));
  await t.rejects(servers.connect('s1', never), {
    kind: 'upstream',
    message: `${url} does not exist (HTTP 404): nothing here`,
  });
});

t.test('headers that cannot be sent are named, without their value', async (t) => {
  const { servers } = harness(t);
  const value = { url: 'http://127.0.0.1:1/', headers: { 'X-Key': 'a\nsecret' } };
  servers.put(httpSpec('', { transport: { case: 'http', value } }));
  await t.rejects(servers.connect('s1', never), {
    kind: 'invalid_argument',
    message: 'the header "X-Key" cannot be sent',
  });
});

t.test('a connection that the server closed while it was idle: the call uses another connection', async (t) => {
  const server = await mcpServer(t, ({ id }, response) => sendJson(response, result(id, text('ok'))));
  const { call } = await connectedTo(t, server.url);
  for (let i = 0; i < 20; i++) {
    await call();
    // Closed in this turn of the event loop: the agent cannot know of it yet.
    for (const socket of server.sockets) socket.destroy();
    t.equal(firstText(await call()), 'ok');
  }
  t.equal(server.calls().length, 40, 'no call was made twice');
});

t.test(
  'a connection breaks after a call was sent: the outcome is unknown, and the agent does not repeat the call',
  async (t) => {
    const server = await mcpServer(t, ({ id, params }, response) => {
      if (params?.name === 'break') response.destroy();
      else sendJson(response, result(id, text('ok')));
    });
    const { call } = await connectedTo(t, server.url);
    await call();
    await t.rejects(call('break'), { name: 'AgentFailure', kind: 'disconnected', details: { outcome: 'unknown' } });
    t.equal(server.calls().length, 2);
    t.equal(firstText(await call()), 'ok');
  },
);

t.test('an answer to a request of another caller is dropped', async (t) => {
  const open: { id: number | undefined; response: ServerResponse }[] = [];
  const server = await mcpServer(t, ({ id, params }, response) => {
    if (params?.name === 'wait') open.push({ id, response });
    else sendJson(response, result(open[0]?.id, text('forged')));
  });
  const { call } = await connectedTo(t, server.url);
  const waiting = call('wait');
  while (open.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await t.rejects(call('forge'), { name: 'AgentFailure', kind: 'upstream', message: /belongs to another request/ });
  const [{ id, response } = { id: 0, response: undefined }] = open;
  if (response) sendJson(response, result(id, text('true')));
  t.equal(firstText(await waiting), 'true');
});
