import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { root } from '../../deploy/local/prepare.mjs';
import { TrustedProxies } from '../../hub/http/access/address.js';
import { agentImage, hubImage } from '../fixtures/deploy/archive.mjs';
import { callHub, startImageEngine } from '../fixtures/deploy/engine.js';
import { imageParts } from '../fixtures/deploy/images.js';
import { createAuthority } from '../fixtures/kubernetes/certificates.js';
import { blocks, shellBlocks } from '../kit/markdown.js';
import { runShell, shellsInTurn, strict } from '../kit/shell.js';
import { part } from '../parts.js';
import { tempFolder } from '../temp-folder.js';

const folder = join(root, 'deploy/compose');

/** Runs docker-compose in a folder; gives its output. @throws Error with the same */
async function compose(cwd: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, COMPOSE_PROJECT_NAME: 'rh', ...settings };
  const child = spawn('docker-compose', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
  const said = await compose(folder, ['--profile', 'metrics', ...withTls, 'config'], tls);
  t.match(said, 'https://hub.example.org:8080');
  const built = await compose(folder, [...first, '-f', 'docker-compose.build.yml', '--profile', 'metrics', 'config']);
  t.match(parse(built), {
    services: {
      hub: { image: 'roundhouse-hub', build: { context: root.replace(/\/$/, ''), target: 'hub' } },
      join: { image: 'roundhouse-hub' },
      agent: { image: 'roundhouse-agent', build: { target: 'agent' } },
      'metrics-key': { image: 'roundhouse-hub' },
    },
    secrets: { 'hub.yaml': { file: join(folder, 'hub.yaml') } },
  });
  const [example = ''] = blocks('docs/examples/compose.md', 'properties');
  const lines = example
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string]);
  t.match(await compose(folder, ['config'], Object.fromEntries(lines)), 'https://hub.example.com:8080');
  await compose(folder, [...first, '-f', 'docker-compose.docker.yml', 'config', '-q'], { DOCKER_GROUP: '998' });
  const hubs = ['-f', 'docker-compose.hubs.yml', 'config'];
  const several = parse(await compose(folder, hubs, { ROUNDHOUSE_DATABASE_PASSWORD: 'pw' }));
  const settings = several.services;
  // The balancer alone is a proxy: its clients are not one address, and no other container names an address for itself.
  const balancer = settings.balancer.networks.default.ipv4_address;
  const [{ subnet }] = several.networks.default.ipam.config;
  t.ok(new TrustedProxies([subnet]).trusts(balancer), `${balancer} is in ${subnet}`);
  for (const name of ['hub-a', 'hub-b', 'hub-c'])
    t.match(settings[name].environment, {
      ROUNDHOUSE_TRUSTED_PROXIES: `${balancer},`,
      ROUNDHOUSE_CLUSTER: 'postgresql://roundhouse:pw@database/roundhouse?sslmode=disable',
      ROUNDHOUSE_SEALING_KEY_FILE: '/run/secrets/sealing.key',
    });
  const behind = { ROUNDHOUSE_DATABASE_PASSWORD: 'pw', ROUNDHOUSE_TRUSTED_PROXIES: '10.0.0.5' };
  t.match(parse(await compose(folder, hubs, behind)).services['hub-a'].environment, {
    ROUNDHOUSE_TRUSTED_PROXIES: `${balancer},10.0.0.5`,
  });
  await t.rejects(compose(folder, hubs), { message: /the password of the database/ });
  await t.rejects(compose(folder, [...withTls, 'config', '-q']), { message: /the name in the certificate|a PEM file/ });
});

t.test('composition and chart name the images that a release publishes', async (t) => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const { version, repository } = JSON.parse(read('package.json')) as { version: string; repository: { url: string } };
  const [, owner] = /github\.com\/([^/]+)\//.exec(repository.url) ?? [];
  const tags = read('.github/workflows/release.yml').match(
    /\$\{\{ env\.IMAGES \}\}\/roundhouse-\$\{\{ matrix\.part \}\}:(?!latest)\S.*/g,
  );
  t.equal(tags?.length, 1);
  const published = (part: string) => {
    const known: Partial<Record<string, string>> = {
      'env.IMAGES': `ghcr.io/${owner}`,
      'matrix.part': part,
      'needs.packages.outputs.version': version,
    };
    return tags?.[0].replace(/\$\{\{ (\S+) \}\}/g, (whole, name: string) => known[name] ?? whole);
  };
  const values = parse(read('deploy/helm/roundhouse/values.yaml'));
  const { appVersion } = parse(read('deploy/helm/roundhouse/Chart.yaml')) as { appVersion: string };
  const composition = parse(read('deploy/compose/docker-compose.yml'));
  for (const part of ['hub', 'agent']) {
    t.equal(`${values[part].image.repository}:${appVersion}`, published(part));
    const [, image] = /:-([^}]+)\}$/.exec(composition.services[part].image) ?? [];
    t.equal(image, published(part));
  }
});

