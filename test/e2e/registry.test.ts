import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { recorded, type ServerJson, specified, startMcpRegistry } from '../fixtures/mcp-registry/registry.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { button, Visitors } from '../kit/console.js';
import { auditOf } from '../mcp-tools.js';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, everything, type Hub, startAgent, startHub } from '../roundhouse.js';

const airtable = 'io.github.domdomegg/airtable-mcp-server';
const SECRET = 'the-airtable-secret';
const path = '/api/registry/servers';
const script = (place: string) => `<img src=x onerror=ran("${place}")>`;
const npmPackage = (more: object) => ({
  ...{ registryType: 'npm', identifier: 'of-the-test', version: '1.0.0', transport: { type: 'stdio' } },
  ...more,
});
/** Servers with texts that run a script where a page takes them for HTML, and with more values than any server takes. */
const hostile: readonly ServerJson[] = [
  {
    name: 'com.example/script',
    title: script('title'),
    description: script('description'),
    version: '1.0.0',
    packages: [
      npmPackage({
        environmentVariables: [
          { name: 'NOTE', description: script('value') },
          { name: 'LEVEL', choices: ['low', 'high'], default: 'low' },
          { name: 'COUNT', format: 'number', isRequired: true },
        ],
        packageArguments: [{ type: 'named', name: '--folder', isRepeated: true, description: 'a folder' }],
      }),
    ],
  },
  {
    name: 'com.example/greedy',
    description: 'takes a thousand values',
    version: '1.0.0',
    packages: [npmPackage({ environmentVariables: Array.from({ length: 1000 }, (_, n) => ({ name: `V${n}` })) })],
  },
];

if (part(t, 'mcp-registry')) await tests();

