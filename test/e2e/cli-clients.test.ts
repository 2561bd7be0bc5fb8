// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the clients' files
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import t from 'tap';
import { ADMIN_KEY, commandLine, everything, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const roundhouse = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));
const hub = await startHub(t);
await startAgent(t, hub, 'berlin');
const person = commandLine(t, hub, { isTerminal: true });
const program = commandLine(t, hub);
const run = { command: process.execPath, args: [everything] };

/** A file of each client, in the form of its documentation. */
const files = {
  'claude_desktop_config.json': {
    mcpServers: { 'from-claude': { ...run, env: { TOKEN: 'claude-secret' } } },
    globalShortcut: 'Ctrl+Space',
  },
  '.mcp.json': { mcpServers: { 'from-code': { type: 'stdio', ...run, env: { TOKEN: '${MY_TOKEN:-code-secret}' } } } },
  'cursor.json': {
    mcpServers: {
      'from-cursor': { url: 'http://127.0.0.1:1/mcp', headers: { Authorization: 'Bearer ${env:MY_TOKEN}' } },
    },
  },
  'vscode.json': {
    inputs: [{ type: 'promptString', id: 'token', description: 'Token of the service', password: true }],
    servers: { 'from-vscode': { type: 'stdio', ...run, env: { TOKEN: '${input:token}' } } },
  },
  'mcp_config.json': { mcpServers: { 'from-windsurf': { serverUrl: 'http://127.0.0.1:1/sse', headers: {} } } },
};

t.test('the servers of the five clients are imported, and their secrets are sealed and printed nowhere', async (t) => {
  const folder = tempFolder(
    t,
    Object.fromEntries(Object.entries(files).map(([name, content]) => [name, JSON.stringify(content)])),
  );
  const env = { MY_TOKEN: 'variable-secret' };
  let printed = '';
  for (const file of Object.keys(files)) {
    const words = ['server', 'import', join(folder, file), '--site', 'berlin'];
    const preview = await person.run([...words, '--preview'], { env });
    t.match(preview, { code: 0, stdout: /^from-\w+ +add/m }, file);
    const imported = await program.run([...words, '--yes', '--json'], { env, input: 'input-secret\n' });
    t.equal(imported.code, 0, imported.stderr);
    printed += preview.stdout + preview.stderr + imported.stdout + imported.stderr;
  }
  const listed = await program.run(['server', 'list', '--json']);
  const names = JSON.parse(listed.stdout).map(({ name }: { name: string }) => name);
  t.same(names.sort(), ['from-claude', 'from-code', 'from-cursor', 'from-vscode', 'from-windsurf']);
  t.notMatch(printed + listed.stdout, /(?:claude|code|variable|input)-secret/);
  await program.json('server', 'connect', 'from-vscode');
  const own = await program.run(['tool', 'call', 'get-env', '--server', 'from-vscode', '--json']);
  t.match(JSON.parse(own.stdout).content[0].text, /"TOKEN"/, 'the server has its variable');

  const again = await person.run(['server', 'import', join(folder, '.mcp.json'), '--yes']);
  t.match(again.stdout, /from-code +skip .*a server of this name is there/);
  t.match(again.stderr, 'nothing to import');
});

