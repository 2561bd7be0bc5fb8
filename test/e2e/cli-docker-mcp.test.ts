import { execFile, spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { dockerMcpTable } from '../../hub/cli/docker-mcp/table.js';
import { isNoun } from '../../hub/cli/frame/program.js';
import { until } from '../automation.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { catalogVersion } from '../kit/catalog.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { ADMIN_KEY, roundhouse, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const thinking = '@modelcontextprotocol/server-sequential-thinking';
const server = 'sequential-thinking';
const base = '/portal/api/v1';

t.test('the commands are the ones of the document of the Portal API', (t) => {
  const named = dockerMcpTable.flatMap((entry) =>
    isNoun(entry) ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name],
  );
  t.same(named, [
    ...['list', 'inspect', 'enable', 'disable', 'restart', 'logs', 'bulk'].map((verb) => `server ${verb}`),
    ...['get', 'set', 'export', 'import'].map((verb) => `config ${verb}`),
    ...['add', 'update', 'remove'].map((verb) => `catalog ${verb}`),
    ...['system info', 'version'],
  ]);
  t.end();
});

if (part(t, 'docker')) await tests();

async function tests() {
  const npm = await startNpmRegistry(t);
  npm.publish(mcpPackage(catalogVersion(thinking), 'works', thinking));
  const hub = await startHub(t);
  await startAgent(t, hub);
  const home = tempFolder(t);
  const env = {
    DOCKER_CONFIG: join(home, '.docker'),
    HOME: home,
    ROUNDHOUSE_URL: hub.url,
    ROUNDHOUSE_API_KEY: ADMIN_KEY,
  };
  const plugin = join(env.DOCKER_CONFIG, 'cli-plugins', 'docker-mcp');

  /** Runs Docker's own client. */
  const docker = (words: readonly string[], { input = '', more = {} } = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile('docker', words, { env: { ...process.env, ...env, ...more } }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  const mcp = async (...words: string[]) => {
    const { code, stdout, stderr } = await docker(['mcp', ...words]);
    t.equal(code, 0, `docker mcp ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const json = async (...words: string[]) => JSON.parse(await mcp(...words));
  const api = async (method: string, path: string, body?: unknown) => (await hub.call(method, base + path, body)).body;
  const over = (id: string) => until(hub, `${base}/operations/${id}`, ({ status }) => status !== 'in_progress');
  const stateOf = async () => (await api('GET', `/servers/${server}`)).user_config;
  const file = (name: string, content: object) => {
    writeFileSync(join(home, name), JSON.stringify(content));
    return join(home, name);
  };

  await t.test('the plugin is installed where Docker looks for it, and replaces no other', async (t) => {
    t.not((await docker(['mcp', 'version'])).code, 0, 'Docker does not know the command yet');
    const manage = (...words: string[]) => roundhouse(t, ['docker-plugin', ...words], { env });
    t.match(await manage('install'), { code: 0, stderr: plugin });
    t.equal(statSync(plugin).mode & 0o777, 0o755);
    t.match((await docker(['--help'])).stdout, /^ +mcp\* +MCP servers of a Roundhouse hub/m);
    t.match(await manage('remove', '--yes'), { code: 0 });
    writeFileSync(plugin, '#!/bin/sh\n', { mode: 0o755 });
    t.match(await manage('install'), { code: 1, stderr: 'is another plugin: give --replace' });
    t.match(await manage('remove', '--yes'), { code: 1, stderr: 'is another plugin' });
    t.equal(readFileSync(plugin, 'utf8'), '#!/bin/sh\n');
    t.match(await manage('install', '--replace'), { code: 0 });
  });

  await t.test('Docker shows its help and its completions', async (t) => {
    for (const words of [
      ['mcp', '--help'],
      ['help', 'mcp'],
    ])
      t.match((await docker(words)).stdout, /Usage: docker mcp .*\n(?:.*\n)+ +server +/, words.join(' '));
    t.match((await docker(['mcp', 'server', 'enable', '--help'])).stdout, '--auto-start');
    // Docker 20 does not ask its plugins, later versions do.
    const { stdout } = await promisify(execFile)(plugin, ['__complete', 'mcp', 'server', 'en'], {
      env: { ...process.env, ...env },
    });
    t.match(stdout, /^enable\t.+\n:4\n$/);
    t.match(await docker(['mcp', 'nonsense']), { code: 2, stderr: "unknown command 'nonsense'" });
  });

  await t.test('lists and states are the answers of the API', async (t) => {
    t.same(await json('server', 'list', '--format', 'json'), await api('GET', '/servers?limit=100'));
    const words = ['--catalog', 'predefined', '--category', 'reasoning', '--search', 'think'];
    t.same(
      await json('server', 'list', '--format', 'json', ...words),
      await api('GET', '/servers?limit=100&catalog_type=predefined&category=reasoning&search=think'),
    );
    // Each filter by itself leaves other servers out.
    for (const [option, value] of [
      ['catalog', 'custom'],
      ['category', 'reasoning'],
      ['search', 'think'],
    ] as const) {
      const query = `${option === 'catalog' ? 'catalog_type' : option}=${value}`;
      const found = await json('server', 'list', '--format', 'json', `--${option}`, value);
      t.same(found, await api('GET', `/servers?limit=100&${query}`), query);
    }
    t.match(await mcp('server', 'list'), /^sequential-thinking +no +stopped +predefined/m);
    t.same(await json('server', 'inspect', server, '--format', 'json'), await api('GET', `/servers/${server}`));
    t.match(await mcp('server', 'inspect', server), /^user_config\.container_state +stopped$/m);
    const { metrics: _, ...status } = await api('GET', '/status');
    t.match(await json('system', 'info', '--format', 'json'), status);
    const { version, checks } = await api('GET', '/health');
    t.match(await json('version', '--format', 'json'), { status: 'healthy', version, checks });
  });

  await t.test('a server is enabled, followed, restarted and disabled', async (t) => {
    const config = file('enable.json', { config: { restart_policy: 'on-failure', auto_start: false } });
    const begun = await json('server', 'enable', server, '--config-file', config, '--auto-start');
    t.match(begun, { message: 'Server enabling in progress', operation_id: /^op_/ });
    t.match((await over(begun.operation_id)).body, { status: 'completed' });
    t.match(await stateOf(), { enabled: true, config_metadata: { auto_start: true, restart_policy: 'on-failure' } });

    const lines = (await mcp('server', 'logs', server, '--lines', '3')).trimEnd().split('\n');
    const { logs } = await api('GET', `/servers/${server}/logs?lines=3`);
    const rows = logs.map((one: { timestamp: string; level: string; message: string }) =>
      [one.timestamp, one.level, one.message].join(' '),
    );
    t.same(
      lines.map((line) => line.replace(/ +/g, ' ')),
      rows.map((row: string) => row.replace(/ +/g, ' ')),
    );
    const since = await mcp('server', 'logs', server, '--since', new Date(Date.now() + 3_600_000).toISOString());
    t.equal(since, '');
    // Ctrl-C reaches all processes of a terminal: here those of a group.
    const follow = spawn('docker', ['mcp', 'server', 'logs', server, '--lines', '1', '--follow'], {
      env: { ...process.env, ...env },
      detached: true,
    });
    const ended = new Promise((resolve) => follow.once('exit', resolve));
    const interrupt = () => follow.exitCode ?? process.kill(-(follow.pid ?? 0), 'SIGINT');
    t.teardown(interrupt);
    let followed = '';
    follow.stdout.on('data', (chunk) => {
      followed += chunk;
    });
    await wait('the first line is there', () => followed.includes('\n'));
    const seen = followed.length;
    await over((await json('server', 'restart', server)).operation_id);
    await wait('lines of the restart follow', () => followed.length > seen);
    interrupt();
    t.equal(await ended, 130);

    t.match(await over((await json('server', 'disable', server, '--force')).operation_id), {
      body: { status: 'completed' },
    });
    t.match(await stateOf(), { enabled: false, container_state: 'stopped' });
    const bulk = await json(
      'server',
      'bulk',
      'enable',
      '--servers',
      server,
      '--config-file',
      file('bulk.json', { auto_start: false }),
    );
    t.match(bulk, { total_servers: 1, status: 'processing', operation_id: /^bulk_op_/ });
    await over(bulk.operation_id);
    t.match(await stateOf(), { enabled: true, config_metadata: { auto_start: false } });
    const both = await json('server', 'bulk', 'disable', '--servers', `${server},memory`);
    t.match(both, { total_servers: 2 });
    await over(both.operation_id);
  });

  await t.test('the configuration is shown, changed, exported and imported', async (t) => {
    t.same(await json('config', 'get', '--format', 'json'), await api('GET', '/config'));
    t.match(await mcp('config', 'get'), /^preferences\.theme +system$/m);
    const dark = { preferences: { theme: 'dark' } };
    t.match(await json('config', 'set', '--config-file', file('set.json', dark)), {
      message: 'Configuration updated successfully',
    });
    t.match(await api('GET', '/config'), dark);
    const { exported_at: _, ...exported } = await api('GET', '/config/export');
    t.match(await json('config', 'export'), exported);
    const yaml = await mcp('config', 'export', '--format', 'yaml');
    t.match(yaml, /^version: "1\.0"$/m);
    await api('PUT', '/config', { preferences: { theme: 'light' } });
    const imported = await docker(['mcp', 'config', 'import', '--config-file', '-'], { input: yaml });
    t.match(JSON.parse(imported.stdout), { message: 'Configuration imported successfully', errors: { length: 0 } });
    t.match(await api('GET', '/config'), dark);
  });

  await t.test('a custom server is added, changed and removed', async (t) => {
    const added = await json(
      'catalog',
      'add',
      '--definition-file',
      file('add.json', { name: 'mine', image: 'acme/mine:1' }),
    );
    t.match(added, { name: 'mine', catalog_type: 'custom' });
    t.match(await api('GET', '/servers/mine'), { id: added.id, image: 'acme/mine:1' });
    const update = ['catalog', 'update', 'mine', '--definition-file', file('update.json', { description: 'changed' })];
    t.same(await json(...update), { message: 'Custom server updated successfully' });
    t.match(await api('GET', '/servers/mine'), { description: 'changed' });
    t.equal(await mcp('catalog', 'remove', 'mine'), '');
    t.equal((await hub.call('GET', `${base}/servers/mine`)).status, 404);
  });

  await t.test('refusals and mistakes have their sentence and exit code', async (t) => {
    const { user_id: own } = await api('GET', '/config');
    t.equal((await docker(['mcp', 'server', 'list', '--user', own])).code, 0);
    const other = await docker(['mcp', 'server', 'list', '--user', 'another']);
    t.match(other, { code: 4, stderr: `the key belongs to user ${own}` });
    t.match(await docker(['mcp', 'server', 'inspect', 'none']), { code: 5, stderr: /^roundhouse: .+\n$/ });
    t.match(await docker(['mcp', 'config', 'set', '--config-file', '-'], { input: 'text' }), {
      code: 2,
      stderr: '--config-file: expected an object in JSON or YAML',
    });
    t.match(await docker(['mcp', 'server', 'list'], { more: { ROUNDHOUSE_API_KEY: 'wrong' } }), { code: 4 });
    t.match(await docker(['--log-level', 'error', 'mcp', 'server', 'bulk', 'nonsense', '--servers', server]), {
      code: 1,
      stderr: 'operation',
    });
  });
}