async function tests() {
  const npm = await startNpmRegistry(t);
  npm.publish({
    name: 'airtable-mcp-server',
    version: '1.7.3',
    manifest: { type: 'module', bin: 'main.mjs' },
    files: { 'main.mjs': `#!/usr/bin/env node\nawait import(${JSON.stringify(everything)});\n` },
  });
  const registry = await startMcpRegistry(t, [...recorded(), ...specified().values(), ...hostile]);
  const hub = await startHub(t, { env: { ROUNDHOUSE_REGISTRY: `${registry.url}/` } });
  await startAgent(t, hub, 'berlin');
  const add = (body: object, key?: string) => hub.call('POST', path, { version: '1.0.0', way: 0, ...body }, key);

  t.test('servers are found with their ways and values', async (t) => {
    const { status, body } = await hub.call('GET', `${path}?search=domdomegg`);
    t.equal(status, 200);
    t.match(body.data, {
      0: { name: airtable, version: '1.7.3', ways: [{ kind: 'npm' }, { kind: 'oci' }, { kind: 'mcpb' }] },
      length: 3,
    });
    const [npmWay, , mcpb] = body.data[0].ways;
    const line = 'npx -y airtable-mcp-server@1.7.3';
    t.match(npmWay, { source: 'airtable-mcp-server@1.7.3', line, runs: true, problem: '' });
    const [database] = (await hub.call('GET', `${path}?search=database-manager`)).body.data;
    const run = 'docker run -i --rm --network host -e DB_TYPE={db_type} -e DB_USERNAME ';
    t.ok(database.ways[0].line.startsWith(run), 'fixed values are filled in, values that the user gives are named');
    t.match(npmWay.values, [{ name: 'AIRTABLE_API_KEY', required: true, secret: true, default: null }]);
    t.equal(mcpb.problem, 'packages of mcpb are not supported');
    const greedy = await hub.call('GET', `${path}?search=greedy`);
    t.match(greedy.body.data[0].ways, [{ problem: 'it takes more than 200 values' }]);
    t.equal((await hub.call('GET', `${path}?search=domdomegg&limit=2`)).body.data.length, 2);
    t.same((await hub.call('GET', `${path}?search=no-such-server`)).body.data, []);
    t.equal((await hub.call('GET', `${path}?search=ab`)).status, 400);
    for (const { headers } of registry.requests) t.notMatch(JSON.stringify(headers), /authorization|api-key|cookie/i);
  });

  t.test('a server is registered as its entry says, with its secret sealed, and names what is wrong', async (t) => {
    const values = { AIRTABLE_API_KEY: SECRET };
    const tables = { name: airtable, version: '1.7.3', server: 'tables', site: 'berlin', values };
    const made = await add(tables);
    t.match([made.status, made.body.data], [201, { name: 'tables', site: 'berlin', description: /Airtable/ }]);
    const { transport } = made.body.data;
    t.match(transport, {
      command: 'npx',
      args: ['-y', 'airtable-mcp-server@1.7.3'],
      env: { AIRTABLE_API_KEY: /^\*+$/ },
    });
    const [entry] = await auditOf(hub, 'server.create');
    t.match(entry.details, { registry: airtable, version: '1.7.3' });
    t.equal((await hub.call('POST', '/api/servers/tables/connect')).status, 200);
    const { body } = await hub.call('POST', '/api/tools/get-env/invoke', {
      serverId: made.body.data.id,
      arguments: {},
    });
    t.match(JSON.stringify(body), 'AIRTABLE_API_KEY', 'the server has its variable');
    t.notMatch(JSON.stringify([made.body, entry]), SECRET);
    const script = { name: 'com.example/script', server: 'script' };
    for (const [choice, status, field] of [
      [{ ...tables, values: {} }, 400, 'values.AIRTABLE_API_KEY'],
      [{ ...tables, values: { ...values, OTHER: '1' } }, 400, 'values.OTHER'],
      [{ ...tables, values: { AIRTABLE_API_KEY: ['a', 'b'] } }, 400, 'values.AIRTABLE_API_KEY'],
      [{ ...script, values: { COUNT: 'many' } }, 400, 'values.COUNT'],
      [{ ...script, values: { COUNT: '1', LEVEL: 'none' } }, 400, 'values.LEVEL'],
      [{ ...tables, way: 2 }, 400, 'way'],
      [{ ...tables, way: 9 }, 400, 'way'],
      [{ ...tables, name: '../../v0.1/servers' }, 400, 'name'],
      [{ ...tables, version: '..' }, 400, 'version'],
      [{ ...tables, version: '9.9.9' }, 404, undefined],
      [{ ...tables, name: 'com.example/none' }, 404, undefined],
    ] as const) {
      const refused = await add(choice);
      t.match([refused.status, refused.body.details.field], [status, field], JSON.stringify(refused.body));
    }
    t.equal((await add(tables)).status, 409, 'the name is taken');
  });

  t.test('a caller adds what it could register itself', async (t) => {
    const user = await hub.key('user');
    t.equal((await hub.call('GET', `${path}?search=domdomegg`, undefined, user)).status, 403);
    t.equal((await add({ name: 'com.example/script', server: 'mine' }, user)).status, 403);
    const operator = await hub.key('operator');
    const program = { name: 'com.example/script', server: 'mine', values: { COUNT: '1' } };
    t.equal((await add(program, operator)).status, 403, 'a program needs role admin');
    const tenant = { name: 'io.modelcontextprotocol.anonymous/multi-tenant-server', server: 'tenant' };
    const values = { tenant_id: 'emea' };
    const remote = await add({ ...tenant, site: 'berlin', values }, operator);
    t.match(remote.body.data?.transport, { url: 'https://anonymous.modelcontextprotocol.io/mcp/emea' });
  });

  t.test('a registry that fails is named, and holds nothing up', async (t) => {
    let answer: readonly [number, string] = [200, ''];
    let pages = 0;
    const server = createServer((_, response) => {
      pages += 1;
      const [status, text] = answer;
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(text.replace('$', `${pages}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const other = await startHub(t, { env: { ROUNDHOUSE_REGISTRY: `http://127.0.0.1:${port}` } });
    const search = () => other.call('GET', `${path}?search=weather`);
    for (const wrong of [
      [200, 'no JSON'],
      [200, `{"servers":[${'0,'.repeat(400_000)}0]}`],
      [200, `"${'x'.repeat(3 * 1024 * 1024)}"`],
      [200, '['.repeat(500_000)],
      [301, ''],
      [500, '{"error":"out of order"}'],
    ] as const) {
      answer = wrong;
      const { status, body } = await search();
      t.match([status, body.error], [502, /the MCP registry at http/], wrong[1].slice(0, 20));
    }
    pages = 0;
    answer = [200, '{"servers":[],"metadata":{"nextCursor":"page-$"}}'];
    t.same((await search()).body.data, [], 'pages without an end');
    t.equal(pages, 20);
    server.close();
    server.closeAllConnections();
    t.match((await search()).body.error, /does not answer/);
  });

  t.test('a person finds a server in the console, fills its form, and sees it work', async (t) => {
    if (part(t, 'chromium')) await inConsole(t, hub);
  });
}

async function inConsole(t: Test, hub: Hub) {
  const visitors = await Visitors.start(t, hub);
  const page = await visitors.pageOf(t, 'admin', '/add/registry');
  const search = page.getByLabel('Name contains');
  await page.getByText('Enter 3 characters of the name.').waitFor();
  await search.fill('example/script');
  await page.getByText('1 found').waitFor();
  await page.getByText(script('title')).waitFor();
  await button(page, 'Choose com.example/script').click();
  await page.getByText(script('value')).waitFor();
  t.equal(await page.getByLabel('LEVEL').inputValue(), 'low');
  await page.getByLabel(/^--folder/).fill('/srv\n/var');
  await page.getByLabel('COUNT').fill('3');
  await button(page, 'Add the server').click();
  await page.getByRole('link', { name: 'script', exact: true }).waitFor();
  const made = (await hub.call('GET', '/api/servers/script')).body.data.transport;
  t.match(made, { args: ['-y', 'of-the-test@1.0.0', '--folder', '/srv', '--folder', '/var'], env: { COUNT: /^\*/ } });
  await hub.call('DELETE', '/api/servers/script');
  await button(page, 'Choose another').click();
  await search.fill('airtable');
  await button(page, `Choose ${airtable}`).click();
  t.same(await visitors.objections(page), []);
  await page.getByLabel('Name', { exact: true }).fill('bases');
  await page.getByLabel(/^AIRTABLE_API_KEY/).fill(SECRET);
  await page.getByLabel('Site').selectOption('berlin');
  await button(page, 'Add the server').click();
  await page.getByText(/It works and has \d+ tools/).waitFor();
  t.notOk(
    await page.evaluate<boolean>(`[...document.querySelectorAll('input')].some(({ value }) => value === '${SECRET}')`),
  );
  await page.getByRole('combobox', { name: /^Way/ }).selectOption({ index: 2 });
  await page.getByText('It cannot be added: packages of mcpb are not supported.').waitFor();
  await hub.call('POST', '/api/users', { username: 'oscar', password: ADMIN_PASSWORD, role: 'operator' });
  const operator = await visitors.pageOf(t, 'oscar', '/add/registry');
  await operator.getByLabel('Name contains').fill('airtable');
  await button(operator, `Choose ${airtable}`).click();
  await operator.getByText('your role does not add servers that run programs').waitFor();
  t.same(visitors.problems, []);
}
