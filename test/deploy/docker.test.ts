import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { agentImage, hubImage } from '../fixtures/deploy/archive.mjs';
import { callHub, type ImageEngine, startImageEngine } from '../fixtures/deploy/engine.js';
import { imageParts } from '../fixtures/deploy/images.js';
import { shellBlocks } from '../kit/markdown.js';
import { runShell, shells, strict } from '../kit/shell.js';
import { part } from '../parts.js';
import { tempFolder } from '../temp-folder.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const server = fileURLToPath(new URL('../fixtures/servers/in-image.mjs', import.meta.url));
/** As README.md of the folder recommends, but looked at more often; a busy machine may take its time to start, and to look. */
const hardened = ['--read-only', '--tmpfs=/tmp', '--cap-drop=ALL', '--security-opt=no-new-privileges'];
const watched = ['--health-interval=1s', '--health-timeout=60s', '--health-retries=180', '--network=site'];

const runHub = ({ command }: ImageEngine) =>
  command('run', '-d', '--name=hub', ...hardened, ...watched, '--volume=hub:/data', hubImage);

const runAgent = ({ command }: ImageEngine, env: readonly string[]) =>
  command(
    ...[
      'run',
      '-d',
      '--name=agent',
      ...hardened,
      ...watched,
      '--volume=agent:/data',
      `--volume=${server}:/srv/s.mjs:ro`,
    ],
    ...[...env, agentImage, 'agent', '--hub', 'hub:8443'],
  );

const echo = (engine: ImageEngine) =>
  callHub(engine, 'hub', 'POST', '/api/tools/echo/invoke', { serverId: 'in-image', arguments: { text: 'wagon ü' } });

t.test('hub and agent as containers', async (t) => {
  if (!imageParts(t)) return;
  const engine = await startImageEngine(t);
  await images(t, engine);
  await life(t, engine);
  await manual(t, engine);
});

async function images(t: Test, engine: ImageEngine) {
  await t.test('user, volume, health check and labels of the images', async (t) => {
    for (const name of [hubImage, agentImage]) {
      const { Config: config } = await engine.docker.getImage(name).inspect();
      t.match(config, { User: '1000:1000', Healthcheck: { Test: ['CMD'] } }, name);
      t.same(config.Volumes, { '/data': {} }, name);
      t.match(config.Labels, {
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'Apache-2.0',
      });
    }
  });

  await t.test('neither holds files that only the other, or development, needs', async (t) => {
    const held = (image: string, ...names: string[]) =>
      engine.command(
        ...['run', '--rm', '--network=none', '--entrypoint=node', image, '-e'],
        "for (const n of process.argv.slice(1)) if (require('fs').existsSync('/app/' + n)) console.log(n)",
        ...names,
      );
    const packages = ['uWebSockets.js', '@node-rs', 'lmdb', 'prom-client', 'dockerode', 'esbuild', 'typescript', 'tap'];
    const all = ['hub/bundle', 'agent/bundle', ...packages.map((name) => `node_modules/${name}`)];
    t.same((await held(hubImage, ...all)).trim().split('\n'), [
      'hub/bundle',
      // A hub hands out the agent.
      'agent/bundle',
      ...['uWebSockets.js', '@node-rs', 'lmdb'].map((name) => `node_modules/${name}`),
    ]);
    t.same((await held(agentImage, ...all)).trim().split('\n'), ['agent/bundle', 'node_modules/lmdb']);
  });
}

