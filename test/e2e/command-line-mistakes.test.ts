import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type ClientRequest, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { version } from '../../hub/host/package.js';
import { makeCertificate } from '../kit/certificate.js';
import { bin } from '../kit/program.js';
import { ADMIN_KEY, commandLine, everything, roundhouse, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

t.test('help lists every command, the agent among them, and tells of it', async (t) => {
  const all = await roundhouse(t, ['--help']);
  t.match(all.stdout, /^ {2}agent .*'agent run' runs one/m);
  const agent = await roundhouse(t, ['help', 'agent']);
  t.equal(agent.code, 0);
  t.match(agent.stdout, /Usage: roundhouse agent[\s\S]*run an agent/);
  for (const words of [
    ['agent', 'run', '--help'],
    ['help', 'agent', 'run'],
  ])
    t.match((await roundhouse(t, words)).stdout, '--token-file');
  t.match((await roundhouse(t, ['help', 'hub'])).stdout, '--agent-listen');
});

t.test('a data folder that a running hub has is named in one line', async (t) => {
  const hub = await startHub(t);
  const inUse = /^roundhouse: .* is in use by another hub \(process \d+\)\n$/;
  const env = { ROUNDHOUSE_LISTEN: '127.0.0.1:0', ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0' };
  const second = await roundhouse(t, ['hub', '--data', hub.data], { env });
  t.equal(second.code, 1);
  t.match(second.stderr, inUse);

  const restored = await roundhouse(t, ['restore', everything, '--data', hub.data]);
  t.equal(restored.code, 1);
  t.match(restored.stderr, inUse);
});

t.test('a missing or invalid backup is named in one line', async (t) => {
  const folder = tempFolder(t);
  const wrong = await roundhouse(t, ['restore', everything, '--data', folder]);
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /^roundhouse: not a backup of Roundhouse[^\n]*\n$/);
  const absent = await roundhouse(t, ['restore', join(folder, 'none.backup'), '--data', folder]);
  t.equal(absent.code, 1);
  t.match(absent.stderr, /^roundhouse: [^\n]*none\.backup[^\n]*\n$/);
});

t.test('a key that is narrowed to a missing site or tool is made, with a warning', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub, 'berlin');
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  const id = await hub.connectServer({ name: 'files', transport });
  const create = (...more: string[]) =>
    roundhouse(t, ['key', 'create', '--name', 'narrow', ...more, '--url', hub.url, '--key', ADMIN_KEY]);

  const wrong = await create('--sites', 'berlim', '--tools', 'ecko');
  t.equal(wrong.code, 0);
  t.match(wrong.stdout, /^mcp_\S+\n$/, 'standard output is the key only');
  for (const named of ["site 'berlim'", "tool 'ecko'"])
    t.match(wrong.stderr, new RegExp(`^roundhouse: warning: .*${named}`, 'm'));

  const missing = await create('--servers', 'nothere');
  t.match(missing, { code: 5, stdout: '', stderr: "--servers: the hub has no server 'nothere'" }, 'no key is made');

  const right = await create('--sites', 'berlin', '--servers', 'files', '--tools', 'echo');
  t.equal(right.stderr, '');
  const { body } = await hub.call('GET', '/api/servers', undefined, right.stdout.trim());
  t.match(body.data, [{ id }], 'a server is found by its name');
});

t.test('a duration needs its unit', async (t) => {
  for (const args of [
    ['key', 'create', '--name', 'ci', '--expires', '90'],
    ['token', 'create', '--site', 'berlin', '--ttl', '90'],
  ]) {
    const { code, stderr } = await roundhouse(t, args);
    t.equal(code, 2);
    t.match(stderr, /'90' is invalid.*90s, 15m, 24h or 7d/);
  }
});