t.test('files of variables, folders and OAuth clients of the clients are understood', async (t) => {
  const folder = tempFolder(t, {
    '.env': 'FROM_FILE=file-secret\nBOTH=of the file\n',
    'token.txt': 'token-secret\n',
    '.vscode': {
      'mcp.json': JSON.stringify({
        inputs: [
          {
            type: 'pickString',
            id: 'region',
            description: 'Region',
            options: ['eu', { label: 'America', value: 'us' }],
          },
          { type: 'promptString', id: 'key', description: 'Key', password: true },
          { type: 'command', id: 'made', command: 'extension.makeKey' },
        ],
        servers: {
          'vscode-full': {
            ...run,
            args: [everything, '--root', '${workspaceFolder}/data', '--region=${input:region}'],
            envFile: '${workspaceFolder}/.env',
            env: { BOTH: 'of the entry', GONE: null },
          },
          'vscode-open': { command: 'x', args: ['--key', '${input:key}'] },
          'vscode-command': { command: 'x', env: { A: '${input:made}' } },
          'vscode-folder': { command: 'x', cwd: '${workspaceFolder}' },
          'vscode-no-file': { command: 'x', envFile: 'none.env' },
        },
      }),
    },
    '.cursor': {
      'mcp.json': JSON.stringify({
        mcpServers: {
          'cursor-oauth': {
            url: 'https://127.0.0.1:1/mcp',
            auth: { CLIENT_ID: 'the-client', CLIENT_SECRET: '${env:MY_TOKEN}', scopes: ['read'] },
          },
          'cursor-home': { command: 'x', args: ['${userHome}${/}data', '${env:PLACE}'] },
        },
      }),
    },
    'mcp_config.json': JSON.stringify({
      mcpServers: {
        'windsurf-file': {
          url: 'http://127.0.0.1:1/mcp',
          headers: { Authorization: 'Bearer ${file:token.txt}' },
          disabledTools: ['a'],
        },
      },
    }),
    '.mcp.json': JSON.stringify({
      mcpServers: { 'code-helper': { type: 'http', url: 'https://127.0.0.1:1', headersHelper: '/opt/headers.sh' } },
    }),
  });
  const env = { MY_TOKEN: 'variable-secret', PLACE: 'shelf' };
  let printed = '';
  const take = async (file: string, input = '') => {
    const words = ['server', 'import', join(folder, file), '--site', 'berlin'];
    const preview = await program.run([...words, '--preview', '--json'], { env });
    const imported = await program.run([...words, '--yes', '--json'], { env, input });
    t.equal(imported.code, 0, imported.stderr);
    printed += preview.stdout + preview.stderr + imported.stdout + imported.stderr;
    return { plan: JSON.parse(preview.stdout), made: JSON.parse(imported.stdout) };
  };
  const { plan, made } = await take('.vscode/mcp.json', 'us\n');
  t.match(plan, [
    { name: 'vscode-full', action: 'add', source: /\$\{workspaceFolder\}/, secrets: ['FROM_FILE', 'BOTH'] },
    { name: 'vscode-open', action: 'skip', reason: /\$\{input:key\} is a secret, and the hub shows command lines/ },
    { name: 'vscode-command', action: 'skip', reason: /a command of VS Code gives/ },
    { name: 'vscode-folder', action: 'skip', reason: /'cwd'/ },
    { name: 'vscode-no-file', action: 'skip', reason: /'envFile' none\.env cannot be read/ },
  ]);
  t.equal(made.length, 1);
  t.same(made[0].transport.args.slice(1), ['--root', `${folder}/data`, '--region=us']);
  await program.json('server', 'connect', 'vscode-full');
  const own = await program.run(['tool', 'call', 'get-env', '--server', 'vscode-full', '--json']);
  t.match(JSON.parse(own.stdout).content[0].text, /"BOTH": ?"of the entry"/, 'an entry wins over its file');
  const cursor = await take('.cursor/mcp.json');
  t.match(cursor.plan, [{ secrets: ['clientSecret'] }, { source: /\$\{env:PLACE\}$/ }]);
  t.match(cursor.made[0].auth, { type: 'oauth2', clientId: 'the-client', scopes: ['read'], clientSecret: /^\*+$/ });
  t.same(cursor.made[1].transport.args, [`${program.home}/data`, 'shelf']);
  t.match(await take('mcp_config.json'), { made: [{ name: 'windsurf-file', transport: { type: 'http' } }] });
  t.match((await take('.mcp.json')).plan, [{ action: 'skip', reason: /'headersHelper'/ }]);
  t.notMatch(printed, /(?:file|token|variable)-secret/);
});

t.test('a file with comments is read, and servers that cannot be imported are named with the reason', async (t) => {
  const content = `{
    // a comment
    "servers": {
      "off": { "command": "x", "disabled": true },
      "unset": { "command": "x", "env": { "A": "\${env:NOT_SET}" } },
      "empty": {}, /* none */
      "hid\\u202eden": { "command": "x" },
      "fleet": { "command": "node", "args": ["/opt/agent/bin/roundhouse.mjs", "mcp", "--hub", "http://127.0.0.1:8080"] },
      "fleet-http": { "url": "${hub.url}/mcp?group=a" }
    }
  }`;
  const file = join(tempFolder(t, { 'mcp.json': content }), 'mcp.json');
  const { stdout } = await person.run(['server', 'import', file, '--preview']);
  t.match(stdout, /^off +skip .*it is disabled in the file/m);
  t.match(stdout, /^unset +skip .*NOT_SET is not set/m);
  t.match(stdout, /^hid\\u\{202e\}den +skip .*its name must have no control, direction/m);
  t.match(stdout, /^empty +skip .*it has neither a command nor an address/m);
  t.match(stdout, /^fleet +skip .*it is the hub itself/m);
  t.match(stdout, /^fleet-http +skip .*it is the hub itself/m);
  const wrong = await person.run(['server', 'import', '-'], { input: '{"other":1}' });
  t.match(wrong, { code: 1, stderr: "neither 'mcpServers' nor 'servers'" });
});

