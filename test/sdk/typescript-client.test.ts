import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type connect, type Retry, Roundhouse, RoundhouseError } from '@roundhouse/sdk';
import t from 'tap';
import { ADMIN_KEY, ADMIN_PASSWORD, everything, type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
let client: Roundhouse;
t.before(async () => {
  hub = await startHub(t);
  client = new Roundhouse({ baseUrl: hub.url, apiKey: ADMIN_KEY });
});

/** A `fetch` that shows the requests, and lets a test change the answers. */
function watched(
  answer: (path: string, response: Response) => Response | Promise<Response> = (_, response) => response,
) {
  const sent: string[] = [];
  const fetching: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    sent.push(`${init?.method} ${pathname}`);
    return answer(pathname, await fetch(input, init));
  };
  return { sent, fetch: fetching };
}

const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

t.test('each API’s errors become one', async (t) => {
  const id = '0193a1b2-0000-7000-8000-000000000000';
  const common = { name: 'RoundhouseError', status: 404, requestId: /^[\w-]{8,}$/, message: /not found/i };
  await t.rejects(client.automation.servers.get(id), { ...common, code: 'RESOURCE_NOT_FOUND' });
  await t.rejects(client.infrastructure.users.get(id), { ...common, code: 'RESOURCE_NOT_FOUND' });
  await t.rejects(client.portal.servers.get(id), { ...common, code: 'NOT_FOUND' });
  await t.rejects(client.connect.servers.get(id), { ...common, code: 'NOT_FOUND' });
  await t.rejects(client.backend.mcpDefinitions.get(id), { ...common, code: 'not_found' });
  const invalid = client.automation.updates.updateServer('x', { version: '' });
  await t.rejects(invalid, { code: 'VALIDATION_ERROR', status: 422, details: { field: 'version' } });
  await t.rejects(client.connect.servers.get(''), { name: 'TypeError', message: /connect\.getServer: id/ });
  await t.rejects(client.connect.servers.get('..'), { name: 'TypeError', message: /id/ });
});

t.test('pages, one by one and all together', async (t) => {
  const names = Array.from({ length: 7 }, (_, at) => `user-${at}`);
  for (const username of names)
    await client.infrastructure.users.create({
      username,
      email: `${username}@example.org`,
      password: 'Long-3nough to be good',
      role: 'viewer',
    });
  const page = await client.infrastructure.users.list({ page: 2, limit: 3, sort: 'username' });
  t.match(page, { metadata: { page: 2, limit: 3, total: 8 } });
  t.equal(page.data.length, 3);
  const found: string[] = [];
  for await (const { username } of client.infrastructure.users.listAll({ limit: 3, 'username[regex]': '^user-' }))
    found.push(username);
  t.same(found.sort(), names);

  for (const name of names) await client.backend.apiKeys.create({ name });
  const keys: string[] = [];
  for await (const { name } of client.backend.apiKeys.listAll({ limit: 2 })) keys.push(name);
  t.same(keys.filter((name) => name.startsWith('user-')).sort(), names);

  const audit = new Set<string>();
  for await (const { id } of client.connect.audit.listAll({ limit: 5 })) audit.add(id);
  t.equal(audit.size, (await client.connect.audit.list({ limit: 1000 })).entries.length);
  for await (const { id } of client.portal.admin.listAuditAll({ limit: 10 })) audit.delete(String(id));
  t.equal(audit.size, 0, 'both APIs show one log');
  for await (const job of client.automation.jobs.listAll({ limit: 1 })) t.fail(`no job was begun: ${job.job_id}`);
});

