import t from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { glob } from '../../../agent/policy/patterns.js';
import { Policy } from '../../../agent/policy/policy.js';
import { predefinedEntries } from '../../../hub/domain/catalog/predefined.js';
import { httpSpec, spec } from '../../parts/agent/harness.js';

const stdio = (command: string, args: string[] = [], env: Record<string, string> = {}, version = '') =>
  spec({ version, transport: { case: 'stdio', value: { command, args, env } } });
const policy = (text: string) => new Policy(parsePolicy(text));

t.test('without a policy everything is allowed', async (t) => {
  for (const text of ['', '# nothing yet\n', '{}']) {
    t.equal(policy(text).server(stdio('rm', ['-rf', '/'])), undefined);
    t.equal(policy(text).permits('images', 'any'), undefined);
    t.equal(policy(text).readOnly, false);
  }
});

t.test('commands: word by word; the listed commands and no others', async (t) => {
  const site = policy(`
commands:
  allow:
    - npx -y @modelcontextprotocol/*
    - node /srv/mcp/** 
    - uvx mcp-server-* **
  deny: ['uvx mcp-server-shell **']
`);
  const allowed = (...[command = '', ...args]: string[]) => site.server(stdio(command, args)) === undefined;
  t.ok(allowed('npx', '-y', '@modelcontextprotocol/server-everything'));
  t.notOk(allowed('npx', '-y', '@modelcontextprotocol/server-everything', '--package', 'evil'), 'no further words');
  t.notOk(allowed('npx', '-y', '@evil/server'));
  t.notOk(allowed('npx'));
  t.ok(allowed('uvx', 'mcp-server-git', '--repository', 'a b'));
  t.notOk(allowed('uvx', 'mcp-server-shell', '-c', 'x'), 'what is denied is denied');
  t.notOk(allowed('uvx mcp-server-git'), 'a space in a word is no border of words');
  t.notOk(allowed('xuvx', 'mcp-server-git'));
});

t.test('a read-only site runs only the commands that its policy allows by name', async (t) => {
  const site = policy('read_only: true');
  t.match(site.server(stdio('sh', ['-c', 'touch x'])), /read-only/);
  t.match(site.server(stdio('npx', ['-y', 'pkg'], {}, '2.0.0')), /read-only/, 'so it installs no package');
  t.equal(site.server(httpSpec('https://a.example.com')), undefined, 'a server by URL');
  t.match(policy('{ read_only: true, commands: { deny: [rm] } }').server(stdio('sh')), /read-only/);
  const named = policy('{ read_only: true, commands: ["npx -y pkg@1.*"] }');
  t.equal(named.server(stdio('npx', ['-y', 'pkg@1.0.0'])), undefined);
  t.match(named.server(stdio('npx', ['-y', 'pkg@1.0.0'], {}, '2.0.0')), /does not allow the command/);
});