t.test('what the hub cannot do as the client does is refused or named, and never lost', async (t) => {
  const content = {
    mcpServers: {
      'code-oauth': {
        ...{ type: 'http', url: 'https://127.0.0.1:1/mcp', timeout: 5 },
        oauth: { clientId: 'known', scopes: 'read write', callbackPort: 8123 },
      },
      'cursor-no-client': { url: 'https://127.0.0.1:1/mcp', auth: { scopes: ['read'] } },
      nested: { command: 'x', env: { A: '${NOT_SET:-${HOME}}' } },
      config: { command: 'x', args: ['${config:editor.font}', '${command:pick}'] },
      shown: { command: 'x', args: ['--key', '${env:MY_TOKEN}'], disabledTools: ['drop'] },
      pigeon: { type: 'pigeon', url: 'https://127.0.0.1:1/mcp' },
      'command-http': { type: 'http', command: 'x' },
      'text-args': { command: 'x', args: '--a b' },
      'deep-env': { command: 'x', env: { A: { b: 'deep-secret' } } },
      'list-headers': { url: 'https://127.0.0.1:1/mcp', headers: ['X-A: b'] },
      socket: { type: 'http', url: 'unix:///run/x.sock' },
      both: { command: 'x', url: 'https://127.0.0.1:1/mcp' },
      'old-sse': { serverUrl: 'https://127.0.0.1:1/sse' },
      streamable: { type: 'streamable-http', url: 'https://127.0.0.1:1/sse' },
      takes: { url: 'https://127.0.0.1:1/mcp', headers: { 'X-A': '${file:key}', 'X-B': '${MY_TOKEN}' } },
      'takes-all': { command: 'x', envFile: '.env' },
    },
  };
  const files = { '.mcp.json': JSON.stringify(content), key: 'file-secret', '.env': 'A=env-secret' };
  const folder = tempFolder(t, files);
  const file = join(folder, '.mcp.json');
  const env = { MY_TOKEN: 'variable-secret' };
  const preview = await program.run(['server', 'import', file, '--preview', '--json'], { env });
  t.notMatch(preview.stdout + preview.stderr, /-secret/);
  const plan = new Map<string, { action: string; reason: string; warnings: string[]; transport: string }>(
    JSON.parse(preview.stdout).map((row: { name: string }) => [row.name, row]),
  );
  const refused = {
    'cursor-no-client': "its 'auth' names no OAuth client ('CLIENT_ID')",
    nested: '${NOT_SET:-${HOME}} has a placeholder within a placeholder',
    config: '${config:editor.font} has no meaning here; ${command:pick} has no meaning here',
    pigeon: "its type 'pigeon' is unknown: expected http, sse or ws",
    'command-http': "its type 'http' is not that of a command: expected stdio",
    'text-args': "its 'args' are no list",
    'deep-env': "the value of 'env.A' is no text",
    'list-headers': "its 'headers' is no object",
    socket: 'the hub does not connect to sockets in the file system',
  };
  for (const [name, reason] of Object.entries(refused)) t.match(plan.get(name), { action: 'skip', reason }, name);
  const warned = {
    'code-oauth': ["the hub has nothing like 'timeout', 'oauth.callbackPort': left out"],
    shown: [
      "the hub has nothing like 'disabledTools': left out",
      'the hub shows command lines and addresses, also the value of ${env:MY_TOKEN}',
      'the server gets from this machine: the variable MY_TOKEN',
    ],
    takes: [`the server gets from this machine: the file ${join(folder, 'key')}, the variable MY_TOKEN`],
    'takes-all': [`the server gets from this machine: the variables in ${join(folder, '.env')}`],
    both: ["the hub has nothing like 'url': left out"],
    streamable: [],
  };
  for (const [name, warnings] of Object.entries(warned)) t.match(plan.get(name), { action: 'add', warnings }, name);
  t.match(preview.stderr, "warning: both: the hub has nothing like 'url'", 'also on standard error');
  t.equal(plan.get('old-sse')?.transport, 'sse');
  t.equal(plan.get('streamable')?.transport, 'http');

  const only = ['--site', 'berlin', '--only', 'code-oauth', '--yes', '--json'];
  const [made] = JSON.parse((await program.run(['server', 'import', file, ...only])).stdout);
  t.match(made.auth, { type: 'oauth2', clientId: 'known', scopes: ['read', 'write'] });
});

