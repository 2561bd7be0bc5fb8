import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { ADMIN_KEY, everything, roundhouse, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

t.test('keys: made, listed, revoked', async (t) => {
  const hub = await startHub(t);
  const at = ['--url', hub.url, '--key', ADMIN_KEY];
  const made = await roundhouse(t, [
    'key',
    'create',
    '--name',
    'ci',
    '--role',
    'viewer',
    '--tier',
    'pro',
    '--expires',
    '1h',
    ...at,
  ]);
  t.equal(made.code, 0, made.stderr);
  t.match(made.stdout, /^mcp_\S+\n$/, 'prints nothing but the key');
  const key = made.stdout.trim();
  t.equal((await hub.call('GET', '/api/servers', undefined, key)).status, 200);

  const listed = await roundhouse(t, ['key', 'list', ...at]);
  const row = listed.stdout.split('\n').find((line) => line.includes(' ci '));
  t.match(row, /viewer\s+pro/);
  const id = row?.split(/\s+/)[0] ?? '';
  t.equal((await roundhouse(t, ['key', 'revoke', id, ...at])).code, 0);
  t.equal((await hub.call('GET', '/api/servers', undefined, key)).status, 401, 'refused at once');

  const again = await roundhouse(t, ['key', 'revoke', id, ...at]);
  t.equal(again.code, 5);
  t.match(again.stderr, /not found/);
  t.notMatch(again.stderr, /at .*\.js:/, 'no stack');
});

t.test('without a key the command takes the key in the data folder', async (t) => {
  const hub = await startHub(t);
  const key = await stat(join(hub.data, 'first-key'));
  t.equal(key.mode & 0o777, 0o600);
  const listed = await roundhouse(t, ['key', 'list', '--url', hub.url, '--data', hub.data]);
  t.match(listed.stdout, /first-key/);
  const env = { ROUNDHOUSE_LISTEN: new URL(hub.url).host, ROUNDHOUSE_DATA: hub.data };
  const local = await roundhouse(t, ['key', 'list'], { env });
  t.match(local.stdout, /first-key/, 'and the hub that the settings name');
});

t.test('the key in the usual data folder goes to the hub of that folder only', async (t) => {
  const hub = await startHub(t);
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(String(request.url));
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const env = { ROUNDHOUSE_DATA: hub.data };
  const elsewhere = await roundhouse(t, ['key', 'list', '--url', `http://127.0.0.1:${port}`], { env });
  t.match([elsewhere.code, elsewhere.stderr], [4, `is a key of the hub ${hub.url}, not of http://127.0.0.1:${port}`]);
  t.same(asked, [], 'the other hub is asked nothing');
  const everywhere = tempFolder(t, { 'first-key': 'some-key', address: 'http://0.0.0.0:1' });
  const far = await roundhouse(t, ['key', 'list', '--url', hub.url], { env: { ROUNDHOUSE_DATA: everywhere } });
  t.match(far, { code: 4, stderr: 'give --hub http://127.0.0.1:1,' });
  const named = hub.url.replace('127.0.0.1', 'localhost');
  t.match((await roundhouse(t, ['key', 'list', '--url', named], { env })).stdout, /first-key/, named);
  await roundhouse(t, ['key', 'list', '--url', `http://127.0.0.1:${port}`, '--data', hub.data]);
  t.equal(asked.length, 1, 'unless the command names the folder');
});

t.test('--data names the hub of the folder and its key, and no key of another hub goes there', async (t) => {
  const hub = await startHub(t);
  const env = { ROUNDHOUSE_API_KEY: 'mcp_key_of_another_hub' };
  t.match(await roundhouse(t, ['key', 'list', '--data', hub.data], { env }), { code: 0, stdout: /first-key/ });
  const other = await startHub(t);
  const groups = ['group', 'list', '--quiet', '--data', hub.data];
  t.match(await roundhouse(t, groups), { code: 0, stdout: /^$/ });
  const named = await roundhouse(t, groups, { env: { ROUNDHOUSE_URL: other.url } });
  t.match(named, { code: 4, stdout: '', stderr: `not of ${other.url}` }, "a variable takes the folder's key nowhere");
  const taken = { ROUNDHOUSE_DATA: hub.data, ROUNDHOUSE_URL: other.url };
  const refused = await roundhouse(t, ['key', 'list'], { env: taken });
  t.match(refused, { code: 4, stderr: `not of ${other.url}: give --hub ${hub.url}, or a key` });
});

t.test('users: made and given a password, read from standard input', async (t) => {
  const hub = await startHub(t);
  const at = ['--url', hub.url, '--key', ADMIN_KEY];
  const signIn = (password: string) => hub.call('POST', '/api/v1/auth/token', { username: 'ann', password }, null);
  const made = await roundhouse(t, ['user', 'create', 'ann', '--role', 'operator', ...at], {
    input: 'first password\n',
  });
  t.equal(made.code, 0, made.stderr);
  const { body } = await signIn('first password');
  t.equal((await hub.call('GET', '/api/servers', undefined, body.access_token)).status, 200);
  t.equal((await hub.call('GET', '/api/keys', undefined, body.access_token)).status, 403, 'with the role asked for');

  await roundhouse(t, ['user', 'password', 'ann', ...at], { input: 'second password\n' });
  t.equal((await signIn('first password')).status, 401);
  t.equal((await signIn('second password')).status, 200);
  t.equal((await hub.call('GET', '/api/servers', undefined, body.access_token)).status, 401, 'earlier sign-ins end');

  const short = await roundhouse(t, ['user', 'create', 'bob', ...at], { input: 'short\n' });
  t.equal(short.code, 1);
  t.match(short.stderr, /password/);
});

t.test('a backup of a live hub is restored into another folder', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const secret = 'a-secret-of-the-server';
  const transport = { type: 'stdio', command: process.execPath, args: [everything], env: { TOKEN: secret } };
  const serverId = await hub.connectServer({ name: 'kept', transport });
  const file = join(hub.data, 'copy.backup');
  const at = ['--url', hub.url, '--key', ADMIN_KEY];
  const made = await roundhouse(t, ['backup', file, '--with-sealing-key', ...at]);
  t.equal(made.code, 0, made.stderr);
  t.notOk((await readFile(file)).includes(secret), 'secrets are not in it in the clear');

  const elsewhere = join(hub.data, 'elsewhere');
  const restored = await roundhouse(t, ['restore', file, '--data', elsewhere]);
  t.equal(restored.code, 0, restored.stderr);
  const twin = await startHub(t, { data: elsewhere });
  t.match((await twin.call('GET', `/api/servers/${serverId}`)).body, { data: { name: 'kept' } });

  const [third, keyFile] = [join(hub.data, 'third'), join(hub.data, 'keys.key')];
  const env = { ROUNDHOUSE_SEALING_KEY_FILE: keyFile };
  const apart = await roundhouse(t, ['restore', file, '--data', third], { env });
  t.match(apart.stderr, `the sealing key is in ${keyFile}`);
  t.same([existsSync(keyFile), existsSync(join(third, 'sealing.key'))], [true, false]);

  const twice = await roundhouse(t, ['restore', file, '--data', hub.data]);
  t.equal(twice.code, 1, 'a store that holds something is not overwritten');
});

t.test('a hub that does not answer is reported as such', async (t) => {
  const { code, stderr } = await roundhouse(t, ['key', 'list', '--url', 'http://127.0.0.1:1', '--key', 'x']);
  t.equal(code, 3);
  t.match(stderr, /^roundhouse: no hub answers at http:\/\/127.0.0.1:1/);
});
