import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { base, newUser, PASSWORD } from '../infrastructure.js';
import { wait } from '../kit/wait.js';
import { ADMIN_KEY, ADMIN_PASSWORD, startHub, startHubProcess } from '../roundhouse.js';

t.test(
  'after five failures sign-in waits, at every API alike, and the right password gets in after the wait',
  async (t) => {
    const hub = await startHub(t);
    const at = (path: string, password: string) => hub.call('POST', path, { username: 'admin', password }, null);
    const passed = (seconds: number, since = Date.now()) =>
      wait(`${seconds} s have passed`, () => Date.now() >= since + 1000 * seconds);
    // The fifth failure asks to wait a second, each further one doubles that: after the eighth there is time to look at it.
    for (let i = 0; i < 8; i += 1) {
      const path = i % 2 === 0 ? `${base}/auth/login` : '/api/v1/auth/token';
      let answer = await at(path, 'wrong');
      for (; i > 4 && answer.status === 429; answer = await at(path, 'wrong'))
        await passed(Number(answer.headers.get('retry-after')));
      t.equal(answer.status, 401);
    }
    const refused = await at(`${base}/auth/login`, ADMIN_PASSWORD);
    t.equal(refused.status, 429);
    t.match(refused.body.error, {
      code: 'RATE_LIMIT_EXCEEDED',
      message: /failed sign-ins/,
      details: { retry_after: Number },
    });
    const { retry_after } = refused.body.error.details;
    t.ok(retry_after > 0 && retry_after <= 8, `${retry_after} s`);
    t.equal(refused.headers.get('retry-after'), String(retry_after));
    const there = await at('/api/v1/auth/token', ADMIN_PASSWORD);
    t.match([there.status, there.body.error.retry_after], [429, Number]);
    const other = { username: 'someone-else', password: 'wrong' };
    t.equal((await hub.call('POST', `${base}/auth/login`, other, null)).status, 401, 'other names go on');
    await passed(retry_after);
    t.equal((await at(`${base}/auth/login`, ADMIN_PASSWORD)).status, 200);
    t.equal((await hub.call('GET', `${base}/users`, undefined, ADMIN_KEY)).status, 200, 'keys are not concerned');
  },
);

t.test('no password or token is in the data folder, the log or the audit log', async (t) => {
  const hub = await startHubProcess(t, { env: { ROUNDHOUSE_LOG_LEVEL: 'debug' } });
  const { id, token } = await newUser(hub, 'alice', 'user');
  const secrets = ['planted-first-9f31', 'planted-wrong-77c2', 'planted-second-0ab4', PASSWORD];
  await hub.call('PUT', `${base}/users/${id}`, { password: secrets[0] });
  await hub.call('POST', `${base}/auth/login`, { username: 'alice', password: secrets[1] }, null);
  await hub.call('PUT', `${base}/users/${id}`, { password: secrets[2], role: 'king' });
  const login = await hub.call('POST', `${base}/auth/login`, { username: 'alice', password: secrets[0] }, null);
  const { body } = await hub.call('POST', `${base}/api-keys`, { name: 'k' }, login.body.data.access_token);
  secrets.push(token, login.body.data.access_token, login.body.data.refresh_token, body.data.key);
  await hub.call('POST', `${base}/auth/refresh`, { refresh_token: login.body.data.refresh_token }, null);
  const audit = await hub.call('GET', '/api/audit?limit=100');
  for (const action of ['user.create', 'user.update', 'auth.login', 'auth.refresh', 'api_key.create'])
    t.ok(
      audit.body.data.entries.some((entry: { action: string }) => entry.action === action),
      action,
    );
  await hub.stop();
  const log = hub.log.map((entry) => JSON.stringify(entry)).join('\n');
  const files = readdirSync(hub.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const secret of secrets) {
    t.notOk(log.includes(secret) || hub.output.includes(secret), 'the log');
    t.notOk(JSON.stringify(audit.body).includes(secret), 'the audit log');
    for (const file of files)
      t.notOk(readFileSync(join(file.parentPath ?? file.path, file.name)).includes(secret), file.name);
  }
});