t.test('an empty answer takes the default of a VS Code input', async (t) => {
  const content = {
    inputs: [{ type: 'promptString', id: 'area', description: 'Area', default: 'north' }],
    servers: { 'vscode-default': { command: 'x', args: ['${input:area}'] } },
  };
  const file = join(tempFolder(t, { 'mcp.json': JSON.stringify(content) }), 'mcp.json');
  const imported = await program.run(['server', 'import', file, '--site', 'berlin', '--yes', '--json'], {
    input: '\n',
  });
  t.same(JSON.parse(imported.stdout)[0].transport.args, ['north'], imported.stderr);
});

t.test("a user who keeps a key hears that it is an admin's, or that the hub refuses it", async (t) => {
  const user = commandLine(t, hub, { env: { ROUNDHOUSE_API_KEY: '' } });
  const add = (name: string, key: string, url = hub.url) =>
    user.run(['context', 'add', name, '--hub', url, '--json'], { input: `${key}\n` });
  t.match(await add('admin', ADMIN_KEY), { code: 0, stderr: /warning: this is the key of an admin/ });
  t.match(await add('typo', 'mcp_no_such_key'), { code: 0, stderr: `warning: ${hub.url} refuses this key` });
  t.match(await add('away', ADMIN_KEY, 'http://127.0.0.1:1'), { code: 0, stderr: /the key is not checked: no hub/ });
  const { key } = await program.json('key', 'create', '--name', 'narrow', '--role', 'operator');
  t.match(await add('narrow', key), { code: 0, stderr: '' });
  const setup = (context: string) => user.run(['client', 'setup', 'cursor', '--context', context, '--preview']);
  t.match((await setup('admin')).stderr, /warning: the key of the context 'admin': this is the key of an admin/);
  t.notMatch((await setup('narrow')).stderr, 'warning');
});

t.test('a context holds a hub and its key, and its key goes to no other hub', async (t) => {
  const other = await startHub(t, { env: { ROUNDHOUSE_API_KEY: 'mcp_key_of_another_hub' } });
  const user = commandLine(t, hub, { env: { ROUNDHOUSE_URL: '', ROUNDHOUSE_API_KEY: '' } });
  for (const [name, { url }, key] of [
    ['one', hub, ADMIN_KEY],
    ['two', other, 'mcp_key_of_another_hub'],
  ] as const) {
    const added = await user.run(['context', 'add', name, '--hub', url], { input: `${key}\n` });
    t.equal(added.code, 0, added.stderr);
    t.notMatch(added.stdout + added.stderr, key);
  }
  t.match(await user.json('context', 'list'), [
    { name: 'one', current: true },
    { name: 'two', current: false },
  ]);
  t.equal((await user.json('site', 'list')).length, 1, 'the first is the current one');
  t.same(await user.json('site', 'list', '--context', 'two'), []);
  t.equal((await user.run(['context', 'use', 'two'])).code, 0);
  t.same(await user.json('site', 'list'), []);
  const elsewhere = await user.run(['site', 'list', '--hub', hub.url]);
  t.match(elsewhere, { code: 4, stderr: 'no API key' }, 'the key of two is not sent to another hub');
  const env = { ROUNDHOUSE_URL: hub.url, ROUNDHOUSE_API_KEY: ADMIN_KEY };
  t.match(
    (await user.run(['site', 'list', '--quiet'], { env })).stdout,
    'berlin',
    'variables win over the current one',
  );
  t.equal(
    (await user.run(['site', 'list', '--context', 'two', '-q'], { env })).stdout,
    '',
    'an option wins over variables',
  );
  t.equal((await user.run(['context', 'remove', 'two'])).code, 0);
  t.match(await user.run(['site', 'list', '--context', 'two']), { code: 5, stderr: "there is no context 'two'" });
});

