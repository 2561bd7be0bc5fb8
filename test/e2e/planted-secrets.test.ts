import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { Receiver } from '../receiver.js';
import { ADMIN_KEY, fixture, type Hub, roundhouse, startAgent, startHub } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';
import { tempFolder } from '../temp-folder.js';

/** Secrets in every form that a registration takes. No other text contains them by chance. */
const secrets = {
  env: 'sealed-env-value-7f3a9c',
  harmlessName: 'sealed-plain-name-41b6',
  quoted: 'sealed "quoted" \\ value é 9d2e',
  url: 'sealed/url+value=&c81f',
  pem: `-----BEGIN PRIVATE KEY-----\n${'MIIsealedLineOne77'}\n${'AAsealedLineTwo88xx'}\n-----END PRIVATE KEY-----`,
  header: 'Bearer sealed-header-value-55d0',
  apiKey: 'sealed-api-key-value-e3a1',
  clientSecret: 'sealed-client-secret-0b9f',
  webhook: 'sealed-webhook-secret-62dc',
};
/** The texts that must stand nowhere: the secrets, and the parts of them that are worth as much. */
const forbidden = [
  ...Object.values(secrets),
  'sealed-header-value-55d0',
  'MIIsealedLineOne77',
  'AAsealedLineTwo88xx',
  JSON.stringify(secrets.quoted).slice(1, -1),
  encodeURIComponent(secrets.url),
  Buffer.from(secrets.webhook).toString('base64'),
];

const call = (hub: Hub, serverId: string, tool: string, args: unknown) =>
  hub.call('POST', `/api/tools/${tool}/invoke`, { serverId, arguments: args });

/** Every file below a folder. */
function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

