import { join } from 'node:path';
import { settingOptions } from '@roundhouse/proto/settings';
import t from 'tap';
import { readConfig, settings } from '../../../agent/config.js';
import { readConfig as readHubConfig } from '../../../hub/config.js';
import { tempFolder } from '../../temp-folder.js';

t.test('flags win over the environment, which wins over the file, which wins over the defaults', async (t) => {
  const text = 'hub: from-file:1\nname: from-file\nlog_limit: 2000000\n';
  const file = join(tempFolder(t, { 'agent.yaml': text }), 'agent.yaml');
  const env = { ROUNDHOUSE_AGENT_HUB: 'from-env:1', ROUNDHOUSE_AGENT_NAME: 'from-env', ROUNDHOUSE_AGENT_LISTEN: 'x' };
  const config = readConfig({ flags: { hub: 'from-flag:1' }, env, file });
  t.match(config, { hub: 'from-flag:1', name: 'from-env', logLimit: 2_000_000, logLevel: 'info' });
});

t.test('a setting that cannot be read is named with its place', async (t) => {
  const folder = tempFolder(t, {
    'unknown.yaml': 'hubb: x\n',
    'object.yaml': 'hub: { host: x }\n',
    'none.yaml': 'x\n',
  });
  const refused = (sources: Parameters<typeof readConfig>[0], message: string | RegExp) =>
    t.throws(() => readConfig(sources), { name: 'ConfigError', message });
  refused({ file: join(folder, 'unknown.yaml') }, /unknown setting 'hubb'; known: hub, /);
  refused({ file: join(folder, 'object.yaml') }, /object.yaml: hub: expected a single value$/);
  refused({ file: join(folder, 'none.yaml') }, /expected settings as "key: value"$/);
  refused({ file: join(folder, 'absent.yaml') }, /^there is no file or folder .*absent.yaml$/);
  refused({ flags: { hub: 'a b' } }, '--hub: expected HOST:PORT');
  refused({ flags: { logLimit: 'secret' } }, '--log-limit: expected a number of bytes, at least 1048576');
  refused({ env: { ROUNDHOUSE_AGENT_LOG_LIMIT: '1' } }, /^ROUNDHOUSE_AGENT_LOG_LIMIT: /);
  refused({ flags: { tokenFile: join(folder, 'token') } }, /^--token-file: there is no file or folder /);
});

t.test('the join token may come from a file', async (t) => {
  const file = join(tempFolder(t, { token: 'rh1.abc\n' }), 'token');
  t.equal(readConfig({ flags: { tokenFile: file } }).token, 'rh1.abc');
});

t.test('lists and booleans of YAML are read', async (t) => {
  const text = 'metrics_public: true\ndemo: false\ncors_origins: ["https://a.example", "https://b.example"]\n';
  const file = join(tempFolder(t, { 'hub.yaml': text }), 'hub.yaml');
  t.match(readHubConfig({ file, env: { ROUNDHOUSE_DEMO: '' } }), {
    metricsPublic: true,
    demo: false,
    corsOrigins: ['https://a.example', 'https://b.example'],
    publicUrl: undefined,
  });
});

t.test('help tells the form and the default of each setting', async (t) => {
  const options = new Map(settingOptions(settings));
  t.equal(options.size, Object.keys(settings).length);
  t.match(options.get('--log-limit <bytes>'), /\(default: 268435456\)$/);
  t.match(options.get('--policy <file>'), /\(default: policy\.yaml in the data folder, if it exists\)$/);
  t.notMatch(options.get('--token <token>'), /default/);
});