t.test('a client gets the hub without a key in its file, and the old file is kept', async (t) => {
  const user = commandLine(t, hub, { isTerminal: true, env: { ROUNDHOUSE_URL: '', ROUNDHOUSE_API_KEY: '' } });
  t.equal((await user.run(['client', 'setup', 'cursor', '--yes'])).code, 4, 'no key to name');
  await user.run(['context', 'add', 'one', '--hub', hub.url], { input: `${ADMIN_KEY}\n` });
  const file = join(tempFolder(t), 'mcp.json');
  const before = JSON.stringify({ mcpServers: { mine: { command: 'mine' } }, kept: true });
  writeFileSync(file, before);
  const setup = ['client', 'setup', 'cursor', '--file', file];

  const preview = await user.run([...setup, '--preview']);
  t.match(preview.stderr, '"mcp"');
  t.equal(readFileSync(file, 'utf8'), before, 'a preview changes nothing');
  t.equal((await user.run(setup, { input: 'n\n' })).code, 130);
  t.equal(readFileSync(file, 'utf8'), before, 'neither does no');

  t.equal((await user.run(setup, { input: 'y\n' })).code, 0);
  const text = readFileSync(file, 'utf8');
  t.match(JSON.parse(text), { kept: true, mcpServers: { mine: { command: 'mine' }, roundhouse: { args: Array } } });
  t.same(JSON.parse(text).mcpServers.roundhouse.args.slice(1), ['mcp', '--context', 'one']);
  t.notMatch(text, ADMIN_KEY);
  const [copy = ''] = readdirSync(join(file, '..')).filter((name) => name.endsWith('.backup'));
  t.equal(readFileSync(join(file, '..', copy), 'utf8'), before);
  t.equal(statSync(join(file, '..', copy)).mode & 0o777, 0o600, 'the copy may hold keys of other servers');
  t.match((await user.run([...setup, '--yes'])).stderr, 'has it already');

  writeFileSync(file, '// mine\n{}');
  t.match(await user.run([...setup, '--yes']), { code: 1, stderr: 'is not plain JSON' });
  t.equal(readFileSync(file, 'utf8'), '// mine\n{}');
});

t.test('without a context a client gets a key of role user of its own, and never the key of the admin', async (t) => {
  const data = tempFolder(t, { 'first-key': `${ADMIN_KEY}\n`, address: `${hub.url}\n` });
  const user = commandLine(t, hub, { isTerminal: true, env: { ROUNDHOUSE_API_KEY: '', ROUNDHOUSE_DATA: data } });
  const made = async () => (await person.json('key', 'list')).filter(({ name }: { name: string }) => name === 'Cursor');
  const preview = await user.run(['client', 'setup', 'cursor', '--preview']);
  t.match(preview, { code: 0, stderr: "Cursor uses a new key of role user, in the new context 'cursor'." });
  t.same(await made(), [], 'a preview makes no key');

  const { file, entry } = await user.json('client', 'setup', 'cursor', '--yes');
  t.same(entry.args.slice(1), ['mcp', '--context', 'cursor']);
  t.notMatch(readFileSync(file, 'utf8'), data, 'nor does the file name the folder of the first key');
  t.match(await made(), [{ role: 'user' }]);
  t.match(await user.json('context', 'list'), [{ name: 'cursor', hub: hub.url, current: false }]);
  t.equal((await user.run(['server', 'list', '--context', 'cursor'])).code, 0);
  const admin = await user.run(['key', 'create', '--name', 'x', '--role', 'admin', '--context', 'cursor']);
  t.equal(admin.code, 4, 'an admin key is refused to it');

  const [, ...words] = entry.args;
  const cursor = new Client({ name: 'cursor', version: '1.0.0' });
  t.teardown(() => cursor.close());
  const env = { HOME: user.home };
  const transport = new StdioClientTransport({ command: entry.command, args: [roundhouse, ...words], env });
  await cursor.connect(transport as Parameters<Client['connect']>[0]);
  const { tools } = await cursor.listTools();
  t.ok(
    tools.some(({ name }) => name === 'find_tools'),
    'the client starts the command, and gets the tools',
  );

  t.match((await user.run(['client', 'setup', 'cursor', '--yes'])).stderr, 'has it already');
  t.equal((await made()).length, 1);
  const other = tempFolder(t, { 'first-key': `${ADMIN_KEY}\n`, address: 'http://127.0.0.1:1\n' });
  const options = ['--hub', 'http://127.0.0.1:1', '--data', other];
  const elsewhere = await user.run(['client', 'setup', 'cursor', '--yes', ...options]);
  t.match(elsewhere, { code: 2, stderr: "the context 'cursor' is of another hub" });
});