async function life(t: Test, engine: ImageEngine) {
  const { command, docker } = engine;
  await command('network', 'create', 'site');

  await t.test('hub and agent, as an unprivileged user and on a read-only file system', async (t) => {
    await runHub(engine);
    await engine.healthy('hub');
    const token = (await command('exec', 'hub', 'roundhouse', 'token', 'create', '--site', 'berlin')).trim();
    await runAgent(engine, ['--env', `ROUNDHOUSE_AGENT_TOKEN=${token}`]);
    await engine.healthy('agent');
    const made = await callHub(engine, 'hub', 'POST', '/api/servers', {
      name: 'in-image',
      site: 'berlin',
      transport: { type: 'stdio', command: 'node', args: ['/srv/s.mjs'] },
    });
    t.equal(made.status, 201, JSON.stringify(made.body));
    const connected = await callHub(engine, 'hub', 'POST', '/api/servers/in-image/connect');
    t.equal(connected.status, 200, JSON.stringify(connected.body));
    t.match((await echo(engine)).body, { success: true, data: { content: [{ text: 'wagon ü' }] } });
    const { State: state } = await docker.getContainer('hub').inspect();
    t.equal(state.Health?.FailingStreak, 0);
  });

  await t.test('both end when they are told to', async (t) => {
    for (const name of ['agent', 'hub']) {
      // Not killed before a busy machine has got round to its end.
      await docker.getContainer(name).stop({ t: 120 });
      const { State: state } = await docker.getContainer(name).inspect();
      t.match(state, { ExitCode: 0, Running: false, OOMKilled: false }, name);
    }
  });

  await t.test('an agent whose hub is away says that it is not well, and lives', async (t) => {
    await docker.getContainer('agent').start();
    await docker.getContainer('hub').start();
    await engine.healthy('agent');
    await docker.getContainer('hub').stop();
    const said = await command(
      'exec',
      'agent',
      'sh',
      '-c',
      'until grep -x disconnected /data/link; do sleep 0.1; done',
    );
    t.equal(said.trim(), 'disconnected');
    const { State: state } = await docker.getContainer('agent').inspect();
    t.equal(state.Running, true);
  });

  await t.test('new containers go on with the data of the volumes', async (t) => {
    for (const name of ['hub', 'agent']) await docker.getContainer(name).remove({ force: true });
    await runHub(engine);
    await engine.healthy('hub');
    await runAgent(engine, []);
    await engine.healthy('agent');
    const { body } = await callHub(engine, 'hub', 'POST', '/api/servers/in-image/connect');
    t.match(body, { success: true });
    t.match((await echo(engine)).body, { success: true, data: { content: [{ text: 'wagon ü' }] } });
  });
}

/** The images are there already: a build needs the packages of npm, and the engine of the test has no way out. */
const built = `${strict}
docker() {
  if [ "$1" = build ]; then command docker tag "\${7}:test" "\${7}"; else command docker "$@"; fi
}
`;

async function manual(t: Test, engine: ImageEngine) {
  const { command, docker, host } = engine;
  const fresh = async (names: readonly string[]) => {
    for (const name of names) {
      await docker.getContainer(name).remove({ force: true });
      await docker.getVolume(name).remove();
    }
  };
  for (const shell of shells)
    await t.test(`the commands of the manual, in ${shell}`, async (t) => {
      if (shell === 'zsh' && !part(t, 'zsh')) return;
      await fresh(['agent', 'hub']);
      if (shell === 'zsh') await command('network', 'rm', 'roundhouse');
      const folder = tempFolder(t);
      const run = (path: string, own = (text: string) => text) =>
        runShell(t, folder, [built, ...shellBlocks(path, 'docker run').map(own)], shell, {
          ...process.env,
          DOCKER_HOST: host,
        });
      t.match(await run('deploy/docker/README.md'), /^mcp_\S+$/m, 'the first key is printed');
      await engine.healthy('agent');

      await fresh(['agent']);
      const token = await command('exec', 'hub', 'roundhouse', 'token', 'create', '--site', 'berlin');
      writeFileSync(join(folder, 'berlin.token'), token);
      // Containers reach the published ports of their machine at the first address of the engine's own network.
      await run('docs/operate/deploy.md', (text) => text.replace('HUB-HOST', '172.17.0.1'));
      await engine.healthy('agent');
      const { body } = await callHub(engine, 'hub', 'GET', '/connect/api/sites');
      t.match(body.data, [{ name: 'berlin', connectedAgents: 1 }, { name: 'here' }]);
    });
}