t.test('answers without JSON, without data, or with more than data', async (t) => {
  t.match(await client.connect.metrics.get(), /^# HELP/m);
  t.match(await client.connect.audit.export({ format: 'csv' }), /^id,|^"?timestamp/i);
  t.match((await client.connect.audit.export({ format: 'json' }))[0], { id: String, action: String });
  t.match(await client.portal.config.export({ format: 'yaml' }), /version: /);
  const group = await client.connect.groups.create({ name: 'storage' });
  let envelope: unknown;
  t.match(await client.connect.groups.delete(group.id, { onAnswer: ({ body }) => (envelope = body) }), {
    message: String,
  });
  t.match(envelope, { success: true, timestamp: String });
  const backup = await client.connect.backups.create();
  let bytes = 0;
  for await (const chunk of backup) bytes += chunk.length;
  t.ok(bytes > 1000, `${bytes} bytes of backup`);
});

t.test(
  'user and password: the client signs in once, refreshes once for all calls that wait, and signs in again when it must',
  async (t) => {
    // The hub's tokens live for an hour: the client is told that they are about to expire.
    let livesFor: number | undefined = 0;
    const { sent, fetch } = watched(async (path, response) => {
      if (!/auth\/(token|refresh)$/.test(path) || livesFor === undefined) return response;
      const body = (await response.json()) as { data?: object };
      return json({
        ...body,
        expires_in: livesFor,
        ...(body.data ? { data: { ...body.data, expires_in: livesFor } } : {}),
      });
    });
    const session = new Roundhouse({ baseUrl: hub.url, username: 'admin', password: ADMIN_PASSWORD, fetch });
    await session.automation.status.get();
    t.same(sent, ['POST /automation/api/v1/auth/token', 'GET /automation/api/v1/status']);
    livesFor = undefined;
    sent.length = 0;
    await Promise.all(Array.from({ length: 5 }, () => session.infrastructure.users.list()));
    t.same(
      sent.filter((line) => line.includes('/auth/')),
      ['POST /automation/api/v1/auth/refresh'],
    );
    sent.length = 0;
    await session.infrastructure.auth.logout();
    await session.automation.status.get();
    t.same(sent, [
      'POST /infrastructure/api/v1/auth/logout',
      'GET /automation/api/v1/status',
      'POST /automation/api/v1/auth/refresh',
      'POST /automation/api/v1/auth/token',
      'GET /automation/api/v1/status',
    ]);
    const wrong = new Roundhouse({ baseUrl: hub.url, username: 'admin', password: 'wrong' });
    await t.rejects(wrong.connect.servers.list(), { code: 'INVALID_CREDENTIALS', status: 401 });
  },
);

t.test('no secret is to be seen in a client or an error', async (t) => {
  const secrets = ['hidden-key', 'hidden-password', 'hidden-token'];
  const clients = [
    new Roundhouse({ baseUrl: hub.url, apiKey: 'hidden-key' }),
    new Roundhouse({ baseUrl: hub.url, username: 'admin', password: 'hidden-password' }),
    new Roundhouse({ baseUrl: hub.url, token: () => 'hidden-token' }),
  ];
  for (const one of clients) {
    const error: unknown = await one.connect.servers.list().catch((thrown: unknown) => thrown);
    t.match(error, { status: 401 });
    const shown = inspect([one, error], { depth: 20, showHidden: true }) + JSON.stringify([one, error]);
    for (const secret of secrets) t.notOk(shown.includes(secret), secret);
  }
});

t.test('an answer that redirects is an error, and the other address hears nothing', async (t) => {
  const heard: string[] = [];
  const serve = async (answer: RequestListener) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const other = await serve((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"success":true,"data":{}}');
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const baseUrl = await serve((request, response) =>
      response.writeHead(status, { Location: `${other}${request.url}?token=hidden` }).end(),
    );
    const led = new Roundhouse({ baseUrl, apiKey: 'k', retries: 0 });
    const message = `The address redirects to ${other}, and redirects are not followed`;
    const failure = { name: 'RoundhouseError', code: 'INVALID_ANSWER', status, message };
    await t.rejects(led.connect.servers.list(), failure);
    await t.rejects(led.connect.keys.create({ name: 'k', role: 'viewer' } as never), failure);
  }
  t.same(heard, []);
});

t.test('an answer or an error without an end is given up', async (t) => {
  for (const status of [200, 500]) {
    let isLeft = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.alloc(64 * 1024, 'a')),
      cancel: () => {
        isLeft = true;
      },
    });
    const fetch = async () => new Response(body, { status, headers: { 'Content-Type': 'application/json' } });
    const bounded = new Roundhouse({ baseUrl: hub.url, apiKey: 'k', fetch, retries: 0, maxAnswerBytes: 1_000_000 });
    const message = 'The answer is longer than 1000000 bytes (maxAnswerBytes)';
    const failure = status === 200 ? { code: 'INVALID_ANSWER', status, message } : { code: 'HTTP_500', status };
    await t.rejects(bounded.connect.servers.list(), failure);
    t.equal(isLeft, true);
  }
  const exact = async () => json({ success: true, data: [] });
  const { length } = JSON.stringify({ success: true, data: [] });
  const listed = (maxAnswerBytes: number) =>
    new Roundhouse({ baseUrl: hub.url, apiKey: 'k', fetch: exact, retries: 0, maxAnswerBytes }).connect.servers.list();
  t.ok(await listed(length));
  await t.rejects(listed(length - 1), { code: 'INVALID_ANSWER' });
});

