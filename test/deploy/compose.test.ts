import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { agentImage, hubImage } from '../fixtures/deploy/archive.mjs';
import { callHub, startImageEngine } from '../fixtures/deploy/engine.js';
import { imageParts } from '../fixtures/deploy/images.js';
import { blocks } from '../kit/markdown.js';
import { part } from '../parts.js';

const folder = fileURLToPath(new URL('../../deploy/compose', import.meta.url));

/** Runs docker-compose in its folder; gives what it prints. @throws Error with what it said. */
async function compose(host: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const images = { ROUNDHOUSE_HUB_IMAGE: hubImage, ROUNDHOUSE_AGENT_IMAGE: agentImage };
  const env = { ...process.env, COMPOSE_PROJECT_NAME: 'rh', DOCKER_HOST: host, ...images, ...more };
  const child = spawn('docker-compose', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(said);
  return said;
}

t.test('every composition is sound', async (t) => {
  if (!part(t, 'docker-compose')) return;
  const tls = { ROUNDHOUSE_NAME: 'hub.example.org', ROUNDHOUSE_TLS_CERT: '/tls.crt', ROUNDHOUSE_TLS_KEY: '/tls.key' };
  const first = ['-f', 'docker-compose.yml'];
  const withTls = [...first, '-f', 'docker-compose.tls.yml'];
  const said = await compose('', ['--profile', 'metrics', ...withTls, 'config'], tls);
  t.match(said, 'https://hub.example.org:8080');
  const [example = ''] = blocks('docs/examples/compose.md', 'properties');
  const lines = example
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]);
  t.match(await compose('', ['config'], Object.fromEntries(lines)), 'https://hub.example.com:8080');
  await compose('', [...first, '-f', 'docker-compose.docker.yml', 'config', '-q'], { DOCKER_GROUP: '998' });
  await t.rejects(compose('', [...withTls, 'config', '-q']), { message: /the name in the certificate|a PEM file/ });
});

t.test('hub and agent come up, and find each other without a person', async (t) => {
  if (!imageParts(t) || !part(t, 'docker-compose')) return;
  const engine = await startImageEngine(t);
  const up = () => compose(engine.host, ['up', '-d', '--no-build']);
  const agents = async () => (await callHub(engine, 'rh_hub_1', 'GET', '/connect/api/agents')).body.data;
  await up();
  await engine.healthy('rh_agent_1');
  t.match(await agents(), [{ name: 'local', site: 'local', status: 'connected' }]);

  await t.test('the agent enrols once, and containers that are made again go on', async (t) => {
    const [{ id }] = await agents();
    await compose(engine.host, ['down']);
    await up();
    await engine.healthy('rh_agent_1');
    t.match(await agents(), [{ id, status: 'connected' }], 'the same agent');
  });

  await t.test('Prometheus gets a key that reads metrics, and no other user has it', async (t) => {
    await compose(engine.host, ['run', '--rm', 'metrics-key']);
    const { body } = await callHub(engine, 'rh_hub_1', 'GET', '/connect/api/keys');
    t.match(
      body.data.find(({ name }: { name: string }) => name === 'prometheus'),
      { role: 'viewer' },
    );
  });
});