t.test('where commands are restricted, no variable makes one run another', async (t) => {
  const site = policy('commands: [node server.js]');
  t.equal(site.server(stdio('node', ['server.js'], { API_KEY: 'x' })), undefined);
  for (const name of ['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'PYTHONPATH', 'npm_config_registry', 'Npm_Config_Registry'])
    t.match(site.server(stdio('node', ['server.js'], { [name]: 'x' })), name);
  for (const name of [
    'HOME',
    'XDG_CONFIG_HOME',
    'https_proxy',
    'HTTPS_PROXY',
    'DOCKER_HOST',
    'SSL_CERT_FILE',
    'OPENSSL_CONF',
  ])
    t.match(site.server(stdio('node', ['server.js'], { [name]: 'x' })), name);
  for (const name of ['YARN_REGISTRY', 'DENO_DIR', 'BUN_INSTALL', '_JAVA_OPTIONS', 'GOPROXY', 'BASH_FUNC_x%%'])
    t.match(site.server(stdio('node', ['server.js'], { [name]: 'x' })), name);
  for (const name of ['PERLLIB', 'AWKPATH', 'R_PROFILE_USER', 'ERL_FLAGS', 'JULIA_LOAD_PATH', 'MAVEN_OPTS', 'AppData'])
    t.match(site.server(stdio('node', ['server.js'], { [name]: 'x' })), name);
  for (const { variables } of predefinedEntries)
    for (const { key } of variables.filter((one) => one.key !== 'KUBECONFIG'))
      t.equal(site.server(stdio('node', ['server.js'], { [key]: 'x' })), undefined, key);
  // Each of them makes some program run another one, or load code or settings.
  for (const name of [
    ...[
      'MAKEFLAGS',
      'GNUMAKEFLAGS',
      'MAKEFILES',
      'TAR_OPTIONS',
      'ZIPOPT',
      'ASAN_OPTIONS',
      'TF_CLI_ARGS',
      'TF_CLI_ARGS_plan',
    ],
    ...['RSYNC_RSH', 'CVS_RSH', 'SVN_SSH', 'MANPAGER', 'PSQL_PAGER', 'AWS_PAGER', 'VISUAL_EDITOR', 'LESSCLOSE'],
    ...['AWS_CONFIG_FILE', 'KRB5_CONFIG', 'ANSIBLE_CONFIG', 'TF_CLI_CONFIG_FILE', 'RIPGREP_CONFIG_PATH', 'HGRCPATH'],
    ...['PUPPETEER_EXECUTABLE_PATH', 'CHROME_PATH', 'ESBUILD_BINARY_PATH', 'PLAYWRIGHT_BROWSERS_PATH', 'CC', 'FPATH'],
    ...[
      'ODBCSYSINI',
      'ODBCINSTINI',
      'GTK_MODULES',
      'GIO_MODULE_DIR',
      'VK_ICD_FILENAMES',
      'PRISMA_QUERY_ENGINE_LIBRARY',
    ],
    ...[
      'FZF_DEFAULT_COMMAND',
      'BORG_PASSCOMMAND',
      'RESTIC_PASSWORD_COMMAND',
      'HOSTALIASES',
      'CLOUDSDK_PYTHON',
      'PM2_HOME',
    ],
  ]) {
    t.match(site.server(stdio('node', ['server.js'], { [name]: 'x' })), name);
  }
  for (const name of ['DATABASE_URL', 'MEMORY_FILE_PATH', 'LOG_LEVEL', 'GITHUB_TOKEN', 'AWS_REGION', 'DATA_DIR', 'TZ'])
    t.equal(site.variable(name), undefined, name);
  const more = policy('{ commands: [make], environment: { deny: [SECRET_*] } }');
  for (const name of ['SECRET_A', 'MAKEFLAGS']) t.match(more.variable(name), name);
  t.equal(more.variable('API_KEY'), undefined);
  t.equal(
    policy('environment: { deny: [SECRET_*] }').variable('MAKEFLAGS'),
    undefined,
    'a site that limits no commands',
  );
  const own = policy('commands: [node server.js]\nenvironment: { allow: [NODE_ENV] }');
  t.equal(own.server(stdio('node', ['server.js'], { NODE_ENV: 'x' })), undefined);
  t.match(own.server(stdio('node', ['server.js'], { API_KEY: 'x' })), /API_KEY/);
});

t.test('no wildcard next to a path leads out of that path', async (t) => {
  const mount = 'docker run -i --rm -v /srv/data/*:/data:ro mcp/filesystem /data';
  const files = 'npx -y @modelcontextprotocol/server-filesystem /srv/data/*';
  const commands = [
    mount,
    files,
    'tool --root=/srv/* *',
    'open **',
    '/opt/tools/*',
    'docker run -v /srv/*:/data a **',
    'tar ../own',
  ];
  const site = policy(JSON.stringify({ commands }));
  const allowed = (line: string) => {
    const [command = '', ...args] = line.split(' ');
    return site.server(stdio(command, args)) === undefined;
  };
  const volume = (path: string) => mount.replace('/srv/data/*', path);
  const folder = (path: string) => files.replace('/srv/data/*', path);
  for (const line of [
    volume('/srv/data/a'),
    volume('/srv/data/a..b/...'),
    folder('/srv/data/a/b'),
    'tool --root=/srv/a ../x',
  ])
    t.ok(allowed(line), line);
  for (const line of ['open ../../etc', 'tar ../own', '/opt/tools/run']) t.ok(allowed(line), line);
  for (const path of [
    '/srv/data/../../etc',
    '/srv/data/..',
    '/srv/data/a/../../b',
    '/srv/data/./../x',
    '/srv/data//../x',
  ])
    for (const line of [volume(path), folder(path)]) t.notOk(allowed(line), line);
  for (const path of ['/srv/data/%2e%2E/etc', '/srv/data/..%2fetc', '/srv/data/..\\etc'])
    t.notOk(allowed(folder(path)), path);
  for (const line of ['tool --root=/srv/../etc x', '/opt/tools/../../bin/sh', 'tar ../other'])
    t.notOk(allowed(line), line);
  for (const line of [volume('/srv/data/a:/etc'), 'docker run -v /srv/a:/etc:/data a'])
    t.notOk(allowed(line), `${line}: a wildcard names no folder of the container`);
  const run = (path: string) => site.inContainer(['docker', 'run', '-v', `${path}:/data`, 'a', 'ls'], ['ls']);
  t.equal(run('/srv/a'), undefined);
  t.match(run('/srv/../etc'), /does not allow 'docker run'/);
});

t.test('a wildcard in a list of fields stays in its field', async (t) => {
  const mount = 'docker run -i --mount type=bind,source=/srv/data/*,target=/data,readonly mcp/filesystem';
  const volume = 'docker run -i --mount=type=volume,source=cache-?*,target=/c mcp/filesystem';
  const commands = [mount, volume, 'tool --any *'];
  const site = policy(JSON.stringify({ commands }));
  const allowed = (line: string) => {
    const [command = '', ...args] = line.split(' ');
    return site.server(stdio(command, args)) === undefined;
  };
  t.ok(allowed(mount.replace('*', 'a/b')));
  t.ok(allowed(volume.replace('?*', '1')));
  t.ok(allowed('tool --any a,b'), 'a wildcard that is the whole word stands for any word');
  for (const more of [
    'a,source=/etc',
    'a,src=/etc',
    'a,SOURCE=/',
    'a,target=/x,target=/data',
    'a,bind-propagation=shared',
  ])
    t.notOk(allowed(mount.replace('*', more)), more);
  for (const more of ['1,type=bind,source=/etc', '1,src=other', ',1'])
    t.notOk(allowed(volume.replace('?*', more)), more);
  const denied = policy(JSON.stringify({ commands: { deny: ['docker run --mount *source=/etc* **'] } }));
  const line = ['run', '--mount', 'type=bind,readonly,source=/etc/a,target=/data', 'mcp/filesystem'];
  t.match(denied.server(stdio('docker', line)), /does not allow/, 'a denied field is denied in each place of the list');
});

t.test('a wildcard in a tmpfs adds no options', async (t) => {
  const site = policy(JSON.stringify({ commands: ['docker run --tmpfs /tmp/* --tmpfs=/run/*:size=?m box'] }));
  const allowed = (tmp: string, run: string) =>
    site.server(stdio('docker', ['run', '--tmpfs', tmp, `--tmpfs=${run}`, 'box'])) === undefined;
  t.ok(allowed('/tmp/a', '/run/b:size=8m'));
  t.notOk(allowed('/tmp/a:exec,suid', '/run/b:size=8m'));
  t.notOk(allowed('/tmp/a', '/run/b:exec,size=8m'));
  t.notOk(allowed('/tmp/a', '/run/b:size=8m,exec:size=8m'));
});

t.test('no encoded segment of an address or of a device command leads out of the path of a pattern', async (t) => {
  const site = policy(`
urls: { allow: ["https://a.example.org/mcp/*"], deny: ["https://a.example.org/mcp/admin/*"] }
device_commands: { allow: ["more flash:/logs/*", "show *"], deny: ["show /secret/*"] }
`);
  for (const path of ['x', 'a%20b', 'a%2Fb', '100%25', 'x?q=a%0Ab'])
    t.equal(site.address(`https://a.example.org/mcp/${path}`), undefined, path);
  for (const path of [
    '../admin',
    '..%2fadmin',
    '%2e%2e/admin',
    'x%2F..%2f..%5cadmin',
    'admin/..%2fx',
    '%252e%252e/x',
    'a%25252f.%25252e/x',
    '.%09./x',
    'x%250a',
    `%${'25'.repeat(20)}2e`,
  ])
    t.match(site.address(`https://a.example.org/mcp/${path}`), /does not allow the address/, path);
  t.equal(site.permits('device_commands', 'more flash:/logs/today'), undefined);
  t.equal(site.permits('device_commands', 'show ../x'), undefined, 'a pattern without a path');
  t.match(site.permits('device_commands', 'more flash:/logs/../startup-config'), /device command/);
  t.match(site.permits('device_commands', 'show /secret/../secret/a'), /device command/);
});

t.test('a wildcard stands for packages of the registry, and for nothing else that may be fetched', async (t) => {
  const site = policy(`
commands:
  allow:
    - npx -y @modelcontextprotocol/* **
    - uvx mcp-server-* **
    - uvx --from=mcp-* *
    - npx -y github:acme/tools **
    - npm exec *
    - npm start
`);
  const allowed = (...[command = '', ...args]: string[]) => site.server(stdio(command, args)) === undefined;
  for (const word of ['', '@1.2.3', '@latest', '@^1.0.0', '@next'])
    t.ok(allowed('npx', '-y', `@modelcontextprotocol/x${word}`, 'a'), `name and version: ${word}`);
  for (const word of [
    '@http://127.0.0.1:1/evil.tgz',
    '@file:/tmp/evil.tgz',
    '@/tmp/evil.tgz',
    '@../evil',
    '@npm:other@1',
    '@git+https://evil.example.org/x',
    '@github:evil/x',
    '@evil/x',
    '/../../tmp/evil',
  ])
    t.notOk(allowed('npx', '-y', `@modelcontextprotocol/x${word}`), word);
  for (const line of [
    ['uvx', 'mcp-server-x @ https://evil.example.org/x.whl'],
    ['uvx', 'mcp-server-x@git+https://evil.example.org/x'],
    ['uvx', 'mcp-server-x@/tmp/evil'],
    ['uvx', '--from=mcp-x @ file:///tmp/evil', 'mcp'],
    ['npx', '-y', 'github:acme/tools-evil'],
    ['npx', '-y', 'github:acme/tools#refs'],
    ['npm', 'exec', 'evil'],
  ])
    t.notOk(allowed(...line), line.join(' '));
  t.ok(allowed('uvx', 'mcp-server-x[cli]==1.0', '--verbose'));
  t.ok(allowed('uvx', '--from=mcp-x==1.0', 'mcp'));
  t.ok(allowed('npx', '-y', 'github:acme/tools', 'a'), 'a repository that is named word for word');
  t.ok(allowed('npm', 'start'), 'a line that is named word for word');
});

t.test('a program of an allowed package is a name, and no path to another program', async (t) => {
  const site = policy('commands: ["npx -y -p is-number@* **", "npx -y -p one@1.0.0 **", "uvx --from mcp-* **"]');
  const allowed = (...[command = '', ...args]: string[]) => site.server(stdio(command, args)) === undefined;
  t.ok(allowed('npx', '-y', '-p', 'is-number@7.0.0', 'is-number', 'a'));
  t.ok(allowed('uvx', '--from', 'mcp-x', 'mcp.x_2', 'a'));
  for (const path of ['../../../../bin/sh', '/bin/sh', './sh', '..', '.', 'a\\sh', '']) {
    t.notOk(allowed('npx', '-y', '-p', 'is-number@7.0.0', path, '-c', 'id'), path);
    t.notOk(allowed('npx', '-y', '-p', 'one@1.0.0', path, '-c', 'id'), `${path} of a package named word for word`);
    t.notOk(allowed('uvx', '--from', 'mcp-x', path, '-c', 'id'), path);
  }
});

t.test('no version that the hub chooses makes another source of a package', async (t) => {
  const site = policy('commands: ["npx -y @modelcontextprotocol/x", "npx -y github:acme/tools"]');
  const runs = (source: string, version: string) => site.server(stdio('npx', ['-y', source], {}, version));
  t.equal(runs('@modelcontextprotocol/x', '2.0.0'), undefined);
  t.equal(runs('github:acme/tools', 'v2.0.0'), undefined);
  for (const version of ['http://127.0.0.1:1/evil.tgz', 'npm:evil@1', 'file:/tmp/evil'])
    t.match(runs('@modelcontextprotocol/x', version), /does not allow the command/, version);
});

t.test('addresses: by scheme, host and path; a host name in the path does not count', async (t) => {
  const site = policy('urls: ["https://*.example.com", "http://127.0.0.1:*/mcp*"]');
  const allowed = (url: string) => site.server(httpSpec(url)) === undefined;
  t.ok(allowed('https://a.example.com/anything?x=1'));
  t.ok(allowed('https://A.EXAMPLE.com'));
  t.ok(allowed('http://127.0.0.1:3001/mcp/x'));
  t.notOk(allowed('http://a.example.com/'), 'another scheme');
  t.notOk(allowed('https://example.com.evil.net/.example.com'));
  t.notOk(allowed('https://evil.net/?.example.com'));
  t.notOk(allowed('https://evil.net/#.example.com/'));
  t.notOk(allowed('https://x.example.com:8443/'), 'another port');
  t.notOk(allowed('not an address'));
  const withToken = httpSpec('https://a.example.com', {
    auth: { case: 'oauth2', value: { tokenUrl: 'https://evil.net/token' } },
  });
  t.match(site.server(withToken), /evil\.net/, 'where tokens come from counts, too');
  const found = httpSpec('https://a.example.com', { auth: { case: 'oauth2', value: {} } });
  t.equal(site.server(found), undefined, 'an address that the server is to name is judged once it is known');
});

t.test('images, namespaces and device commands', async (t) => {
  const site = policy(`
images: [registry.local/*]
namespaces: { deny: [kube-*] }
device_commands: { allow: ['show *'], deny: ['show running-config*'] }
`);
  t.equal(site.permits('images', 'registry.local/a:1'), undefined);
  t.match(site.permits('images', 'docker.io/a'), /image 'docker.io\/a'/);
  t.match(site.permits('namespaces', 'kube-system'), /namespace/);
  t.equal(site.permits('namespaces', 'default'), undefined);
  t.equal(site.permits('device_commands', 'show version'), undefined);
  t.match(site.permits('device_commands', 'show running-config all'), /device command/);
  t.match(site.permits('device_commands', 'configure terminal'), /device command/);
});

t.test('reasons never quote a text that may be secret', async (t) => {
  const site = policy('commands: [a]\nurls: ["https://a"]');
  t.notMatch(site.server(stdio('b', ['--password', 'hunter2'])), /hunter2/);
  t.notMatch(site.server(httpSpec('https://b/path?token=hunter2')), /hunter2/);
});

t.test('the error for an unusable file says where and why', async (t) => {
  const problems: Record<string, RegExp> = {
    'comands: []': /unknown section 'comands'; known: read_only, commands/,
    'read_only: maybe': /read_only: expected true or false/,
    'commands: node': /commands: expected "key: value" pairs/,
    'commands: { allow: node }': /commands\.allow: expected a list/,
    'commands: { only: [] }': /commands: unknown key 'only'; known: allow, deny/,
    'commands: [node, 5]': /commands\[1\]: expected a pattern/,
    'urls: { deny: [example.com] }': /urls\.deny\[0\]: expected a pattern of the form scheme/,
    '- a': /the policy: expected "key: value" pairs/,
    'a: [': /./,
  };
  for (const [text, problem] of Object.entries(problems))
    t.throws(() => parsePolicy(text), { name: 'PolicyError', message: problem }, text);
});

t.test('a server that is an image is judged by its image, in any version', async (t) => {
  const site = policy(`images: { allow: ['ghcr.io/fleet/*', 'mcp/time:1.*'], deny: ['*:1.6.6'] }`);
  const runs = (image: string, version = '') =>
    site.server(stdio('docker', ['run', '-i', '--rm', '-e', 'KEY', image], {}, version));
  t.equal(runs('ghcr.io/fleet/any'), undefined);
  t.equal(runs('docker.io/mcp/time:1.2.0'), undefined, 'by either of its names');
  t.match(runs('mcp/time'), /image 'mcp\/time'/);
  t.match(runs('evil.net/ghcr.io/fleet/any'), /image/);
  t.match(runs('mcp/time:1.2.0', '2.0.0'), /image 'mcp\/time:2.0.0'/, 'by the version that it is to run');
  t.match(runs('ghcr.io/fleet/any', '1.6.6'), /image/);
  t.equal(runs('ghcr.io/fleet/any', `latest@sha256:${'a1'.repeat(32)}`), undefined);
});

t.test('a wildcard in the host of a registry stays in the host', async (t) => {
  const site = policy('images: { allow: ["*.acme.io/*", "mcp/*"], deny: ["*.worse.io/*"] }');
  for (const image of ['eu.acme.io/tools/a:1', 'mcp/time']) t.equal(site.permits('images', image), undefined);
  for (const image of ['evil.example/x.acme.io/y', 'acme.io/a', 'eu.worse.io/a', 'eu.acme.io/x.worse.io/y'])
    t.match(site.permits('images', image), /image/, image);
});

t.test('the rules for variables hold in the container of a server, too', async (t) => {
  const runs = (text: string, name: string) =>
    policy(text).server(stdio('docker', ['run', '-i', '-e', `${name}=x`, 'mcp/time']));
  const commands = 'commands: ["docker run -i -e * mcp/*"]';
  t.match(runs(`${commands}\nenvironment: { allow: [API_KEY] }`, 'OTHER'), /variable OTHER/);
  t.equal(runs(`${commands}\nenvironment: { allow: [API_KEY] }`, 'API_KEY'), undefined);
  t.match(runs(`${commands}\nenvironment: { deny: [OTHER] }`, 'other'), /variable other/);
  t.equal(runs(commands, 'PATH'), undefined, 'it leads to no program of the site');
});

t.test('an image is one, however it is written', async (t) => {
  const site = policy(`images: { deny: ['evil', 'index.docker.io/worse/*', 'library/worst', 'ghcr.io/evil/*'] }`);
  for (const image of [
    'evil:1',
    'docker.io/evil',
    'index.docker.io/library/evil',
    'library/evil',
    'Docker.IO/evil@sha256:',
  ])
    t.match(site.permits('images', image.endsWith(':') ? `${image}${'a1'.repeat(32)}` : image), /image/, image);
  for (const image of ['worse/x', 'docker.io/worse/x:1', 'worst', 'GHCR.io/evil/x', 'ghcr.io:443/evil/x'])
    t.match(site.permits('images', image), /image/, image);
  t.equal(site.permits('images', 'ghcr.io/good/evil'), undefined);
});

t.test('where images are judged, no command hides its image', async (t) => {
  const site = policy('images: [ghcr.io/fleet/*]');
  const hidden = /which one this command runs cannot be told/;
  t.match(site.server(stdio('docker', ['run', '--privileged', 'ghcr.io/fleet/any'])), hidden);
  t.match(site.server(stdio('/usr/bin/docker', ['compose', 'run', 'x'])), hidden);
  t.match(site.server(stdio('podman', ['run', 'ghcr.io/fleet/any'])), hidden);
  t.equal(policy('read_only: false').server(stdio('podman', ['run', 'img'])), undefined);
});

t.test('a moving tag that is allowed stays so in each of its digests', async (t) => {
  const site = policy('commands: ["docker run -i mcp/time:1"]');
  const runs = (version: string) => site.server(stdio('docker', ['run', '-i', 'mcp/time:1'], {}, version));
  t.equal(runs(`1@sha256:${'a1'.repeat(32)}`), undefined);
  t.match(runs(`2@sha256:${'a1'.repeat(32)}`), /does not allow the command/);
});

t.test('a pattern with many wildcards is matched in a time that is linear in the text', async (t) => {
  // An engine that backtracks tries about 10^17 combinations.
  t.equal(glob('*a*a*a*a*b')('a'.repeat(30_000)), false);
  t.equal(glob('*a*a*a*a*b')(`${'a'.repeat(30_000)}b`), true);
  t.equal(glob('a?[c]\n*')('ab[c]\n\n'), true, 'nothing else is special, and a line break is a character');
});

t.test('the user and the folder of a command in a container move no words of a pattern', async (t) => {
  const exec = (rules: object, ...words: string[]) =>
    new Policy({ commands: rules }).inContainer(['docker', 'exec', ...words], ['sh']) === undefined;
  const allow = (...patterns: string[]) => ({ allow: patterns });
  t.ok(exec(allow('docker exec * mysql **'), 'db', 'mysql', '-e', 'x'));
  t.notOk(exec(allow('docker exec * mysql **'), '--user', 'mysql', 'db', 'sh'), 'no wildcard stands for a flag');
  t.ok(exec(allow('docker exec --user mysql * sh'), '--user', 'mysql', 'db', 'sh'));
  t.notOk(exec(allow('docker exec --user mysql * * sh **'), '--user', 'mysql', '--workdir', 'sh', 'db', 'sh'));
  t.ok(exec(allow('docker exec **'), '--user', 'root', '--workdir', '/', 'db', 'sh'));
  const denied = { deny: ['docker exec prod **'] };
  t.notOk(exec(denied, 'prod', 'sh'));
  t.notOk(exec(denied, '--user', 'root', 'prod', 'sh'), 'a flag does not hide the container');
  t.notOk(exec(denied, '--workdir', '/', 'prod', 'sh'));
  t.ok(exec(denied, '--workdir', '/', 'test', 'sh'));
});
