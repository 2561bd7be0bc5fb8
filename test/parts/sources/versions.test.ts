import { on, once } from 'node:events';
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { createSources } from '../../../agent/drivers/sources/sources.js';
import { Storage } from '../../../agent/drivers/storage/storage.js';
import { mcpPackage } from '../../fixtures/packages/mcp-package.js';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';
import { harness, isConnected, isError, never, silentLog, spec } from '../agent/harness.js';
import { resolvers, sampleServers } from '../mcp/sample.js';

const invalid = { name: 'AgentFailure', kind: 'invalid_argument', details: { field: 'version' } };

t.test('check: the versions of the registry, and the changes up to each', async (t) => {
  const { servers, registry, at } = await sampleServers(t, { '1.0.0': 'works', '1.1.0': 'works' }, {}, 'real');
  servers.put(at('', 1n, { connected: false }));
  registry.publish(mcpPackage('2.1.0-beta.1'));
  registry.publish(mcpPackage('2.0.0'));
  const found = await servers.versions.check('s1', never);
  t.match(found, {
    kind: 'npm',
    name: 'mcp-sample',
    current: '1.0.0',
    latest: '2.0.0',
    versions: ['2.0.0', '1.1.0', '1.0.0'],
    breaking: true,
    url: 'https://example.org/mcp-sample',
  });
  t.equal(found.changelog, '## [2.0.0] - 2026-02-01\n### Changed\n- everything\n\n## 1.1.0\n- a tool more');
  servers.put(at('2.1.0-beta.1', 2n, { connected: false }));
  const trial = await servers.versions.check('s1', never);
  t.match(trial, { current: '2.1.0-beta.1', breaking: false, changelog: undefined });
  t.equal(trial.versions[0], '2.1.0-beta.1', 'who runs a version on trial sees such');
});

t.test('a registry that fails, and unknown servers and versions', async (t) => {
  const { servers, registry, at } = await sampleServers(t, { '1.0.0': 'works' }, {}, 'real');
  servers.put(at('', 1n, { connected: false }));
  const { versions } = servers;
  await t.rejects(versions.check('s2', never), { name: 'AgentFailure', kind: 'not_found' });
  await t.rejects(versions.install('s1', '9.9.9'), { name: 'AgentFailure', kind: 'upstream', message: /9\.9\.9/ });
  for (const version of ['', 'latest', '^1', '../../x', '1.0', '-g'])
    await t.rejects(versions.install('s1', version), invalid, version);
  await t.rejects(versions.verify('s1', '1.0.0', never), { ...invalid, message: /is not installed/ });
  registry.fail(404);
  await t.rejects(versions.check('s1', never), { name: 'AgentFailure', kind: 'upstream', message: /npm view failed/ });
  const plain = at('', 2n, { connected: false });
  plain.transport = {
    case: 'stdio',
    value: { $typeName: 'agent.v1.StdioTransport', command: 'node', args: [], env: {} },
  };
  servers.put(plain);
  await t.rejects(versions.check('s1', never), {
    name: 'AgentFailure',
    kind: 'invalid_argument',
    message: /has no source/,
  });
});

t.test('a downloaded version is installed without the registry, dependencies too', async (t) => {
  const { servers, registry, at } = await sampleServers(t, { '1.0.0': 'works' }, {}, 'real');
  servers.put(at('', 1n, { connected: false }));
  registry.publish({ name: 'mcp-sample-part', version: '3.0.0' });
  const { manifest, ...more } = mcpPackage('2.0.0');
  registry.publish({ ...more, manifest: { ...manifest, dependencies: { 'mcp-sample-part': '^3' } } });
  const { versions } = servers;
  const downloaded = await versions.download('s1', await versions.exact('s1', 'latest', never), never);
  t.match(downloaded, { version: '2.0.0', already: false, bytes: Number });
  t.match(await versions.list('s1'), { current: '1.0.0', installed: { length: 0 } });
  t.same(await versions.download('s1', '2.0.0', never), { version: '2.0.0', already: true });
  registry.fail(500);
  t.same(await versions.install('s1', '2.0.0'), { version: '2.0.0', already: false });
  t.same(await versions.install('s1', '2.0.0'), { version: '2.0.0', already: true });
  const verified = await versions.verify('s1', '2.0.0', never);
  t.match(verified, { version: '2.0.0', serverInfo: { name: 'sample', version: '2.0.0' }, startMs: Number });
  t.ok(verified.tools.map((text) => JSON.parse(text).name).includes('tool-2.0.0'));
  t.equal((await versions.download('s1', '2.0.0', never)).already, true);
});