t.test('an event or a line of a stream without an end is given up', async (t) => {
  const streams = {
    event: {
      open: (client: Roundhouse) => client.connect.sse.streamEvents({}),
      whole: 'data: 1\n\n',
      endless: 'data: 1\n',
    },
    line: { open: (client: Roundhouse) => client.connect.servers.followLog('s1'), whole: '{}\n', endless: 'x' },
  };
  for (const [item, { open, whole, endless }] of Object.entries(streams)) {
    let parts = 0;
    let isLeft = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        parts += 1;
        // The whole ones are together longer than the limit.
        if (parts > 100) controller.error(new Error('the client read on'));
        else controller.enqueue(Buffer.from((parts <= 10 ? whole : endless).repeat(1000)));
      },
      cancel: () => {
        isLeft = true;
      },
    });
    const fetch = async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    const client = new Roundhouse({ baseUrl: hub.url, apiKey: 'k', fetch, retries: 0, maxAnswerBytes: 20_000 });
    let count = 0;
    const read = async () => {
      for await (const _ of open(client)) count += 1;
    };
    const message = new RegExp(`^An? ${item} of the stream is longer than 20000 bytes`);
    await t.rejects(read(), { name: 'RoundhouseError', code: 'INVALID_ANSWER', message });
    t.equal(count, 10_000);
    t.equal(isLeft, true);
  }
});

t.test('an option that is wrong is named', async (t) => {
  const make = (options: object) => () => new Roundhouse({ baseUrl: hub.url, ...options });
  t.throws(make({ baseUrl: 'hub.example.com' }), { name: 'TypeError', message: /baseUrl/ });
  t.throws(make({ baseUrl: 'http://me:secret@hub.example.com' }), {
    name: 'TypeError',
    message: /^baseUrl(?!.*secret)/,
  });
  t.throws(make({ apiKey: '' }), { name: 'TypeError', message: /apiKey/ });
  t.throws(make({ apiKey: 'a', token: 'b' }), { name: 'TypeError', message: /one of apiKey/ });
  t.throws(make({ username: 'a' }), { name: 'TypeError', message: /password/ });
  t.throws(make({ timeoutMs: Number.NaN }), { name: 'TypeError', message: /timeoutMs/ });
});

t.test('a request that the hub refused for its rate is sent again when the hub says, and done once', async (t) => {
  const tight = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '0.05' } });
  const admin = new Roundhouse({ baseUrl: tight.url, apiKey: ADMIN_KEY });
  const spent = await tight.key('operator', { tier: 'free' });
  const other = await tight.key('operator', { tier: 'free' });
  const poor = new Roundhouse({ baseUrl: tight.url, apiKey: spent, timeoutMs: 15_000 });
  for (let at = 0; at < 3; at += 1) await poor.connect.groups.list();
  // A second try would end with a time-out.
  const refused: unknown = await poor.connect.groups.list().catch((error: unknown) => error);
  t.match(refused, { name: 'RoundhouseError', code: 'RATE_LIMITED', status: 429, retryAfterMs: Number });
  t.ok(((refused as RoundhouseError).retryAfterMs ?? 0) > 15_000, 'longer than the call may take');

  // The window is a minute; the answer says a second, and then another key is tried, so that the test need not wait for it.
  const keys = [spent, other];
  const { sent, fetch } = watched((_, response) => {
    if (response.status !== 429) return response;
    const headers = new Headers(response.headers);
    headers.set('Retry-After', '1');
    return new Response(response.body, { status: 429, headers });
  });
  const patient = new Roundhouse({ baseUrl: tight.url, token: () => keys.shift() ?? other, fetch });
  const before = Date.now();
  await patient.connect.groups.create({ name: 'made-once' });
  t.ok(Date.now() - before >= 1000, 'not before the hub said');
  t.same(sent, ['POST /connect/api/groups', 'POST /connect/api/groups']);
  t.equal((await admin.connect.groups.list()).length, 1);
});