t.test('a key is revoked by its name where one key has it', async (t) => {
  const hub = await startHub(t);
  const at = ['--url', hub.url, '--key', ADMIN_KEY];
  const create = async (name: string) => (await roundhouse(t, ['key', 'create', '--name', name, ...at])).stdout.trim();
  const key = await create('alone');
  t.equal((await roundhouse(t, ['key', 'revoke', 'alone', ...at])).code, 0);
  t.equal((await hub.call('GET', '/api/servers', undefined, key)).status, 401);

  const twins = [await create('twin'), await create('twin')];
  const unsure = await roundhouse(t, ['key', 'revoke', 'twin', ...at]);
  t.equal(unsure.code, 1);
  t.match(unsure.stderr, /several keys are named 'twin': give an id of \S+, \S+/);
  for (const one of twins) t.equal((await hub.call('GET', '/api/servers', undefined, one)).status, 200);

  const unknown = await roundhouse(t, ['key', 'revoke', 'nobody', ...at]);
  t.equal(unknown.code, 5);
  t.match(unknown.stderr, /'nobody' not found: 'roundhouse key list'/);
});

t.test('an address that is taken is named in one line', async (t) => {
  const hub = await startHub(t);
  const taken = { ROUNDHOUSE_LISTEN: new URL(hub.url).host, ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0' };
  const http = await roundhouse(t, ['hub', '--data', tempFolder(t)], { env: taken });
  t.equal(http.code, 1);
  t.match(http.stderr, new RegExp(`^roundhouse: cannot listen on ${taken.ROUNDHOUSE_LISTEN}: is it in use\\?$`, 'm'));
  t.notMatch(http.stderr, /at .*\.js:/, 'no stack');

  const other = { ROUNDHOUSE_LISTEN: '127.0.0.1:0', ROUNDHOUSE_AGENT_LISTEN: hub.agentAddress };
  const agents = await roundhouse(t, ['hub', '--data', tempFolder(t)], { env: other });
  t.equal(agents.code, 1);
  t.match(agents.stderr, /^roundhouse: cannot listen for agents on /m);
  t.notMatch(agents.stderr, /at .*\.js:/, 'no stack');
});

t.test('a caller without permission learns which role is needed', async (t) => {
  const hub = await startHub(t);
  const made = await roundhouse(t, [
    'key',
    'create',
    '--name',
    'low',
    '--role',
    'viewer',
    '--url',
    hub.url,
    '--key',
    ADMIN_KEY,
  ]);
  const { status, body } = await hub.call('GET', '/api/keys', undefined, made.stdout.trim());
  t.equal(status, 403);
  t.match(body, {
    error: 'Insufficient permissions: this needs role admin',
    details: { permission: 'key.manage', requiredRole: 'admin' },
  });
});

/** A key, so that a command gets as far as calling the hub. */
const withKey = ['--key', ADMIN_KEY];

t.test('an address that is not a hub, or has another port or protocol, is named in one line', async (t) => {
  const hub = await startHub(t);
  const { host } = new URL(hub.url);
  const told = async (args: readonly string[], env = {}, expected = 3) => {
    const { code, stderr } = await roundhouse(t, ['key', 'list', ...args, ...withKey], { env });
    t.equal(code, expected);
    t.match(stderr, /^roundhouse: [^\n]*\n$/, 'one line');
    return stderr;
  };
  const noAddress = /is not the address of a hub: give --hub http:\/\/HOST:PORT/;
  t.match(await told(['--hub', host], {}, 2), noAddress);
  t.match(await told(['--url', 'notaurl'], {}, 2), noAddress);
  t.match(await told([], { ROUNDHOUSE_URL: host }, 2), noAddress);
  t.match(await told(['--hub', `https://${host}`]), `https://${host} speaks plain HTTP: use http://`);
  for (const scheme of ['http', 'https'])
    t.match(await told(['--hub', `${scheme}://${hub.agentAddress}`]), /is the hub's port for agents/);
  const { cert, key } = makeCertificate(tempFolder(t));
  const secure = await startHub(t, { env: { ROUNDHOUSE_TLS_CERT: cert, ROUNDHOUSE_TLS_KEY: key } });
  const { host: secureHost } = new URL(secure.url);
  t.match(await told(['--hub', `http://${secureHost}`]), `http://${secureHost} speaks HTTPS: use https://`);
  const other = createServer((_, response) => response.writeHead(404).end('<html>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const port = (other.address() as AddressInfo).port;
  t.match(await told(['--hub', `http://127.0.0.1:${port}`]), /is not a Roundhouse hub: it answered 404/);
});

t.test('a hub whose answers have another form is named in one line', async (t) => {
  let answer: unknown;
  const other = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const cli = commandLine(t, { url });
  for (answer of [
    { success: true, data: [null] },
    { success: true, data: {} },
    { success: true, data: null },
  ])
    for (const words of [
      ['status'],
      ['server', 'list'],
      ['key', 'list'],
      ['site', 'show', 'a'],
      ['export'],
      ['event'],
    ]) {
      const { code, stdout, stderr } = await cli.run(words);
      t.match({ code, stdout }, { code: 3, stdout: '' }, words.join(' '));
      t.match(stderr, /^roundhouse: http:[^\n]*\n$/, 'one line');
      t.match(stderr, url);
    }
});

t.test('a stream of another form, or without an end, is named in one line', async (t) => {
  let body = '';
  let isEndless = false;
  const other = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const go = () => {
      while (isEndless && response.write(body)) if (response.destroyed) return;
    };
    response.on('drain', go).write(body);
    if (isEndless) go();
    else response.end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    other.closeAllConnections();
    other.close();
  });
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const call = () => commandLine(t, { url }).run(['tool', 'call', 'echo']);
  for (body of ['event: result\ndata: rubbish\n\n', 'event: result\ndata: {"data":null}\n\n', 'data: 1\n\n'])
    t.match(await call(), { code: 3, stdout: '', stderr: `roundhouse: ${url} is not a Roundhouse hub` }, body);
  body = 'x'.repeat(1_000_000);
  isEndless = true;
  const stderr = `roundhouse: ${url}: An event of the stream is longer than 67108864 bytes, the most that this program reads\n`;
  t.match(await call(), { code: 1, stdout: '', stderr });
});

t.test('a defect of a command is not told as an answer that cannot be read', async (t) => {
  const health = { status: 'healthy', version, timestamp: new Date().toISOString() };
  const other = createServer(({ url }, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(url?.endsWith('/health') ? health : { success: true, data: [null] })),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const cli = commandLine(t, { url });
  await t.rejects(cli.run(['server', 'list']), TypeError, 'a hub of the same version gives answers that can be read');
});

t.test('an output that is not written whole is a failure', async (t) => {
  const file = join(tempFolder(t), 'schema.json');
  const shell = (script: string) =>
    spawnSync('bash', ['-c', script, file, process.execPath, bin, 'export', '--schema'], { encoding: 'utf8' });
  t.match(shell('"$@" > /dev/full'), {
    status: 1,
    stderr: 'roundhouse: the output is not complete: the disk is full\n',
  });
  // The file takes the first block of the text.
  const cut = shell(`trap '' XFSZ; ulimit -f 1; "$@" > "$0"`);
  t.match(cut, { status: 1, stderr: /^roundhouse: the output is not complete: [^\n]*\n$/ });
  t.match(shell('"$@" > "$0"'), { status: 0, stderr: '' });
  t.match(JSON.parse(readFileSync(file, 'utf8')), { title: 'A Roundhouse fleet' });
});

t.test('a command repeats nothing at a hub that cannot be reached', async (t) => {
  const host = '127.0.0.1:1';
  const requests: string[] = [];
  const note = (message: unknown) => {
    const { request } = message as { readonly request: ClientRequest };
    if (request.getHeader('host') === host) requests.push(request.path);
  };
  subscribe('http.client.request.start', note);
  t.teardown(() => unsubscribe('http.client.request.start', note));
  const cli = commandLine(t, { url: `http://${host}` });
  const fleet = 'apiVersion: roundhouse/v1\ngroups: {a: {}}';
  for (const words of [['export'], ['plan', '-f', '-'], ['apply', '-f', '-', '--yes'], ['status']]) {
    requests.length = 0;
    t.match(await cli.run(words, { input: fleet }), { code: 3, stderr: `no hub answers at http://${host}` });
    t.same(requests, [...new Set(requests)], words.join(' '));
    t.not(requests.length, 0);
  }
});

t.test('--hub and --url are one option', async (t) => {
  const hub = await startHub(t);
  for (const option of ['--hub', '--url'])
    t.match((await roundhouse(t, ['key', 'list', option, hub.url, ...withKey])).stdout, /first-key/, option);
});

t.test('a backup replaces no file, unless it is forced to', async (t) => {
  const hub = await startHub(t);
  const folder = tempFolder(t, { 'kept.backup': 'an earlier backup' });
  const file = join(folder, 'kept.backup');
  const backup = (...args: string[]) => roundhouse(t, ['backup', ...args, '--hub', hub.url, ...withKey]);
  const refused = await backup(file);
  t.match(refused, { code: 1, stdout: '', stderr: `roundhouse: ${file} is there already: choose another name, or` });
  t.equal(readFileSync(file, 'utf8'), 'an earlier backup');
  t.match(await backup(file, '--force'), { code: 0, stdout: `${file}\n` });
  t.not(readFileSync(file, 'latin1'), 'an earlier backup');
  const failed = await roundhouse(t, ['backup', join(folder, 'none'), '--hub', hub.url, '--key', 'wrong']);
  t.equal(failed.code, 4, 'the hub refuses the key');
  t.same(readdirSync(folder), ['kept.backup'], 'a backup that failed leaves nothing behind');
});

t.test('a backup is written to no file that another user of the folder has made', async (t) => {
  const hub = await startHub(t);
  const folder = tempFolder(t);
  const [file, target] = [join(folder, 'copy.backup'), join(folder, 'other')];
  writeFileSync(target, 'kept');
  symlinkSync(target, `${file}.part`);
  t.equal((await roundhouse(t, ['backup', file, '--url', hub.url, '--key', ADMIN_KEY])).code, 0);
  t.equal(readFileSync(target, 'utf8'), 'kept');
  const made = lstatSync(file);
  t.ok(made.isFile());
  t.equal(made.mode & 0o777, 0o600);
});

t.test('files and folders that cannot be used are named in one line', async (t) => {
  const folder = tempFolder(t, { file: '' });
  const none = join(folder, 'none');
  const file = join(folder, 'file');
  const agent = (...args: string[]) => ['agent', '--data', join(folder, 'agent'), ...args];
  for (const [args, told] of [
    [['restore', none, '--data', join(folder, 'data')], `there is no file or folder ${none}`],
    [['hub', '--config', none], `there is no file or folder ${none}`],
    [['hub', '--data', file], `${file} is a file; a folder is needed`],
    [['backup', join(none, 'x'), ...withKey], `there is no file or folder ${join(none, 'x')}`],
    [agent('--token-file', none), `--token-file: there is no file or folder ${none}`],
    [agent('--config', none), `there is no file or folder ${none}`],
    [agent(), `no agent has enrolled in ${join(folder, 'agent')} yet`],
    [['agent', '--data', file], `${file} is a file; a folder is needed`],
  ] as const) {
    const env = { ROUNDHOUSE_LISTEN: '127.0.0.1:0', ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0' };
    const { code, stderr } = await roundhouse(t, args, { env });
    t.equal(code, 1, args.join(' '));
    t.match(stderr, /^roundhouse: [^\n]*\n$/);
    t.match(stderr, told);
  }
  t.notOk(existsSync(join(folder, 'data')), 'a backup that is not there leaves no data folder behind');
});

t.test('a hub that cannot listen leaves no data folder behind', async (t) => {
  const hub = await startHub(t);
  const data = join(tempFolder(t), 'new');
  const env = { ROUNDHOUSE_LISTEN: new URL(hub.url).host, ROUNDHOUSE_AGENT_LISTEN: '127.0.0.1:0' };
  const { code } = await roundhouse(t, ['hub', '--data', data], { env });
  t.equal(code, 1);
  t.notOk(existsSync(data));
});

t.test('up tells of itself, and which argument it cannot read', async (t) => {
  const up = fileURLToPath(new URL('../../deploy/local/up.mjs', import.meta.url));
  const run = (...args: string[]) => spawnSync(process.execPath, [up, ...args], { encoding: 'utf8' });
  t.match(run('--help'), { status: 0, stdout: /^Usage: roundhouse up / });
});
