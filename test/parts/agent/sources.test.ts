import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { createSources, type Sources } from '../../../agent/drivers/sources/sources.js';
import { never, silentLog, tempFolder } from './harness.js';

/** Sources whose `npm` is this script: it notes its arguments, and answers without a registry. */
function withNpm(t: Test, script: string): { sources: Sources; dataDir: string; prepare: Prepare } {
  const dataDir = tempFolder(t, { bin: {}, data: {} });
  const bin = join(dataDir, 'bin');
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'npm'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  const sources = createSources({ dataDir: join(dataDir, 'data'), log: silentLog });
  t.teardown(() => {
    process.env.PATH = path;
    return sources.close();
  });
  const prepare: Prepare = (...args) => sources.prepare('s1', 'npx', ['-y', ...args], () => {}, never);
  return { sources, dataDir: join(dataDir, 'data'), prepare };
}

type Prepare = (...args: string[]) => ReturnType<Sources['prepare']>;

function installed(dataDir: string, version: string, bin: object | string, files: Record<string, string>): void {
  const home = join(dataDir, 'sources', 'npm', 'pkg', version, 'node_modules', 'pkg');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'pkg', version, bin }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
}

t.test('a command without a source is run unchanged', async (t) => {
  const { sources } = withNpm(t, 'exit 1');
  const program = await sources.prepare('s1', 'node', ['x.js'], () => {}, never);
  t.same(program, { command: 'node', args: ['x.js'], path: [], version: '' });
});

t.test('an installed version is run from its folder without a request', async (t) => {
  const { prepare, dataDir } = withNpm(t, 'exit 1');
  installed(dataDir, '1.0.0', './cli.js', { 'cli.js': '#!/usr/bin/env node\n' });
  const home = join(dataDir, 'sources/npm/pkg/1.0.0/node_modules');
  t.same(await prepare('pkg@1.0.0', 'a', '--b'), {
    command: process.execPath,
    args: [join(home, 'pkg', 'cli.js'), 'a', '--b'],
    path: [join(home, '.bin')],
    version: '1.0.0',
  });
});

t.test('the program is chosen as npx does', async (t) => {
  const { prepare, dataDir } = withNpm(t, 'exit 1');
  installed(dataDir, '1.0.0', { one: 'one.js', pkg: 'main.sh' }, { 'one.js': '', 'main.sh': '#!/bin/sh\n' });
  installed(dataDir, '2.0.0', { one: 'one.js', two: 'two.js' }, {});
  t.match(await prepare('pkg@1.0.0'), { command: /pkg\/main\.sh$/, args: { length: 0 } }, 'no script for node');
  t.match(await prepare('-p', 'pkg@1.0.0', 'one', 'x'), { command: process.execPath, args: [/one\.js$/, 'x'] });
  await t.rejects(prepare('pkg@2.0.0'), { name: 'AgentFailure', kind: 'upstream', message: /no program to run/ });
  await t.rejects(prepare('-p', 'pkg@1.0.0', 'three'), { message: "the package pkg has no program 'three'" });
});

t.test('no version: the newest is resolved once, and kept for this server', async (t) => {
  const { prepare, sources, dataDir } = withNpm(
    t,
    'echo "\\"$(cat "$HOME_OF_TEST/newest" 2>/dev/null || echo 2.0.0)\\""',
  );
  installed(dataDir, '1.0.0', 'a.js', { 'a.js': '' });
  installed(dataDir, '2.0.0', 'a.js', { 'a.js': '' });
  t.equal((await prepare('pkg')).version, '2.0.0');
  writeFileSync(join(dataDir, '..', 'bin', 'npm'), '#!/bin/sh\necho \'"1.0.0"\'\n');
  t.equal((await prepare('pkg')).version, '2.0.0', 'kept');
  const other = createSources({ dataDir, log: silentLog });
  t.equal((await other.prepare('s1', 'npx', ['pkg'], () => {}, never)).version, '2.0.0', 'kept over a restart');
  t.equal((await other.prepare('s2', 'npx', ['pkg'], () => {}, never)).version, '1.0.0', 'another server');
  await sources.forget('s1');
  t.equal((await prepare('pkg')).version, '1.0.0', 'until told otherwise');
});

t.test('a range: the highest that the registry names', async (t) => {
  const { prepare, dataDir } = withNpm(t, `[ "$2" = "pkg@^1" ] && echo '["1.2.0","1.10.0","1.9.0"]'`);
  installed(dataDir, '1.10.0', 'a.js', { 'a.js': '' });
  t.equal((await prepare('pkg@^1')).version, '1.10.0');
});

t.test('the registry out of reach: the newest installed version that fits', async (t) => {
  const { prepare, dataDir } = withNpm(
    t,
    'echo "npm error code ENOTFOUND\nnpm error network request failed" >&2; exit 1',
  );
  await t.rejects(prepare('pkg'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: 'npm view failed: npm error network request failed',
  });
  for (const version of ['1.9.0', '1.10.0', '2.0.0']) installed(dataDir, version, 'a.js', { 'a.js': '' });
  t.equal((await prepare('pkg@^1')).version, '1.10.0');
});

t.test('installing: once for all callers at the same time, and complete or not at all', async (t) => {
  const log = join(t.testdirName, 'asked');
  const home = '$3/node_modules/pkg';
  const { prepare, dataDir } = withNpm(
    t,
    `echo "$@" >> ${log}; mkdir -p ${home}; echo '{"bin":"a.js"}' > ${home}/package.json; touch ${home}/a.js; [ "\${9}" != pkg@6.6.6 ] || exit 1`,
  );
  const programs = await Promise.all([prepare('pkg@1.0.0'), prepare('pkg@1.0.0'), prepare('pkg@1.0.0')]);
  t.equal(new Set(programs.map(({ args }) => args[0])).size, 1);
  const { readFileSync } = await import('node:fs');
  t.equal(readFileSync(log, 'utf8').trim().split('\n').length, 1);
  t.ok(existsSync(programs[0]?.args[0] ?? ''));
  await t.rejects(prepare('pkg@6.6.6'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /npm install failed: exit code 1/,
  });
  t.same(readdirSync(join(dataDir, 'sources', 'npm', 'pkg')), ['1.0.0']);
  t.same(readdirSync(join(dataDir, 'sources', '.tmp')), []);
});

t.test('a caller that cancels does not wait, and closing stops the installer', async (t) => {
  const { sources } = withNpm(t, 'sleep 60');
  const abort = new AbortController();
  const waiting = sources.prepare('s1', 'npx', ['pkg@1.0.0'], () => {}, abort.signal);
  abort.abort(new Error('gone'));
  await t.rejects(waiting, { message: 'gone' });
  await sources.close();
});