t.test('requests that the client sends again, and requests that it does not', async (t) => {
  const answers: (() => Response)[] = [];
  const sent: string[] = [];
  const scripted: typeof fetch = async (_input, init) => {
    sent.push(String(init?.method));
    const answer = answers.shift();
    if (!answer) throw new TypeError('fetch failed');
    return answer();
  };
  const flaky = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: scripted });
  const unavailable = (details: object) => () =>
    json({ success: false, error: 'away', code: 'SERVER_DISCONNECTED', details }, 503, { 'Retry-After': '0' });
  const attempts = async (call: Promise<unknown>, script: (() => Response)[]) => {
    answers.splice(0, answers.length, ...script);
    sent.length = 0;
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    return [sent.length, error instanceof RoundhouseError ? error.code : 'done'];
  };
  const ok = () => json({ success: true, data: [] });
  const list = () => flaky.connect.servers.list();
  const invoke = () => flaky.connect.tools.invoke('echo');
  t.same(await attempts(list(), []), [3, 'CONNECTION_FAILED'], 'a read is tried again');
  t.same(await attempts(invoke(), []), [1, 'CONNECTION_FAILED'], 'a call may have run');
  const [away, open] = [unavailable({ outcome: 'not_run' }), unavailable({ outcome: 'unknown' })];
  t.same(await attempts(invoke(), [away, away, ok]), [3, 'done'], 'a call that did not run');
  t.same(await attempts(invoke(), [open, ok]), [1, 'SERVER_DISCONNECTED'], 'one that may have');
  t.same(await attempts(list(), [open, ok]), [2, 'done']);
  const stopped = unavailable({ outcome: 'not_run', state: 'stopped', retryable: false });
  t.same(
    await attempts(invoke(), [stopped, ok]),
    [1, 'SERVER_DISCONNECTED'],
    'a call of a stopped server fails at once',
  );
  const broken = () => new Response('<html>bad gateway</html>', { status: 502, statusText: 'Bad Gateway' });
  t.same(await attempts(list(), [broken, ok]), [1, 'HTTP_502']);
  const noJson = () => new Response('{"success":', { headers: { 'Content-Type': 'application/json' } });
  t.same(await attempts(list(), [noJson]), [1, 'INVALID_ANSWER']);
});

t.test('a call ends when its time is up or it is cancelled, in any state', async (t) => {
  const silent: typeof fetch = (_input, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
  const waiting = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: silent });
  await t.rejects(waiting.connect.servers.list({}, { timeoutMs: 20 }), { code: 'CALL_TIMEOUT', status: 0 });
  const controller = new AbortController();
  const call = waiting.connect.servers.list({}, { signal: controller.signal });
  controller.abort(new Error('not wanted any more'));
  await t.rejects(call, { message: 'not wanted any more' });
  const busy: typeof fetch = async () => json({ success: false, code: 'RATE_LIMITED' }, 429, { 'Retry-After': '30' });
  const pausing = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: busy });
  const second = new AbortController();
  const paused = pausing.connect.servers.list({}, { signal: second.signal });
  setTimeout(() => second.abort(), 20);
  await t.rejects(paused, { name: 'AbortError' }, 'while it waits to be sent again');
});

t.test('a call whose body names a longer limit has that long', async (t) => {
  // The server answers after twice the client's time-out.
  const slow: typeof fetch = (_input, init) =>
    new Promise((resolve, reject) => {
      const data = { stdout: '', stderr: '', exit_code: 0, content: [], isError: false };
      setTimeout(() => resolve(json({ success: true, status: 'success', data })), 60);
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    });
  const hasty = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: slow, timeoutMs: 30 });
  await t.rejects(hasty.connect.tools.invoke('slow'), { code: 'CALL_TIMEOUT' });
  t.match(await hasty.connect.tools.invoke('slow', { timeoutMs: 1000 }), { isError: false });
  const inPod = { command: ['true'], timeout: 1 };
  t.match(await hasty.infrastructure.kubernetes.execInPod('c', 'n', 'p', inPod), { exit_code: 0 });
  const limited = hasty.connect.tools.invoke('slow', { timeoutMs: 1000 }, { timeoutMs: 30 });
  await t.rejects(limited, { code: 'CALL_TIMEOUT' }, 'what the caller says of this call comes first');
});

t.test('a deprecated operation is announced once', async (t) => {
  const headers = { 'X-API-Deprecation': '2026-02-15', 'X-API-Sunset': '2026-08-15' };
  const told: unknown[] = [];
  const old = new Roundhouse({
    baseUrl: 'http://hub.test',
    fetch: async () => json({ success: true, data: {} }, 200, headers),
    onDeprecation: (deprecation) => told.push(deprecation),
  });
  await old.automation.info.get();
  await old.automation.info.get();
  t.same(told, [{ operation: 'automation.getInfo', deprecation: '2026-02-15', sunset: '2026-08-15' }]);
});

