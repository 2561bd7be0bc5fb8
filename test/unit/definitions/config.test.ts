import t from 'tap';
import {
  type ConfigInput,
  type KeptConfig,
  registrationOf,
  splitConfig,
  visibleConfig,
  type WorkflowConfig,
} from '../../../hub/domain/definitions/config.js';

const transportOf = (input: ConfigInput, env = {}) => {
  const { config, secrets } = splitConfig(input);
  return registrationOf(config as Exclude<KeptConfig, WorkflowConfig>, secrets, env).transport;
};

t.test('each type becomes the registration of a server', async (t) => {
  const env = { A: '1' };
  t.same(transportOf({ type: 'stdio', command: 'x', args: ['y'], env }), {
    type: 'stdio',
    command: 'x',
    args: ['y'],
    env,
  });
  t.same(transportOf({ type: 'npm', package: '@a/b', version: '1.2.3', args: ['z'], env }), {
    type: 'stdio',
    command: 'npx',
    args: ['-y', '@a/b@1.2.3', 'z'],
    env,
  });
  t.match(transportOf({ type: 'npm', package: 'b' }), { args: ['-y', 'b'] });
  t.match(transportOf({ type: 'pypi', package: 'b', version: '2' }), { command: 'uvx', args: ['b==2'] });
  t.match(
    transportOf({ type: 'docker', image: 'a/b:1', options: ['--network', 'none'], args: ['z'], env }, { B: '2' }),
    {
      command: 'docker',
      args: ['run', '-i', '--rm', '-e', 'A', '-e', 'B', '--network', 'none', 'a/b:1', 'z'],
      env: { A: '1', B: '2' },
    },
  );
  const url = 'https://example.org/mcp';
  t.same(transportOf({ type: 'sse', url, headers: { A: '1' } }, { A: '2' }), { type: 'sse', url, headers: { A: '2' } });
});

t.test('secrets are stored apart from other values, and masked in answers', async (t) => {
  const inputs: ConfigInput[] = [
    { type: 'npm', package: 'b', env: { A: 'hidden' } },
    { type: 'stdio', command: 'x', env: { A: 'hidden' } },
    { type: 'http', url: 'https://example.org', headers: { A: 'hidden' }, auth: { type: 'api_key', key: 'hidden' } },
    {
      type: 'websocket',
      url: 'wss://example.org',
      auth: { type: 'oauth2', clientId: 'c', clientSecret: 'hidden', tokenUrl: 'https://example.org/token' },
    },
  ];
  for (const input of inputs) {
    const { config, secrets } = splitConfig(input);
    const shown = visibleConfig(null, config);
    t.notMatch(JSON.stringify([config, shown]), 'hidden', input.type);
    t.match(JSON.stringify(shown), /\*{8}/);
    const again = splitConfig(shown, secrets);
    t.same(again, { config, secrets }, 'what is shown, sent back, changes nothing');
    t.match(JSON.stringify(registrationOf(config as Exclude<KeptConfig, WorkflowConfig>, secrets)), 'hidden');
  }
});
