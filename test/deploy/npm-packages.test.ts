import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { otherNodePath } from '../../deploy/local/parts.mjs';
import { root } from '../../deploy/local/prepare.mjs';
import { part, rootOnLinux } from '../parts.js';
import { startUp } from '../up.mjs';

/** A folder outside the clone: no package of the clone is found from there. */
function emptyFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-npm-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Installs packed packages, and what they need from the registry, into an empty folder. */
function install(folder: string, packed: string, names: readonly string[]): void {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const files = names.map((name) =>
    join(packed, readdirSync(packed).find((file) => file.startsWith(`roundhouse-${name}-`)) ?? name),
  );
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags, ...files], { cwd: folder, stdio: 'pipe' });
}

t.test('packages of npm', async (t) => {
  const packed = emptyFolder(t);
  execFileSync(process.execPath, [join(root, 'deploy/pack.mjs'), packed], { stdio: 'pipe' });
  const folder = emptyFolder(t);
  install(folder, packed, ['cli', 'hub', 'agent', 'proto', 'sdk']);
  const scope = join(folder, 'node_modules/@roundhouse');

  await t.test('each has what a registry shows, and no sources, tests or build state', async (t) => {
    t.same(readdirSync(scope).sort(), ['agent', 'cli', 'hub', 'proto', 'sdk']);
    for (const name of readdirSync(scope)) {
      const manifest = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8'));
      t.match(manifest, { license: 'Apache-2.0', engines: { node: String }, repository: { url: String } }, name);
      for (const file of ['LICENSE', 'README.md']) t.ok(existsSync(join(scope, name, file)), `${name} has ${file}`);
      const files = readdirSync(join(scope, name), { recursive: true, encoding: 'utf8' });
      const unwanted = files.filter((file) => /(?<!\.d)\.ts$|tsbuildinfo|\.test\.|\.cache$/.test(file));
      t.same(unwanted, [], name);
    }
  });

  await t.test('`roundhouse up` starts from an empty folder, and its printed call is answered', async (t) => {
    const up = await startUp(emptyFolder(t), {}, [join(folder, 'node_modules/.bin/roundhouse'), 'up']);
    t.teardown(() => up.stop('SIGKILL'));
    t.ok(up.curl, 'a call is printed');
    const response = up.curl && (await fetch(...up.curl));
    t.equal(response?.status, 200);
    t.match(await response?.json(), { data: { content: [{ type: 'text', text: 'Echo: Hello, Roundhouse!' }] } });
    t.equal(await up.stop(), 0);
  });

  await t.test('a program imports the SDK', async (t) => {
    const program = "import * as sdk from '@roundhouse/sdk'; console.log(typeof sdk.MCPConnectClient);";
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    t.equal(String(output), 'function\n');
  });

  await t.test('a site installs the agent alone', async (t) => {
    const site = emptyFolder(t);
    install(site, packed, ['agent']);
    t.notOk(existsSync(join(site, 'node_modules/@roundhouse/hub')));
    const help = execFileSync(join(site, 'node_modules/.bin/roundhouse-agent'), ['--help']);
    t.match(String(help), /--token/);
  });

  await t.test('another user runs a hub on Node 22, where uWebSockets is adapted to an older glibc', async (t) => {
    if (!part(t, 'node22') || !rootOnLinux(t)) return;
    const home = emptyFolder(t);
    const data = join(home, 'data');
    mkdirSync(data);
    execFileSync('chown', ['-R', '65534:65534', data]);
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