t.test('one file brings hub and agent up, and they find each other without a person', async (t) => {
  if (!imageParts(t) || !part(t, 'docker-compose')) return;
  const engine = await startImageEngine(t);
  // The machine has no clone.
  const site = tempFolder(t);
  cpSync(join(folder, 'docker-compose.yml'), join(site, 'docker-compose.yml'));
  const images = { ROUNDHOUSE_HUB_IMAGE: hubImage, ROUNDHOUSE_AGENT_IMAGE: agentImage };
  const composed = (...args: readonly string[]) => compose(site, args, { DOCKER_HOST: engine.host, ...images });
  const up = () => composed('up', '-d');
  const agents = async () => (await callHub(engine, 'rh_hub_1', 'GET', '/connect/api/agents')).body.data;
  await up();
  await engine.healthy('rh_agent_1');
  t.match(await agents(), [{ name: 'local', site: 'local', status: 'connected' }]);

  await t.test('the agent enrols once, and containers that are made again go on', async (t) => {
    const [{ id }] = await agents();
    await composed('down');
    await up();
    await engine.healthy('rh_agent_1');
    t.match(await agents(), [{ id, status: 'connected' }], 'the same agent');
  });

  await t.test('Prometheus gets a key that reads metrics, and no other user has it', async (t) => {
    await composed('run', '--rm', 'metrics-key');
    const { body } = await callHub(engine, 'rh_hub_1', 'GET', '/connect/api/keys');
    t.match(
      body.data.find(({ name }: { name: string }) => name === 'prometheus'),
      { role: 'viewer' },
    );
  });
});

/** The images are there already: a build needs the packages of npm, and the engine of the test has no way out. The shell is no terminal. */
const built = `${strict}
docker-compose() {
  local args=() arg
  for arg in "$@"; do
    case $arg in
      --build) ;;
      exec) args+=(exec -T) ;;
      *) args+=("$arg") ;;
    esac
  done
  # Its standard input would be the rest of the commands.
  command docker-compose "\${args[@]}" </dev/null
}
`;

/** The pages whose commands run a composition. The name in the certificate is that of a composition with HTTPS. */
const pages: readonly (readonly [path: string, name?: string])[] = [
  ['docs/operate/deploy.md'],
  ['docs/examples/compose.md', 'hub.example.com'],
  ['deploy/compose/README.md', 'hub.example.org'],
];

t.test('the commands of the manual bring hub and agent up', async (t) => {
  if (!imageParts(t) || !part(t, 'docker-compose')) return;
  const engine = await startImageEngine(t);
  await engine.command('tag', hubImage, 'roundhouse-hub');
  await engine.command('tag', agentImage, 'roundhouse-agent');
  const authority = await createAuthority('manual');
  const runs = pages.flatMap(([path, name], at) => shellsInTurn(at).map((shell) => ({ path, name, shell })));
  for (const { path, name, shell } of runs)
    await t.test(`${path}, in ${shell}`, async (t) => {
      if (shell === 'zsh' && !part(t, 'zsh')) return;
      const site = tempFolder(t);
      const copy = join(site, 'deploy/compose');
      cpSync(folder, copy, { recursive: true });
      const { certificate, key } = await authority.issue('CN=hub', { dns: name ? [name] : [], ip: [] });
      writeFileSync(join(copy, 'tls.crt'), certificate + authority.certificate);
      writeFileSync(join(copy, 'tls.key'), key);
      writeFileSync(join(copy, '.env'), blocks(path, 'properties').join(''));
      const env = { DOCKER_HOST: engine.host, COMPOSE_PROJECT_NAME: 'rh' };
      const said = await runShell(t, site, [built, ...shellBlocks(path, 'docker-compose')], shell, {
        ...process.env,
        ...env,
      });
      t.match(said, /^mcp_\S+$/m, 'the first key is printed');
      await engine.healthy('rh_agent_1');
      const address = name ? `https://${name}:8080` : 'http://127.0.0.1:8080';
      const trusted = ['-e', 'NODE_EXTRA_CA_CERTS=/run/secrets/tls.crt'];
      const sites = await engine.command(
        'exec',
        ...trusted,
        'rh_hub_1',
        'roundhouse',
        'site',
        'list',
        '--hub',
        address,
      );
      t.match(sites, path.includes('examples') ? /^office/m : /^local/m);
      await compose(copy, ['down', '-v'], env);
    });
});
