import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeKey, startDevice, startJumpHost } from '../fixtures/devices/start.js';
import { addDevice, devicesPath } from '../network.js';
import { startAgent, startHub } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';

const secrets = {
  password: 'planted-device-password-41c7',
  enable: 'planted-enable-password-9f02',
  passphrase: 'planted-passphrase-77de',
  jump: 'planted-jump-password-c3a8',
  command: 'planted-command-secret-5b1e',
  config: 'planted-community-e60d',
  refused: 'planted-refused-line-2b8d',
  notAllowed: 'planted-command-not-allowed-83fa',
};

/** Every file below a folder. */
function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

t.test('secrets of devices are nowhere but where they belong', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_LOG_LEVEL: 'debug' } });
  const agent = await startAgent(t, hub, 'local', ['--log-level', 'debug']);
  const stream = await SseClient.open(t, hub);
  const key = makeKey({ passphrase: secrets.passphrase });
  const keyLine = key.private.split('\n')[2] ?? '';
  const jump = await startJumpHost(t, { password: secrets.jump });
  const device = await startDevice(t, {
    platform: 'cisco_ios',
    password: secrets.password,
    traps: { enablePassword: secrets.enable },
  });
  const jumpHost = {
    hostname: jump.host,
    port: jump.port,
    credentials: { username: jump.username, password: secrets.jump },
  };
  const ssh_key = Buffer.from(key.private).toString('base64');
  const credentials = {
    username: device.username,
    password: secrets.password,
    ssh_key,
    passphrase: secrets.passphrase,
    enable_password: secrets.enable,
  };
  const more = { credentials, connection_options: { jump_host: jumpHost } };
  const { path, made } = await addDevice(hub, 'edge-1', 'cisco_ios', device, more);
  const answers: string[] = [JSON.stringify(made.body)];
  const ask = async (method: string, at: string, body?: unknown) => {
    const answer = await hub.call(method, at, body);
    answers.push(`${method} ${at} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const connected = await ask('POST', `${path}/connect`);
  t.equal(connected.status, 200, JSON.stringify(connected.body));
  t.ok(jump.forwarded > 0, 'through the jump host');
  const change = ['configure terminal', `username bob secret ${secrets.command}`, 'end'];
  const ran = await hub.call('POST', `${path}/commands`, { commands: change });
  t.match(ran.body.data.results, { 1: { class: 'change' }, length: 3 });
  const put = await hub.call('PUT', `${path}/config`, { config: `snmp-server community ${secrets.config} RO\n` });
  t.equal(put.status, 200, JSON.stringify(put.body));
  t.match(put.body.data.details.diff, secrets.config, 'who may change it sees the diff');
  t.equal((await hub.call('POST', `${path}/config/backup`)).status, 201);
  t.equal((await hub.call('PUT', `${path}/config`, { config: 'hostname x\n', commit: false })).status, 200);
  // Errors are shown without the secrets.
  await ask('POST', `${path}/command`, { command: `show ${secrets.password}` });
  const bad = { config: `interface Loopback7\n nonsense password ${secrets.refused}\n` };
  const refused = await ask('PUT', `${path}/config`, bad);
  t.match([refused.status, refused.body.error.message], [422, /password \[REDACTED\]/]);
  const viewer = await hub.key('user');
  const notAllowed = await hub.call(
    'POST',
    `${path}/command`,
    { command: `username bob secret ${secrets.notAllowed}` },
    viewer,
  );
  t.match([notAllowed.status, notAllowed.body.error.message], [403, /secret \[REDACTED\]/]);
  answers.push(JSON.stringify(notAllowed.body));
  await ask('GET', `${path}/config/changes?state=reverted&kind=update`);
  await ask('PUT', path, { credentials: { ...credentials, password: 'wrong-password-1', ssh_key: undefined } });
  await ask('POST', `${path}/connect`);
  await ask('PUT', path, { credentials: { ...credentials, passphrase: 'wrong-passphrase-1' } });
  await ask('POST', `${path}/connect`);
  await ask('PUT', path, { credentials: { ...credentials, password: `${secrets.password}\n` } });
  for (const at of [devicesPath, path, '/api/audit?limit=1000', '/api/audit/export', '/api/events', '/metrics'])
    await ask('GET', at);
  t.match(answers.join(''), /username bob secret \[REDACTED\]/, 'the command itself is in the audit log');
  await stream.until((events) => events.some(({ event = '' }) => event === 'device.error'));
  answers.push(JSON.stringify(stream.events));
  await agent.stop();
  await hub.stop();
  answers.push(...[...hub.log, ...agent.log].map((entry) => JSON.stringify(entry)));
  const forbidden = [...Object.values(secrets), keyLine, ssh_key];
  // The client's own input may stand in the answer to it.
  const own = new Set([`show ${secrets.password}`]);
  for (const text of answers) {
    const found = forbidden.filter((secret) =>
      [...own].reduce((all, said) => all.replaceAll(said, ''), text).includes(secret),
    );
    t.same(found, [], text.slice(0, 80));
  }
  for (const file of files(hub.data)) {
    const bytes = readFileSync(file);
    t.same(
      forbidden.filter((secret) => bytes.includes(secret)),
      [],
      file.slice(hub.data.length),
    );
  }
});
