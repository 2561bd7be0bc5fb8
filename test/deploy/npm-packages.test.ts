import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import t from 'tap';
import { newestNodePath, otherNodePath } from '../../deploy/local/parts.mjs';
import { root } from '../../deploy/local/prepare.mjs';
import { createNamespace } from '../fixtures/namespace.js';
import { emptyFolder, release } from '../fixtures/packages/released.js';
import { freePort } from '../free-port.mjs';
import { shellBlocks } from '../kit/markdown.js';
import { runShell, shellsInTurn, strict } from '../kit/shell.js';
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
    // The other machine has one road, to the hub: no loopback interface of this machine, no registry and no name server.
    const machine = rootOnLinux(t) && part(t, 'ip') ? createNamespace(t) : undefined;
    const agentAddress = `${machine?.here ?? '127.0.0.1'}:${await freePort()}`;
    const listen = `${machine?.here ?? '127.0.0.1'}:${await freePort()}`;
    const settings = { ...env, ROUNDHOUSE_LISTEN: listen, ROUNDHOUSE_AGENT_LISTEN: agentAddress };
    const home = await emptyFolder(t);
    const path = 'deploy/cli/README.md';
    const [command = ''] = shellBlocks(path, 'npx @roundhouse/').filter((block) => !block.includes('--help'));
    const [npx = '', ...args] = command.trim().split(' ');
    /** Milliseconds, for `npm run bench -- door`. */
    const figures: Record<string, number> = {};
    const begun = performance.now();
    const up = await startUp(join(home, 'data'), settings, [npx, ...args], home);
    figures['installed, hub and agent ready'] = performance.now() - begun;
    t.teardown(() => up.stop('SIGKILL'));
    const [address, request] = up.curl ?? ['', { body: '' }];
    const hub = new URL(address).origin;

    await t.test('its printed call is answered', async (t) => {
      const response = await fetch(address, request);
      const answer = await response.json();
      figures['first tool call answered'] = performance.now() - begun;
      t.equal(response.status, 200);
      t.match(answer, { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } });
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

    const tokenOf = async (site: string) =>
      (await run(roundhouse, ['token', 'create', '--site', site, '--url', hub], { cwd: home, env })).stdout.trim();
    const sites = async () =>
      (await (await fetch(`${hub}/api/sites`, { headers: request.headers ?? {} })).json()) as object;

    await t.test('a second machine joins by the line of the README that a person pastes', async (t) => {
      const folder = await emptyFolder(t);
      const [line = ''] = shellBlocks('README.md', '/install/agent.sh');
      const pasted = line.replace('http://HUB-HOST:8080', hub).replace('TOKEN', await tokenOf('berlin'));
      const pastedAt = performance.now();
      const [shell = 'sh', ...before] = [...(machine?.through ?? []), 'sh'];
      const there = { cwd: folder, env: { ...env, ROOT: folder } };
      await run(shell, [...before, '-c', `sudo() { "$@"; }\n${pasted}`], there);
      // The command of the unit, as no systemd runs there.
      const program = join(folder, 'opt/roundhouse-agent/agent/bin/roundhouse-agent.mjs');
      const args = [program, '--config', join(folder, 'etc/roundhouse/agent.yaml'), '--data', join(folder, 'data')];
      const [node = process.execPath, ...through] = [...(machine?.through ?? []), process.execPath];
      const agent = spawn(node, [...through, ...args], { ...there, stdio: ['ignore', 'ignore', 'pipe'] });
      t.teardown(() => agent.kill('SIGKILL'));
      for await (const said of createInterface({ input: agent.stderr }))
        if (said.includes('connected to the hub')) break;
      figures['second machine: from the pasted line to its agent at the hub'] = performance.now() - pastedAt;
      t.match(await sites(), { data: [{ name: 'berlin', connectedAgents: 1 }, { name: 'local' }] });
    });

    for (const shell of shellsInTurn(1))
      await t.test(`the command of the agent's README joins a site, in ${shell}`, async (t) => {
        if (shell === 'zsh' && !part(t, 'zsh')) return;
        const path = 'agent/README.md';
        const folder = await emptyFolder(t);
        writeFileSync(join(folder, 'berlin.token'), await tokenOf(`with-${shell}`), { mode: 0o600 });
        const [command = ''] = shellBlocks(path, 'npx @roundhouse/');
        const own = command.replace('HUB-HOST:8443', agentAddress);
        const agent = spawn(shell, ['-c', own], {
          cwd: folder,
          env,
          detached: true,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        // npx and the agent are the shell's.
        t.teardown(() => agent.exitCode ?? process.kill(-(agent.pid ?? 0), 'SIGKILL'));
        for await (const said of createInterface({ input: agent.stderr }))
          if (said.includes('connected to the hub')) break;
        t.match(JSON.stringify(await sites()), `"name":"with-${shell}"`);
      });

    await t.test('a client gets no program of the cache of npx without a warning', async (t) => {
      const setup = ['@roundhouse/cli', 'client', 'setup', 'cursor', '--file', join(home, 'mcp.json'), '--preview'];
      const options = { cwd: home, env: { ...env, XDG_CONFIG_HOME: home } };
      const { stderr } = await run('npx', [...setup, '--hub', hub], options);
      t.match(stderr, 'run `npm install -g @roundhouse/cli` first');
      const installed = await run(roundhouse, [...setup.slice(1), '--hub', hub], options);
      t.notMatch(installed.stderr, 'npm install');
    });

    const { BENCH_FIRST_CALL: file } = process.env;
    if (file) writeFileSync(file, JSON.stringify(figures));
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
    if (!part(t, 'zsh')) return;
    for (const [at, path] of ['deploy/cli/README.md', 'hub/README.md'].entries()) {
      const commands = shellBlocks(path, '--help');
      t.equal(commands.length, 1, path);
      for (const shell of shellsInTurn(at)) {
        const said = await runShell(t, await emptyFolder(t), [strict, ...commands], shell, env);
        t.match(said, 'Usage: roundhouse', `${path}, ${shell}`);
      }
    }
  });

  await t.test('the commands of the README install the packages without a registry of their own', async (t) => {
    const path = 'README.md';
    const made = await emptyFolder(t);
    const commands = shellBlocks(path, 'deploy/pack.mjs').map((block) => block.replaceAll('/tmp/', `${made}/`));
    const { 'npm_config_@roundhouse:registry': _, ...withoutRegistry } = env;
    const global = { ...withoutRegistry, npm_config_prefix: made, PATH: `${made}/bin${delimiter}${env.PATH}` };
    const said = await runShell(t, root, [strict, ...commands, 'cd /', 'roundhouse --help'], 'bash', global);
    t.match(said, 'Usage: roundhouse');
    t.match(readdirSync(join(made, 'lib/node_modules/@roundhouse')), ['agent', 'cli', 'hub', 'proto', 'sdk']);
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
