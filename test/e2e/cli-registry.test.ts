import t from 'tap';
import { recorded, type ServerJson, specified, startMcpRegistry } from '../fixtures/mcp-registry/registry.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { allCalled, inEachForm } from '../kit/commands.js';
import { part } from '../parts.js';
import { ADMIN_KEY, commandLine, everything, startAgent, startHub } from '../roundhouse.js';

const airtable = 'io.github.domdomegg/airtable-mcp-server';
/** An input whose secret would stand in a command line. */
const open: ServerJson = {
  name: 'com.example/open-secret',
  description: 'takes a secret as an argument',
  version: '1.0.0',
  packages: [
    {
      registryType: 'npm',
      identifier: 'open-secret',
      version: '1.0.0',
      transport: { type: 'stdio' },
      packageArguments: [{ type: 'named', name: '--token', isRequired: true, isSecret: true }],
    },
  ],
};
/** A description that would write into the terminal's title. */
const hostile: ServerJson = {
  name: 'com.example/hostile',
  description: 'a title \u001b]0;owned\u0007',
  version: '1.0.0',
  packages: [
    {
      registryType: 'npm',
      identifier: 'hostile',
      version: '1.0.0',
      transport: { type: 'stdio' },
      environmentVariables: [
        { name: 'KEY', description: 'a key \u001b]0;owned\u0007', isRequired: true, isSecret: true },
      ],
    },
  ],
};

/** A server that a site would not run as its publisher means it. */
const strict: ServerJson = {
  name: 'com.example/strict',
  description: 'a file with a hash, and a package of another registry',
  version: '1.0.0',
  packages: [
    { fileSha256: 'a'.repeat(64), registryBaseUrl: 'https://registry.npmjs.org' },
    { registryBaseUrl: 'https://npm.example.com' },
  ].map((more) => ({
    ...{ registryType: 'npm', identifier: 'strict', version: '1.0.0', transport: { type: 'stdio' }, ...more },
  })),
};

if (part(t, 'mcp-registry')) await tests();

