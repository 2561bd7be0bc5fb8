import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import t from 'tap';
import { newestNodePath, otherNodePath } from '../../deploy/local/parts.mjs';
import { emptyFolder, release } from '../fixtures/packages/released.js';
import { shellBlocks } from '../kit/markdown.js';
import { runShell, strict } from '../kit/shell.js';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { part, rootOnLinux } from '../parts.js';
import { startUp } from '../up.mjs';

const run = promisify(execFile);

/** Node 20 runs in every run of this file, and Node 22 serves requests in it. */
const everyNode = nightly ? {} : { skip: 'npm run test:nightly runs them' };

t.test('packages of npm', async (t) => {
  const env = await release(t);
  const install = (cwd: string, ...names: string[]) => run('npm', ['install', ...names], { cwd, env });
  const folder = await emptyFolder(t);
  await install(folder, '@roundhouse/cli', '@roundhouse/proto', '@roundhouse/sdk');
  const roundhouse = join(folder, 'node_modules/.bin/roundhouse');
  const scope = join(folder, 'node_modules/@roundhouse');

  await t.test(
    'each has the files and fields that a registry shows, and no sources, tests or build state',
    async (t) => {
      t.same(readdirSync(scope).sort(), ['agent', 'cli', 'hub', 'proto', 'sdk']);
      for (const name of readdirSync(scope)) {
        const manifest = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8'));
        t.match(manifest, { license: 'Apache-2.0', engines: { node: String }, repository: { url: String } }, name);
        for (const file of ['LICENSE', 'README.md']) t.ok(existsSync(join(scope, name, file)), `${name} has ${file}`);
        const files = readdirSync(join(scope, name), { recursive: true, encoding: 'utf8' });
        const unwanted = files.filter((file) => /(?<!\.d)\.ts$|tsbuildinfo|\.test\.|\.cache$/.test(file));
        t.same(unwanted, [], name);
      }
    },
  );

  await t.test('`npx @roundhouse/cli up` starts from an empty folder', async (t) => {
    const home = await emptyFolder(t);
    const up = await startUp(join(home, 'data'), env, ['npx', '--yes', '@roundhouse/cli', 'up'], home);
    t.teardown(() => up.stop('SIGKILL'));
    const [address, request] = up.curl ?? ['', { body: '' }];
    const hub = new URL(address).origin;

    await t.test('its printed call is answered', async (t) => {
      const response = await fetch(address, request);
      t.equal(response.status, 200);
      t.match(await response.json(), { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } });
    });

    await t.test('its pages have all files that they ask for, and ask no other host', async (t) => {
      for (const page of ['/', '/docs']) {
        const html = await (await fetch(hub + page, { headers: { Accept: 'text/html' } })).text();
        const links = Array.from(html.matchAll(/(?:href|src)="(?!data:)([^"]+)"/g), ([, link = '']) => link);
        t.ok(links.length > 1, page);
        for (const link of links) {
          const url = new URL(link, hub + page);
          t.equal(url.origin, hub, link);
          t.equal((await fetch(url)).status, 200, link);
        }
      }
    });

    await t.test('a second machine joins by one pasted line', async (t) => {
      const machine = await emptyFolder(t);
      const token = await run(roundhouse, ['token', 'create', '--site', 'berlin', '--url', hub], { cwd: home, env });
      const line = `curl -fsSL ${hub}/install/agent.sh | sh -s -- --token ${token.stdout.trim()}`;
      await run('sh', ['-c', line], { cwd: machine, env: { ...env, ROOT: machine } });
      const program = join(machine, 'opt/roundhouse-agent/agent/bin/roundhouse-agent.mjs');
      const settings = join(machine, 'etc/roundhouse/agent.yaml');
      const args = [program, '--config', settings, '--data', join(machine, 'data')];
      const agent = spawn(process.execPath, args, { cwd: machine, env, stdio: ['ignore', 'ignore', 'pipe'] });
      t.teardown(() => agent.kill('SIGKILL'));
      for await (const said of createInterface({ input: agent.stderr }))
        if (said.includes('connected to the hub')) break;
      const sites = (await (await fetch(`${hub}/api/sites`, { headers: request.headers ?? {} })).json()) as object;
      t.match(sites, { data: [{ name: 'berlin', connectedAgents: 1 }, { name: 'local' }] });
    });

    await t.test('a client gets no program of the cache of npx without a warning', async (t) => {
      const setup = ['@roundhouse/cli', 'client', 'setup', 'cursor', '--file', join(home, 'mcp.json'), '--preview'];
      const options = { cwd: home, env: { ...env, XDG_CONFIG_HOME: home } };
      const { stderr } = await run('npx', [...setup, '--hub', hub], options);
      t.match(stderr, 'run `npm install -g @roundhouse/cli` first');
      const installed = await run(roundhouse, [...setup.slice(1), '--hub', hub], options);
      t.notMatch(installed.stderr, 'npm install');
    });

    // npx itself ends by the signal, and gives no exit code.
    await up.stop();
    await wait('the hub ends with npx', () =>
      fetch(hub).then(
        () => false,
        () => true,
      ),
    );
  });

  await t.test('the commands of their READMEs work in an empty folder', async (t) => {
    for (const path of ['deploy/cli/README.md', 'hub/README.md']) {
      const commands = shellBlocks(path, '--help');
      t.equal(commands.length, 1, path);
      t.match(await runShell(t, await emptyFolder(t), [strict, ...commands], 'bash', env), 'Usage: roundhouse', path);
    }
  });

  await t.test('a program imports the SDK', async (t) => {
    const program = "import * as sdk from '@roundhouse/sdk'; console.log(typeof sdk.MCPConnectClient);";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    t.equal(stdout, 'function\n');
  });

  await t.test('a site installs the agent alone', async (t) => {
    const site = await emptyFolder(t);
    await install(site, '@roundhouse/agent');
    t.same(readdirSync(join(site, 'node_modules/@roundhouse')), ['agent']);
    const { stdout } = await run(join(site, 'node_modules/.bin/roundhouse-agent'), ['--help']);
    t.match(stdout, /--token/);
  });

  for (const [name, node] of [
    ['node22', otherNodePath],
    ['node24', newestNodePath],
  ] as const)
    await t.test(`\`roundhouse up\` and a call on ${name}`, everyNode, async (t) => {
      if (!part(t, name)) return;
      const home = await emptyFolder(t);
      const path = [dirname(node), env.PATH].join(delimiter);
      const command = [node, join(scope, 'cli/roundhouse.mjs'), 'up'] as const;
      const up = await startUp(join(home, 'data'), { ...env, PATH: path }, command, home);
      t.teardown(() => up.stop('SIGKILL'));
      const response = up.curl && (await fetch(...up.curl));
      t.match(await response?.json(), { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } });
      t.equal(await up.stop(), 0, up.log());
    });

  await t.test('another user runs a hub on Node 22, where uWebSockets is adapted to an older glibc', async (t) => {
    if (!part(t, 'node22') || !rootOnLinux(t)) return;
    const home = await emptyFolder(t);
    const data = join(home, 'data');
    mkdirSync(data);
    chownSync(data, 65534, 65534);
    // The home of the user who installed it is closed to others.
    const node = join(home, 'node');
    copyFileSync(otherNodePath, node);
    const args = ['hub', '--data', join(data, 'hub'), '--listen', '127.0.0.1:0', '--agent-listen', '127.0.0.1:0'];
    const bin = join(scope, 'cli/roundhouse.mjs');
    const child = spawn(node, [bin, ...args], {
      uid: 65534,
      gid: 65534,
      cwd: data,
      env: { HOME: data, PATH: process.env.PATH, TMPDIR: data },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('hub is ready')) child.kill('SIGTERM');
    }
    t.same(await exit, [0, null], lines.join('\n'));
    t.same(readdirSync(data), ['hub'], 'nothing is left of the adapted copy');
  });
});
