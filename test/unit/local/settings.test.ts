import { join } from 'node:path';
import t from 'tap';
import { readSettings } from '../../../deploy/cli/settings.mjs';
import { tempFolder } from '../../temp-folder.js';

t.test('without any settings: loopback, ./data, and a demo server', async (t) => {
  const { url, agents, data, demo, env, hubArgs } = await readSettings([], {});
  t.equal(url, 'http://127.0.0.1:8080');
  t.equal(agents.reach, '127.0.0.1:8443');
  t.equal(data, join(process.cwd(), 'data'));
  t.ok(demo);
  t.strictSame(env, { ROUNDHOUSE_DATA: data, ROUNDHOUSE_DEMO: '1' });
  t.strictSame(hubArgs, []);
});

t.test('a flag wins over the environment, which wins over the file', async (t) => {
  const dir = tempFolder(t, {
    'config.yaml': 'listen: 127.0.0.1:1\nagent_listen: 127.0.0.1:2\ndata: /from-file\ndemo: false\n',
  });
  const config = join(dir, 'config.yaml');
  const env = { ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:3', ROUNDHOUSE_DATA: '/from-env', ROUNDHOUSE_LOG_LEVEL: 'warn' };
  const settings = await readSettings(['--config', config, '--data=/from-flag', '--rate-limit-scale', '2'], env);
  t.match(settings, { data: '/from-flag', http: { port: 1 }, agents: { port: 3 }, demo: false });
  t.match(settings.env, {
    ROUNDHOUSE_DATA: '/from-flag',
    ROUNDHOUSE_RATE_LIMIT_SCALE: '2',
    ROUNDHOUSE_LOG_LEVEL: 'warn',
  });
  t.strictSame(settings.hubArgs, ['--config', config]);
});

t.test('hub and agent are two processes, unless one is asked for', async (t) => {
  t.notOk((await readSettings([], {})).oneProcess);
  t.ok((await readSettings(['--one-process', '1'], {})).oneProcess);
  t.notOk((await readSettings(['--one-process', '0'], { ROUNDHOUSE_ONE_PROCESS: '1' })).oneProcess);
});

t.test('an address to listen on becomes one to call', async (t) => {
  const reach = async (listen: string) => (await readSettings([], { ROUNDHOUSE_LISTEN: listen })).http.reach;
  t.equal(await reach('0.0.0.0:81'), '127.0.0.1:81');
  t.equal(await reach(':81'), '127.0.0.1:81');
  t.equal(await reach('81'), '127.0.0.1:81');
  t.equal(await reach('[::]:81'), '[::1]:81');
  t.equal(await reach('hub.example:81'), 'hub.example:81');
});

t.test('TLS makes the address https', async (t) => {
  const { url, tlsCert } = await readSettings([], { ROUNDHOUSE_TLS_CERT: '/certificate.pem' });
  t.equal(url, 'https://127.0.0.1:8080');
  t.equal(tlsCert, '/certificate.pem');
});

t.test('an error names the setting that cannot be read', async (t) => {
  await t.rejects(readSettings(['--listen'], {}), { message: /--listen/ });
  await t.rejects(readSettings(['hub'], {}), { message: /hub/ });
  await t.rejects(readSettings([], { ROUNDHOUSE_LISTEN: 'nowhere' }), { message: /ROUNDHOUSE_LISTEN.*nowhere/ });
  await t.rejects(readSettings([], { ROUNDHOUSE_LISTEN: '127.0.0.1:0' }), { message: /fixed port/ });
  await t.rejects(readSettings(['--config', join(t.testdirName, 'none.yaml')], {}), { message: /none\.yaml/ });
});

t.test('an argument that is no setting, or lacks its value, is named', async (t) => {
  await t.rejects(readSettings(['--demo', '0', '#'], {}), {
    message: '`#` is no setting: give --NAME VALUE, or see --help.',
  });
  await t.rejects(readSettings(['--listen'], {}), { message: '`--listen` needs a value.' });
});