t.test('sealed values are nowhere but where they belong', async (t) => {
  const folder = tempFolder(t, { files: { mood: 'well' }, data: {} });
  const hub = await startHub(t, { data: join(folder, 'data'), env: { ROUNDHOUSE_LOG_LEVEL: 'debug' } });
  const agent = await startAgent(t, hub, 'local', ['--log-level', 'debug']);
  const mood = join(folder, 'files', 'mood');
  const stdio = (env: Readonly<Record<string, string>>) => ({
    type: 'stdio',
    command: process.execPath,
    args: [fixture('moody')],
    env: { MOOD: mood, ...env },
  });
  const { env, harmlessName, quoted, url, pem } = secrets;
  const leaky = await hub.connectServer({
    name: 'leaky',
    transport: stdio({ SECRET: env, NOTE: harmlessName, QUOTED: quoted, CALLBACK: url, PEM: pem }),
  });
  const other = await hub.connectServer({ name: 'other', transport: stdio({}) });
  const dead = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
  await hub.call('POST', '/api/servers', {
    name: 'by-url',
    transport: { ...dead, headers: { Authorization: secrets.header } },
    auth: { type: 'api_key', key: secrets.apiKey },
  });
  await hub.call('POST', '/api/servers', {
    name: 'by-token',
    transport: dead,
    auth: { type: 'oauth2', clientId: 'me', clientSecret: secrets.clientSecret, tokenUrl: 'http://127.0.0.1:9/token' },
  });
  for (const name of ['by-url', 'by-token']) await hub.call('POST', `/api/servers/${name}/connect`);
  const receiver = await new Receiver().listen(t);
  const hook = await hub.call('POST', '/api/webhooks', {
    url: receiver.url,
    events: ['tool.invoked', 'tool.error', 'server.connected', 'server.disconnected', 'server.error'],
    secret: secrets.webhook,
  });
  receiver.secret = hook.body.data.secret;
  const stream = await SseClient.open(t, hub);

  const plant = (...values: readonly string[]) => ({
    text: `a ${values.join(' and ')} b`,
    list: [{ [env]: url }],
    long: env.repeat(500),
  });
  // Only its own secrets are taken out of the output of 'leaky': any caller could guess the others. The log of 'other' shows its output.
  const ofLeaky = plant(env, harmlessName, quoted, url, pem);
  const all = plant(...Object.values(secrets), hook.body.data.secret);
  for (const [server, planted] of [
    [leaky, ofLeaky],
    [other, all],
  ] as const) {
    await call(hub, server, 'read', planted);
    await call(hub, server, 'leak', planted);
    await call(hub, server, env, planted);
    await hub.call('DELETE', `/api/servers/${encodeURIComponent(pem)}`);
  }
  writeFileSync(mood, 'rpc-error');
  const failed = await call(hub, leaky, 'read', {});
  t.equal(failed.status, 502);
  t.match(failed.body.error, 'broken, with [secret]', 'the answer of the server still arrives');
  writeFileSync(mood, 'gone');
  await call(hub, leaky, 'read', ofLeaky);
  await hub.call('POST', '/api/servers', { name: 'x', transport: stdio({}), noSuchField: env });

  const shown: Record<string, string> = {};
  for (const path of [
    '/api/audit?limit=1000',
    '/api/audit/export',
    '/api/audit/export?format=csv',
    '/api/monitor',
    '/api/servers',
    `/api/servers/${leaky}`,
    '/api/tools?limit=100',
    '/api/tools/read/history',
    '/api/tools/leak/history',
    '/metrics',
    '/api/webhooks',
    `/api/webhooks/${hook.body.data.id}/deliveries?limit=1000`,
    '/api/tools/recent',
    '/api/cache/stats',
    '/api/monitor/circuit-breakers',
    `/connect/api/servers/${leaky}/logs?lines=1000`,
    `/connect/api/servers/${leaky}/logs?lines=0`,
    '/connect/api/servers/by-url/logs',
    '/connect/api/servers/by-token/logs',
  ]) {
    const { status, body } = await hub.call('GET', path);
    t.equal(status, 200, path);
    shown[path] = typeof body === 'string' ? body : JSON.stringify(body);
  }
  t.match(shown['/api/audit/export'], /\[REDACTED\]/, 'the calls themselves are there');
  t.match(shown[`/connect/api/servers/${leaky}/logs?lines=1000`], /leaking/);

  const isOver = (type: string) => type === 'server.error' || type === 'server.disconnected';
  await stream.until((events) => events.some(({ event = '' }) => isOver(event)));
  const errors = (types: readonly unknown[]) => types.filter((type) => type === 'tool.error').length;
  await receiver.until((all) => errors(all.map(({ payload }) => payload.type)) >= 4);
  await stream.until((events) => errors(events.map(({ event }) => event)) >= 4);
  t.ok(errors(stream.events.map(({ event }) => event)) >= 4, 'the failures were told');
  shown['the event stream'] = JSON.stringify(stream.events);
  shown['what the webhook got'] = JSON.stringify(
    receiver.received.map(({ payload, headers }) => ({ payload, headers })),
  );
  t.same(receiver.forged, []);

  const backup = join(folder, 'backup.tgz');
  const made = await roundhouse(t, ['backup', backup, '--url', hub.url, '--key', ADMIN_KEY]);
  await agent.stop();
  await hub.stop();
  shown["the hub's log"] = hub.log.map((entry) => JSON.stringify(entry)).join('\n');
  shown["the agent's log"] = agent.log.map((entry) => JSON.stringify(entry)).join('\n');
  t.equal(made.code, 0, made.stderr);
  t.ok(statSync(join(hub.data, 'store.mdb')).size > 0);
  const unpacked = gunzipSync(readFileSync(backup));
  t.ok(unpacked.includes('by-token'), 'the backup holds the store as it is');
  t.same(
    forbidden.filter((secret) => unpacked.includes(secret) || unpacked.includes(JSON.stringify(secret).slice(1, -1))),
    [],
    'the backup',
  );

  for (const [where, text] of Object.entries(shown))
    t.same(
      forbidden.filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))),
      [],
      where,
    );
  for (const file of files(hub.data)) {
    const bytes = readFileSync(file);
    const path = file.slice(hub.data.length);
    const looked = path.includes('/logs/') && !path.includes(leaky) ? [] : forbidden;
    const found = looked.filter(
      (secret) => bytes.includes(secret) || bytes.includes(JSON.stringify(secret).slice(1, -1)),
    );
    t.same(found, [], path);
  }
});

t.test('a hub that has started again knows them before it uses them', async (t) => {
  const first = await startHub(t);
  const hook = { url: 'https://your-app.com/webhook', events: ['tool.invoked'], secret: secrets.webhook };
  t.equal((await first.call('POST', '/api/webhooks', hook)).status, 201);
  await first.stop();
  const hub = await startHub(t, { data: first.data });
  await call(hub, 'no-such-server', 'no-such-tool', { text: `it is ${secrets.webhook}` });
  const { body } = await hub.call('GET', '/api/audit?action=tool.invoke');
  t.same(body.data.entries[0].details.arguments, { text: 'it is [REDACTED]' });
});