t.test(
  'the result of a tool has its data and its content, each of its kind; an event has the type of its data',
  async (t) => {
    await startAgent(t, hub);
    const transport: connect.TransportInput = { type: 'stdio', command: process.execPath, args: [everything] };
    const server: connect.Server = await client.connect.servers.create({ name: 'reference', transport });
    t.equal(server.transport.type === 'stdio' && server.transport.command, process.execPath);
    // The stream sends only events after its opening, so it opens before the server connects.
    const events = client.connect.sse.streamEvents({ types: ['server.connected', 'tool.invoked'] });
    await events.open();
    await client.connect.servers.connectServer(server.id);
    const data = await client.connect.tools.invoke('get-structured-content', { arguments: { location: 'New York' } });
    t.same(data.structuredContent, { temperature: 33, conditions: 'Cloudy', humidity: 82 });
    const { content } = await client.connect.tools.invoke('get-tiny-image');
    const image = content.find((block) => block.type === 'image');
    t.equal(image?.mimeType, 'image/png');
    for await (const event of events) {
      if (event.type !== 'tool.invoked') continue;
      t.match(event.data, { toolName: 'get-structured-content', success: true });
      // @ts-expect-error: this type of event has no such data
      t.equal(event.data.groupId, undefined);
      break;
    }
    // @ts-expect-error: a type of event that is misspelt
    await t.rejects(client.connect.sse.streamEvents({ types: ['server.conected'] }).open(), {
      code: 'VALIDATION_ERROR',
    });
  },
);

t.test('a failure names the hub, and for how long it was waited for', async (t) => {
  const nobody = new Roundhouse({ baseUrl: 'http://127.0.0.1:2', apiKey: 'k', retries: 0 });
  await t.rejects(nobody.connect.groups.create({ name: 'g' }), {
    code: 'CONNECTION_FAILED',
    message: /^The hub cannot be reached at http:\/\/127\.0\.0\.1:2: /,
    details: { outcome: 'not_run' },
  });
  const cut: typeof fetch = async () => {
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
    });
  };
  const broken = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: cut });
  await t.rejects(broken.connect.groups.create({ name: 'g' }), {
    message: 'The connection broke before the answer was complete, to http://hub.test: other side closed',
    details: { outcome: 'unknown' },
  });
  const silent: typeof fetch = (_input, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
  const waiting = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: silent, timeoutMs: 20 });
  await t.rejects(waiting.connect.groups.list(), { message: 'No answer from http://hub.test within 20 ms' });
});

t.test('answers and retries are told to the logger, and retries to onRetry; no credential is', async (t) => {
  const answers = [429, 200];
  const lines: string[] = [];
  const told: Retry[] = [];
  const busy = new Roundhouse({
    baseUrl: 'http://hub.test',
    apiKey: 'planted',
    fetch: async () => json({ success: true, data: [] }, answers.shift(), { 'Retry-After': '0' }),
    logger: { debug: (line) => lines.push(`debug ${line}`), info: (line) => lines.push(`info ${line}`) },
    onRetry: (retry) => told.push(retry),
  });
  await busy.connect.groups.list();
  t.match(told, [{ operation: 'connect.listGroups', attempt: 1, waitMs: 0, error: { status: 429 } }]);
  t.match(lines, [
    /^debug roundhouse: connect\.listGroups: GET \/connect\/api\/groups: 429 in \d+ ms$/,
    /^info roundhouse: connect\.listGroups is sent again in 0 ms: HTTP_429 /,
    /^debug roundhouse: .*: 200 in \d+ ms$/,
  ]);
  t.notMatch(lines.join(), /planted/);
});

t.test('a wait that is longer than the client has patience for is left to the caller', async (t) => {
  const busy: typeof fetch = async () => json({ success: false, code: 'RATE_LIMITED' }, 429, { 'Retry-After': '2' });
  const hasty = new Roundhouse({ baseUrl: 'http://hub.test', apiKey: 'k', fetch: busy, maxRetryWaitMs: 1000 });
  // Waiting would end with the test's own time.
  const refused: unknown = await hasty.connect.groups.list({ timeoutMs: 0 }).catch((error: unknown) => error);
  t.match(refused, { status: 429, retryAfterMs: 2000 });
});
