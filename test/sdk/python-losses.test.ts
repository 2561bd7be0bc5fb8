import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { fixtureServer } from '../automation.js';
import { part } from '../parts.js';
import { installPythonSdk, type PythonSdk } from '../python-sdk.js';
import { ADMIN_KEY, type Hub, startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';

/** How a call fails before it reaches the hub, by the first word of `X-Case`. */
const failures: Readonly<Record<string, (response: ServerResponse, words: string) => void>> = {
  '429': (response, words) => {
    const after = words.includes('long') ? 3600 : words.includes('wait') ? 30 : 1;
    refuse(response, 429, after, { success: false, error: 'Rate limit exceeded', code: 'RATE_LIMITED', details: {} });
  },
  '503': (response, words) => {
    const outcome = /not-run|unknown/.exec(words)?.[0].replace('-', '_');
    const stopped = { outcome: 'not_run', state: 'stopped', retryable: false };
    const details = words.includes('stopped') ? stopped : outcome ? { outcome } : {};
    refuse(response, 503, 1, { success: false, error: 'Away', code: 'SERVER_DISCONNECTED', details });
  },
  '502': (response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  '307': (response) => response.writeHead(307, { Location: 'http://elsewhere.example.com/path' }).end(),
  cut: (response) => response.destroy(),
  hang: () => {},
};

function refuse(response: ServerResponse, status: number, retryAfter: number, body: object) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Retry-After': String(retryAfter) });
  response.end(JSON.stringify(body));
}

/** A server before the hub that fails each case's first call, or all of them; and how often each case came. */
async function startFront(t: Test, hub: Hub) {
  const counts = new Map<string, number>();
  const server = createServer((incoming: IncomingMessage, response) => {
    const words = String(incoming.headers['x-case']);
    const method = incoming.method === 'GET' ? 'read' : 'write';
    const name = /-(?:read|write)$/.test(words) ? words : `${words} ${method}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const fail = failures[words.split('-')[0] ?? ''];
    if (fail && (count === 1 || /always|wait/.test(words))) {
      incoming.resume();
      fail(response, words);
      return;
    }
    const { method: verb, headers } = incoming;
    const onward = request(hub.url + incoming.url, { method: verb, headers: { ...headers, connection: 'close' } });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, counts };
}

t.test('the Python SDK gives up answers, events and lines without an end', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);
  const asked = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    const path = new URL(url, 'http://test').pathname.replace(/^\/connect/, '');
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const isStream = path === '/api/sse/events';
    const type = isStream ? 'text/event-stream' : path.endsWith('/logs') ? 'application/x-ndjson' : 'application/json';
    response.writeHead(200, { 'Content-Type': type });
    if (path === '/api/servers') {
      response.end('{"success":true,"data":[]}');
      return;
    }
    if (isStream) response.write('data: {}\n\ndata: {}\r\n\r\n');
    const go = () => {
      const piece = isStream ? 'data: x\n' : 'x'.repeat(4096);
      let hasRoom = true;
      while (hasRoom && !response.destroyed) hasRoom = response.write(piece);
    };
    response.on('drain', go);
    go();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close().closeAllConnections());
  const too = (what: string) => ['INVALID_ANSWER', `${what} is longer than 1000 bytes (max_answer_bytes)`];
  const ends = { short: [], answer: too('The answer'), event: [2, ...too('An event')], line: too('A line') };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.same(await sdk.run('bounds', { HUB: url }), { threads: ends, asyncio: ends });
  t.equal(asked.get('/api/servers/endless'), 2, 'once by each client');
});

t.test('the Python SDK when answers get lost', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);

  await t.test('the client repeats only requests that are safe to repeat', async (t) => {
    const hub = await startHub(t);
    const { url, counts } = await startFront(t, hub);
    t.match(await sdk.run('retries', { HUB: url, KEY: ADMIN_KEY }), {
      '429 read': ['ok', Number],
      '429 write': ['ok', Number],
      '503 read': ['ok', Number],
      '503 write': ['SERVER_DISCONNECTED', 1000, null],
      '503-not-run read': ['ok', Number],
      '503-not-run write': ['ok', Number],
      '503-unknown read': ['ok', Number],
      '503-unknown write': ['SERVER_DISCONNECTED', 1000, 'unknown'],
      '503-stopped read': ['SERVER_DISCONNECTED', 1000, 'not_run'],
      '503-stopped write': ['SERVER_DISCONNECTED', 1000, 'not_run'],
      '502 read': ['ok', Number],
      '502 write': ['HTTP_502', null, null],
      'cut read': ['ok', Number],
      'cut write': ['CONNECTION_FAILED', null, 'unknown'],
      '429 too long': ['RATE_LIMITED', 3_600_000, null],
      '429 always': ['RATE_LIMITED', 1000, null],
      '429 off': ['RATE_LIMITED', 1000, null],
      hang: ['CALL_TIMEOUT', null, 'unknown'],
      'hang says': `CALL_TIMEOUT: No answer from ${url} within 5 seconds`,
      'the hub does not say': /^CONNECTION_FAILED: The hub cannot be reached at http:\/\/127\.0\.0\.1:1: /,
      '307 says':
        'INVALID_ANSWER (307): The address redirects to http://elsewhere.example.com, and redirects are not followed',
      'cut says': new RegExp(`^CONNECTION_FAILED: The connection broke before the answer was complete, to ${url}: `),
      retries: [['connect.listGroups', 1, 429]],
      log: [
        'connect.listGroups: GET /connect/api/groups: 429 in ',
        'connect.listGroups is sent again in ',
        'connect.listGroups: GET /connect/api/groups: 200 in ',
      ],
      closed: 'CLIENT_CLOSED',
      'closed at once': true,
      tasks: true,
    });
    const twice = [
      '429-read',
      '429-write',
      '503-read',
      '503-not-run-read',
      '503-not-run-write',
      '502-read',
      'cut-read',
    ];
    t.same(
      Object.fromEntries(twice.map((name) => [name, counts.get(name)])),
      Object.fromEntries(twice.map((name) => [name, 2])),
    );
    const single = [
      '503-write',
      '503-unknown-write',
      '503-stopped-read',
      '503-stopped-write',
      '502-write',
      'cut-write',
      '429-long read',
      '429-off read',
      'hang-read',
    ];
    t.same(
      Object.fromEntries(single.map((name) => [name, counts.get(name)])),
      Object.fromEntries(single.map((name) => [name, 1])),
    );
    t.equal(counts.get('429-always read'), 3);
  });

  await t.test('the limit of a real hub', async (t) => {
    const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '0.02' } });
    t.match(await sdk.run('limits', { HUB: hub.url, KEY: ADMIN_KEY }), {
      code: 'RATE_LIMIT_EXCEEDED',
      status: 429,
      after: true,
      answered: 2,
      sent: 3,
    });
  });

  await t.test('streams of events outlive their hub, in threads and in tasks', async (t) => {
    await resumed(t, sdk, ['threads', 'tasks']);
  });
});

async function resumed(t: Test, sdk: PythonSdk, kinds: readonly string[]) {
  const data = tempFolder(t);
  const env = await fixedAddresses();
  const first = await startHubProcess(t, { data, env });
  await startAgent(t, first);
  const readers = kinds.map((kind) => sdk.talk('resume', { HUB: first.url, KEY: ADMIN_KEY, KIND: kind }));
  const each = (line: string) => Promise.all(readers.map(async (reader) => t.equal(await reader.line(), line)));
  await each('open');
  await first.connectServer(fixtureServer('first', 'everything'));
  await each('first');
  await first.connectServer(fixtureServer('second', 'everything'));
  await each('second');

  // The clients learn of events in the meantime only afterwards.
  for (const reader of readers) reader.pause(true);
  await first.stop('SIGKILL');
  const hub = await startHub(t, { data, env });
  await hub.logged(({ body }) => body === 'agent connected');
  await hub.connectServer(fixtureServer('third', 'everything'));
  for (const reader of readers) {
    reader.pause(false);
    // Events of reconnecting after the restart may come again; no earlier event does.
    for (let name = ''; name !== 'third'; ) {
      name = await reader.line();
      t.match(name, /^(?:first|second|third)$/);
    }
    reader.say('enough');
    for (let line = ''; line !== 'ended'; ) line = await reader.line();
    t.equal(await reader.exit, 0, await reader.errors);
  }
}