t.test('a used or kept version is not removed, by hand or by a cleanup, also after a restart', async (t) => {
  const { servers, at, dataDir, logs } = await sampleServers(t, {
    '1.0.0': 'works',
    '1.1.0': 'works',
    '2.0.0': 'works',
    '3.0.0': 'works',
  });
  const { versions } = servers;
  servers.put(at('3.0.0'));
  await servers.connect('s1', never);
  for (const version of ['1.0.0', '1.1.0', '2.0.0']) await versions.install('s1', version);
  await versions.keep('s1', ['1.0.0']);
  const listed = await versions.list('s1');
  t.equal(listed.current, '3.0.0');
  t.same(
    listed.installed.map(({ version }) => version),
    ['2.0.0', '1.1.0', '1.0.0', '3.0.0'],
    'newest installation first',
  );
  t.match(listed.installed[0], { bytes: Number, installedAt: Date });
  await t.rejects(versions.remove('s1', '3.0.0'), {
    name: 'AgentFailure',
    kind: 'refused',
    message: /a server uses it/,
  });
  await t.rejects(versions.remove('s1', '1.0.0'), {
    name: 'AgentFailure',
    kind: 'refused',
    message: /kept for a rollback/,
  });
  t.match(await versions.remove('s1', '2.0.0'), { removed: true, bytes: Number });
  t.same(await versions.remove('s1', '2.0.0'), { removed: false, bytes: 0 });
  const next = createSources({ dataDir, log: silentLog });
  t.teardown(() => next.close());
  await next.expect({ serverId: 's1', command: 'npx', args: ['mcp-sample'], version: '3.0.0' });
  const storage = new Storage({ dataDir, log: silentLog, logs, sources: next });
  const all = { targets: ['cache'] as const, before: Date.now() + 60_000, force: true, dryRun: false };
  t.match(await storage.clean(all), [{ errors: 0 }]);
  t.same(readdirSync(join(dataDir, 'sources/npm/mcp-sample')).sort(), ['1.0.0', '3.0.0']);
  await versions.keep('s1', []);
  t.match(await versions.remove('s1', '1.0.0'), { removed: true });
});

t.test(
  'an installation that is cancelled or fails leaves nothing; the settings of the data folder count, and do not stay',
  async (t) => {
    const { servers, registry, at, dataDir } = await sampleServers(
      t,
      { '1.0.0': 'works', '2.0.0': 'works' },
      {},
      'real',
    );
    servers.put(at('', 1n, { connected: false }));
    const asked = resolvers();
    registry.onTarball = () => {
      asked.resolve();
      return new Promise<void>(() => {});
    };
    const abort = new AbortController();
    const download = t.rejects(servers.versions.download('s1', '2.0.0', abort.signal), {
      name: 'AgentFailure',
      kind: 'cancelled',
    });
    await asked.promise;
    abort.abort();
    await download;
    t.same(readdirSync(join(dataDir, 'sources', '.tmp')), []);
    t.notOk(existsSync(join(dataDir, 'sources', 'downloads')));
    registry.onTarball = () => {};
    delete process.env.npm_config_registry;
    writeFileSync(join(dataDir, '.npmrc'), `registry=${registry.url}\n`);
    await servers.versions.install('s1', '2.0.0');
    t.notOk(existsSync(join(dataDir, 'sources/npm/mcp-sample/2.0.0/.npmrc')));
  },
);

t.test('a version that is removed while its last calls run goes once they are over', async (t) => {
  const { servers, at, dataDir, call, switchTo } = await sampleServers(t, { '1.0.0': 'works', '2.0.0': 'works' });
  const { versions } = servers;
  const folder = join(dataDir, 'sources/npm/mcp-sample');
  servers.put(at('1.0.0'));
  await servers.connect('s1', never);
  const over = join(dataDir, 'over');
  const long = call('wait', { until: over });
  await switchTo(at('2.0.0', 2n));
  const changes = watch(folder);
  t.teardown(() => changes.close());
  t.same(await versions.remove('s1', '1.0.0'), { removed: false, bytes: 0 });
  t.ok(existsSync(join(folder, '1.0.0')), 'it is needed still');
  writeFileSync(over, '');
  t.equal(await long, '1.0.0');
  if (existsSync(join(folder, '1.0.0')))
    for await (const _ of on(changes, 'change')) if (!existsSync(join(folder, '1.0.0'))) break;
  t.same(readdirSync(folder), ['2.0.0']);
});