async function tests() {
  const npm = await startNpmRegistry(t);
  npm.publish({
    name: 'airtable-mcp-server',
    version: '1.7.3',
    manifest: { type: 'module', bin: 'main.mjs' },
    files: { 'main.mjs': `#!/usr/bin/env node\nawait import(${JSON.stringify(everything)});\n` },
  });
  const hub = await startHub(t);
  await startAgent(t, hub, 'berlin');
  const registry = await startMcpRegistry(t, [...recorded(), ...specified().values(), open, hostile, strict]);
  const env = { ROUNDHOUSE_REGISTRY: registry.url };
  const person = commandLine(t, hub, { isTerminal: true, env });
  const program = commandLine(t, hub, { env });
  const preview = (...words: string[]) => program.json('registry', 'add', ...words, '--preview');

  t.test('servers are found by a part of the name, in their newest versions, from all pages', async (t) => {
    registry.pageSize = 2;
    const found = await program.json('registry', 'search', 'io.github.domdomegg');
    t.same(
      found.map(({ name, version }: ServerJson) => `${name} ${version}`),
      [`${airtable} 1.7.3`, 'io.github.domdomegg/time-mcp-nuget 1.0.8', 'io.github.domdomegg/time-mcp-pypi 1.0.6'],
    );
    registry.pageSize = 100;
    t.equal((await program.json('registry', 'search', 'io.github', '--limit', '2')).length, 2);
    const table = await person.run(['registry', 'search', 'airtable']);
    t.match(table.stdout, /^SERVER +VERSION +WAYS/m);
    t.match(table.stdout, /airtable-mcp-server +1\.7\.3 +npm, oci, mcpb /);
    t.match(await program.run(['registry', 'search', 'ab']), { code: 1, stderr: 'search must have 3 characters' });
    t.match((await person.run(['registry', 'search', 'no-such-server'])).stderr, 'no server matches');
  });

  t.test('a server is shown with its ways, its values and its status', async (t) => {
    const shown = await person.run(['registry', 'show', airtable]);
    t.match(shown.stdout, /^npm +airtable-mcp-server@1\.7\.3 +yes$/m);
    t.match(shown.stdout, /^oci +docker\.io\/domdomegg\/airtable-mcp-server:1\.7\.3 +yes$/m);
    t.match(shown.stdout, /^mcpb .* packages of mcpb are not supported$/m);
    t.match(shown.stdout, /^AIRTABLE_API_KEY +npm +variable +yes +yes /m);
    registry.deprecate(airtable, '1.7.2', 'take 1.7.3');
    const old = await program.json('registry', 'show', airtable, '--version', '1.7.2');
    t.match(old, { version: '1.7.2', status: 'deprecated', statusMessage: 'take 1.7.3' });
    t.match(await program.run(['registry', 'show', 'com.example/none']), { code: 5, stderr: "no 'com.example/none'" });
    t.match(await program.run(['registry', 'show', airtable, '--version', '9']), {
      code: 5,
      stderr: 'no version 9 of',
    });
  });

  t.test('a package with a hash, or of another registry than that of the site, is not added', async (t) => {
    const { stdout } = await person.run(['registry', 'show', 'com.example/strict']);
    t.match(stdout, /^npm .* the hash of its file cannot be checked$/m);
    t.match(stdout, /^npm .* it comes from https:\/\/npm\.example\.com, and a site takes packages from the registry/m);
    t.equal((await program.run(['registry', 'add', 'com.example/strict', '--yes'])).code, 1);
  });

  t.test('a package is shown, asked about, and registered with its secret sealed; its tools answer', async (t) => {
    const add = person.start(t, ['registry', 'add', airtable, 'tables', '--site', 'berlin']);
    await add.written("Register 'tables'? [y/N]");
    t.match(add.stdout, /^source +npx -y airtable-mcp-server@1\.7\.3$/m);
    t.match(add.stdout, /^sealed values +AIRTABLE_API_KEY$/m);
    t.same(await program.json('server', 'list'), [], 'nothing is registered before the answer');
    add.type('y');
    await add.written('AIRTABLE_API_KEY (Airtable personal access token');
    add.type('the-airtable-secret');
    t.equal(await add.ended, 0, add.stderr);
    t.match(add.stderr, /tables runs at site berlin and has \d+ tools/);
    t.notMatch(add.stdout + add.stderr, 'the-airtable-secret');
    const made = await program.run(['server', 'show', 'tables', '--json']);
    t.match(JSON.parse(made.stdout), {
      description: /Airtable database/,
      transport: { env: { AIRTABLE_API_KEY: /^\*+$/ } },
    });
    const own = await program.run(['tool', 'call', 'get-env', '--server', 'tables', '--json']);
    t.match(JSON.parse(own.stdout).content[0].text, '"AIRTABLE_API_KEY"', 'the server has its variable');
  });

  t.test('no is an answer, and a program says --yes and gives secrets on standard input', async (t) => {
    t.equal((await person.run(['registry', 'add', airtable, 'refused'], { input: 'n\n' })).code, 130);
    t.match(await program.run(['registry', 'add', airtable, 'refused']), { code: 2, stderr: '--yes' });
    const words = ['registry', 'add', airtable, 'piped', '--site', 'berlin', '--register-only', '--yes', '--json'];
    t.match(await program.run(words), { code: 2, stderr: 'nothing was given on standard input' });
    const added = await program.run([...words, '--version', '1.7.2'], { input: 'piped-secret\n' });
    t.equal(added.code, 0, added.stderr);
    t.match(added.stderr, 'is deprecated: take 1.7.3');
    t.match(JSON.parse(added.stdout), { name: 'piped', transport: { args: ['-y', 'airtable-mcp-server@1.7.2'] } });
    t.notMatch(added.stdout + added.stderr, 'piped-secret');
    const env = { AIRTABLE_API_KEY: 'variable-secret' };
    const set = await program.run([...words.with(3, 'varied'), '--set', 'AIRTABLE_API_KEY'], { env });
    t.equal(set.code, 0, set.stderr);
    t.match(await program.run([...words, '--set', 'AIRTABLE_API_KEY=visible']), { code: 2, stderr: 'is a secret' });
    const names = (await program.json('server', 'list')).map(({ name }: ServerJson) => name);
    t.same(names.sort(), ['piped', 'tables', 'varied']);
  });

  t.test(
    'packages of PyPI and images become command lines, with the arguments that their entries describe',
    async (t) => {
      t.match(await preview('io.github.domdomegg/time-mcp-pypi'), {
        server: 'time-mcp-pypi',
        source: 'uvx time-mcp-pypi@1.0.6',
      });
      t.match(await preview(airtable, '--use', 'oci'), {
        source: 'docker run -i --rm -e AIRTABLE_API_KEY docker.io/domdomegg/airtable-mcp-server:1.7.3',
        sealed: ['AIRTABLE_API_KEY'],
      });
      const database = 'io.github.example/database-manager';
      const missing = await program.run(['registry', 'add', database, '--preview']);
      t.match(missing, { code: 2, stderr: /--set db_type=….*\n.*--set database_name=….*\n.*--set DB_USERNAME=…/ });
      const given = ['--set', 'db_type=mysql', '--set', 'database_name=shop', '--set', 'DB_USERNAME=ann'];
      t.match(await preview(database, ...given, '--set', '--port=3306'), {
        source: [
          'docker run -i --rm --network host -e DB_TYPE=mysql -e DB_USERNAME -e DB_PASSWORD -e SSL_MODE',
          'docker.io/example/database-manager-mcp:3.1.0 --host localhost --port 3306 shop',
        ].join(' '),
        sealed: ['DB_USERNAME', 'DB_PASSWORD', 'SSL_MODE'],
      });
      const wrong = ['--set', 'db_type=oracle', '--set', 'database_name=shop', '--set', 'DB_USERNAME=ann'];
      t.match(await program.run(['registry', 'add', database, ...wrong]), {
        code: 2,
        stderr: 'one of postgres, mysql',
      });
      t.match(await program.run(['registry', 'add', database, '--set', 'nonsense=1']), {
        code: 2,
        stderr: "no value 'nonsense'",
      });
    },
  );

  t.test('an address gets its variables, and its headers are sealed', async (t) => {
    const hybrid = await preview('io.modelcontextprotocol.anonymous/hybrid-mcp', '--use', 'http');
    t.match(hybrid, { transport: 'http', source: 'https://mcp.anonymous.modelcontextprotocol.io/http' });
    t.same(hybrid.sealed, ['X-API-Key', 'X-Region']);
    const tenant = ['registry', 'add', 'io.modelcontextprotocol.anonymous/multi-tenant-server', 'tenant', '--yes'];
    const words = [...tenant, '--site', 'berlin', '--register-only', '--set', 'tenant_id=emea'];
    t.match(await program.json(...words), {
      transport: { type: 'http', url: 'https://anonymous.modelcontextprotocol.io/mcp/emea' },
    });
    const events = await preview('io.modelcontextprotocol.anonymous/events-server', '--set', 'tenant_id=x');
    t.match(events, { transport: 'sse', source: /\/sse\/x$/ });
  });

  t.test('texts of a registry reach a terminal without hidden characters', async (t) => {
    const shown = await person.run(['registry', 'show', 'com.example/hostile']);
    t.match(shown.stdout, '\\u{1b}]0;owned');
    const add = person.start(t, ['registry', 'add', 'com.example/hostile', '--yes']);
    await add.written('KEY (a key');
    add.interrupt();
    for (const text of [shown.stdout, add.stdout, add.stderr]) t.notMatch(text, '\u001b]0;');
  });

  t.test('a server that the hub could not run as its entry says is refused with the reason', async (t) => {
    for (const [name, reason] of [
      ['io.github.domdomegg/time-mcp-nuget', 'packages of nuget are not supported'],
      ['io.github.example/configurable-server', 'it speaks streamable-http, not over standard input'],
      ['io.modelcontextprotocol.anonymous/embedded-mcp', 'names no package and no address'],
      ['com.example/open-secret', "its argument '--token' is a secret"],
    ] as const)
      t.match(await program.run(['registry', 'add', name]), { code: 1, stderr: reason }, name);
    t.match(await program.run(['registry', 'add', airtable, '--use', 'sse']), {
      code: 5,
      stderr: 'it has npm, oci, mcpb',
    });
  });

  t.test('the registry is named by an option, a context or the environment, and gets no key', async (t) => {
    const user = commandLine(t, hub, { env: { ROUNDHOUSE_URL: '', ROUNDHOUSE_API_KEY: '', ROUNDHOUSE_REGISTRY: '' } });
    const mirror = `${registry.url}/`;
    const added = await user.run(['context', 'add', 'one', '--hub', hub.url, '--registry', mirror], {
      input: `${ADMIN_KEY}\n`,
    });
    t.equal(added.code, 0, added.stderr);
    t.match(await user.json('context', 'list'), [{ name: 'one', registry: registry.url }]);
    t.match(await user.json('registry', 'show', airtable), { name: airtable }, 'of the current context');
    const away = { ROUNDHOUSE_REGISTRY: 'http://127.0.0.1:1' };
    t.match(await user.run(['registry', 'show', airtable], { env: away }), {
      code: 3,
      stderr: 'no registry answers at http://127.0.0.1:1',
    });
    const named = await user.run(['registry', 'show', airtable, '--context', 'one', '-q'], { env: away });
    t.equal(named.stdout, `${airtable}\n`, 'a context that the user names wins over the environment');
    const option = await user.run(['registry', 'show', airtable, '--registry', mirror, '-q'], { env: away });
    t.equal(option.code, 0, option.stderr);
    t.match(await user.run(['registry', 'search', 'airtable', '--registry', hub.url]), {
      code: 3,
      stderr: 'is not an MCP registry',
    });
    t.match(await user.run(['context', 'set', 'one', '--registry', 'nonsense']), {
      code: 2,
      stderr: 'is not the address',
    });
    await user.run(['context', 'set', 'one', '--registry', '']);
    t.match(await user.json('context', 'list'), [{ name: 'one', registry: null }]);
    t.notMatch(JSON.stringify(registry.requests), ADMIN_KEY);
  });

  t.test('each command has its forms', async (t) => {
    await inEachForm(t, program, 'registry search', () => ({ args: ['airtable'] }));
    await inEachForm(t, program, 'registry show', () => ({ args: [airtable] }));
    await inEachForm(t, program, 'registry add', (form) => ({
      args: [airtable, form, '--site', 'berlin', '--yes'],
      input: 'a-secret\n',
    }));
    allCalled(t, 'cli-registry');
  });
}