t.test('a client whose key the hub refuses gets a new one', async (t) => {
  const user = commandLine(t, hub, { env: { ROUNDHOUSE_URL: hub.url, ROUNDHOUSE_API_KEY: ADMIN_KEY } });
  const setup = () => user.run(['client', 'setup', 'cursor', '--yes']);
  const contexts = join(user.home, '.config', 'roundhouse', 'contexts.json');
  const keyOf = () => JSON.parse(readFileSync(contexts, 'utf8')).contexts.cursor.key as string;
  t.match(await setup(), { code: 0, stderr: "a new key of role user, in the new context 'cursor'" });
  const first = keyOf();
  t.match(await setup(), { code: 0, stderr: 'Cursor has it already' });
  t.equal(keyOf(), first);
  // As after a new data folder.
  const [{ id }] = (await program.json('key', 'list'))
    .filter(({ name }: { name: string }) => name === 'Cursor')
    .slice(-1);
  t.equal((await program.run(['key', 'revoke', id])).code, 0);
  t.match(await setup(), { code: 0, stderr: "the context 'cursor': the hub refuses the old key" });
  t.not(keyOf(), first);
  t.match(await user.run(['site', 'list', '--context', 'cursor'], { env: { ROUNDHOUSE_API_KEY: '' } }), { code: 0 });
});

t.test('two servers of a file whose names differ in case only are not both imported', async (t) => {
  const servers = { Twin: { command: 'x' }, twin: { command: 'y' } };
  const file = join(tempFolder(t, { 'mcp.json': JSON.stringify({ mcpServers: servers }) }), 'mcp.json');
  const imported = await program.run(['server', 'import', file, '--site', 'berlin', '--yes', '--json']);
  t.match(imported, { code: 0 }, imported.stderr);
  t.match(JSON.parse(imported.stdout), [{ name: 'Twin' }]);
  const person = commandLine(t, hub, { isTerminal: true });
  const other = { mcpServers: { Other: { command: 'x' }, other: { command: 'y' } } };
  const more = join(tempFolder(t, { 'mcp.json': JSON.stringify(other) }), 'mcp.json');
  const told = await person.run(['server', 'import', more, '--site', 'berlin', '--yes']);
  t.match(told, {
    stdout: /^other +skip .*its name differs from 'Other' in case only/m,
    stderr: '1 server registered',
  });
});

t.test('the key of a client is the key that the user names', async (t) => {
  const folder = tempFolder(t, { 'cursor.key': `${ADMIN_KEY}\n` });
  const user = commandLine(t, hub, { isTerminal: true, env: { ROUNDHOUSE_API_KEY: '' } });
  const keyFile = join(folder, 'cursor.key');
  const named = await user.run(['client', 'setup', 'cursor', '--key-file', keyFile, '--preview']);
  t.match(named, { code: 0, stderr: `Cursor uses the key in ${keyFile}.` });
  await user.run(['context', 'add', 'one', '--hub', hub.url, '--key-file', keyFile]);
  const env = { ROUNDHOUSE_CONTEXT: 'one' };
  const inContext = await user.run(['client', 'setup', 'cursor', '--preview'], { env });
  t.match(inContext, { code: 0, stderr: "Cursor uses the key of the context 'one'." });
});

t.test('each client is set up where its documentation has its file', async (t) => {
  const user = commandLine(t, hub, { env: { ROUNDHOUSE_URL: '', ROUNDHOUSE_API_KEY: '' } });
  await user.run(['context', 'add', 'one', '--hub', hub.url], { input: `${ADMIN_KEY}\n` });
  for (const { name } of await user.json('client', 'list')) {
    const { file } = await user.json('client', 'setup', name, '--yes');
    t.ok(existsSync(file) && file.startsWith(user.home), file);
  }
  for (const { roundhouse, name } of await user.json('client', 'list')) t.equal(roundhouse, true, name);
});