t.test('a version that the registry lacks is tried once, and again when a caller connects the server', async (t) => {
  const { servers, report, registry, at } = await sampleServers(t, { '1.0.0': 'works' }, { backoffFirstMs: 1 }, 'real');
  servers.put(at('9.9.9'));
  const refused = { error: /9\.9\.9.*not tried again until/, attempt: 1, nextAttemptMs: 0n };
  t.match(await report(isError), refused);
  await t.rejects(servers.connect('s1', never), { message: /9\.9\.9/ });
  registry.publish(mcpPackage('9.9.9'));
  t.ok(isConnected(await servers.connect('s1', never)));
});

t.test('a registry that is out of reach is tried again', async (t) => {
  const { servers, report, registry, at } = await sampleServers(t, {}, { backoffFirstMs: 60_000 }, 'real');
  registry.fail(401);
  servers.put(at('1.0.0'));
  t.ok((await report(isError)).nextAttemptMs > 0n);
});

/** The report of a server of the Python index, whose package cannot be installed. Sets variables of this process until the test ends. */
async function reportOfPython(t: Test, settings: Readonly<Record<string, string>>) {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const { servers, report } = harness(t, { backoffFirstMs: 60_000 });
  const value = { command: 'uvx', args: ['sample-server==9.9.9'], env: {} };
  servers.put(spec({ connected: true, transport: { case: 'stdio', value } }));
  return report(isError);
}

for (const [answer, status, isTriedAgain] of [
  ['lacks the version', 200, false],
  ['refuses every client', 401, true],
  ['fails', 503, true],
] as const)
  t.test(`pip: an index that ${answer} is ${isTriedAgain ? '' : 'not '}tried again`, async (t) => {
    if (!part(t, 'venv')) return;
    const name = 'sample_server-1.0.0-py3-none-any.whl';
    const index = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(`<a href="${name}">${name}</a>`);
    });
    await once(index.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => index.close());
    const { port } = index.address() as AddressInfo;
    // Without uv in PATH, pip installs.
    const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => !existsSync(join(folder, 'uv')));
    const url = `http://127.0.0.1:${port}/simple`;
    const { error, nextAttemptMs } = await reportOfPython(t, {
      PATH: PATH.join(delimiter),
      PIP_INDEX_URL: url,
      PIP_FIND_LINKS: '',
      PIP_RETRIES: '0',
    });
    t.match(error, /sample-server==9\.9\.9/);
    t.equal(nextAttemptMs > 0n, isTriedAgain);
    if (!isTriedAgain) t.match(error, /not tried again until/);
  });

for (const [what, isTriedAgain, said] of [
  [
    'lacks the version',
    false,
    `error: No solution found when resolving dependencies
  cause: Because there is no version of sample-server==9.9.9 and you require sample-server==9.9.9, we can conclude that your requirements are unsatisfiable.`,
  ],
  [
    'lacks the package, in an older form',
    false,
    `  × No solution found when resolving dependencies:
  ╰─▶ Because sample-server was not found in the package
      registry and you require sample-server==9.9.9, we can conclude that your
      requirements are unsatisfiable.`,
  ],
  [
    'refuses every client',
    true,
    `error: No solution found when resolving dependencies
  cause: Because sample-server was not found in the package registry and you require sample-server==9.9.9, we can conclude that your requirements are unsatisfiable.

hint: An index URL (http://127.0.0.1:1/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)`,
  ],
  [
    'is out of reach',
    true,
    `error: Request failed after 1 retry in 1.7s
  cause: Failed to fetch: http://127.0.0.1:1/simple/sample-server/
  cause: tcp connect error
  cause: Connection refused (os error 111)`,
  ],
] as const)
  t.test(`uv: an index that ${what} is ${isTriedAgain ? '' : 'not '}tried again`, async (t) => {
    const folder = tempFolder(t);
    const script = `#!/bin/sh\n[ "$1" != pip ] && exit 0\ncat >&2 <<'END'\n${said}\nEND\nexit 1\n`;
    writeFileSync(join(folder, 'uv'), script, { mode: 0o755 });
    const { nextAttemptMs } = await reportOfPython(t, { PATH: `${folder}${delimiter}${process.env.PATH}` });
    t.equal(nextAttemptMs > 0n, isTriedAgain);
  });
