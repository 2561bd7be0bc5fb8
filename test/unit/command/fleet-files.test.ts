import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t from 'tap';
import { parse } from 'yaml';
import { fleetSchema, readFleet } from '../../../hub/cli/fleet/document.js';
import { References } from '../../../hub/cli/fleet/secrets.js';
import { failureOf } from '../../../hub/cli/frame/failures.js';
import { blocks } from '../../kit/markdown.js';
import { tempFolder } from '../../temp-folder.js';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
formats.default(ajv);
const fits = ajv.compile(fleetSchema());

/** Reads a fleet from standard input. */
const read = (text: string) => readFleet(['-'], { stdin: Readable.from([text]) });

const whole = `
apiVersion: roundhouse/v1
groups:
  office: { description: Servers of the office }
databases:
  orders: { type: postgresql, host: db.example.com, port: 5432, password: { fromEnv: ORDERS } }
clusters:
  prod: { kubeconfig: { fromFile: prod.kubeconfig } }
devices:
  core: { type: frr, host: 192.0.2.1, username: admin, password: { fromEnv: CORE } }
servers:
  files:
    group: office
    transport: { type: stdio, command: npx, args: [-y, some-server], env: { LEVEL: info, TOKEN: { fromEnv: TOKEN } } }
    auth: { type: none }
workflows:
  sweep: { steps: [{ name: check, kind: test_run, on_error: stop }] }
webhooks:
  - { url: https://hooks.example.com/a, events: [server.error], secret: { fromFile: hook } }
  - { url: https://hooks.example.com/a, events: [tool.error], secret: { fromFile: hook } }
alertRules:
  latency: { threshold: 5000, clearThreshold: 4000 }
`;

t.test('a fleet has the records of all sections, with the defaults of absent fields', async (t) => {
  const fleet = await read(whole);
  const names = [...fleet].map(([section, records]) => [section, records.map(({ name }) => name)]);
  t.match(names, [
    ['groups', ['office']],
    ['databases', ['orders']],
    ['clusters', ['prod']],
    ['devices', ['core']],
  ]);
  t.match(fleet.get('webhooks'), [
    { name: 'https://hooks.example.com/a' },
    { name: 'https://hooks.example.com/a (2)' },
  ]);
  t.match(fleet.get('servers')?.[0]?.value, {
    enabled: true,
    connected: true,
    limits: { maxQueue: 1024 },
    cache: null,
  });
  t.match(fleet.get('devices')?.[0]?.value, { port: 22, autoConnect: true, jumpHost: null });
  t.same(fleet.get('alertRules')?.[0]?.value, { threshold: 5000, clearThreshold: 4000 }, 'thresholds have no default');
});

t.test('any number of records share fields by anchors and merge keys', async (t) => {
  const others = Array.from({ length: 300 }, (_, n) => `  s${n}: { <<: *common, description: number ${n} }`);
  const common = 'common: &common { site: berlin, transport: { type: http, url: "http://a" } }';
  const fleet = await read(['apiVersion: roundhouse/v1', 'servers:', `  ${common}`, ...others].join('\n'));
  t.equal(fleet.get('servers')?.length, 301);
  t.match(fleet.get('servers')?.at(-1), { name: 's299', value: { site: 'berlin', description: 'number 299' } });
});

t.test('a large fleet is read, and a repeated key is named with its line', async (t) => {
  const groups = Array.from({ length: 60_000 }, (_, n) => `  g${n}: {description: ${'x'.repeat(60)}}\n`).join('');
  const fleet = await read(`apiVersion: roundhouse/v1\ngroups:\n${groups}`);
  t.equal(fleet.get('groups')?.length, 60_000);
  const twice = 'apiVersion: roundhouse/v1\ngroups:\n  a: {}\n  b: {icon: x, icon: y}\n  a: {}\n';
  await t.rejects(read(twice), {
    message: "standard input: line 5: 'a' is there already\nstandard input: line 4: 'icon' is there already",
  });
});

t.test('an empty document at the end is left out, and an empty file is refused', async (t) => {
  t.match((await read('apiVersion: roundhouse/v1\ngroups: {a: {}}\n---\n')).get('groups'), [{ name: 'a' }]);
  for (const empty of ['', '\n', '# a comment\n', '---\n'])
    await t.rejects(read(empty), { message: 'standard input: the file is empty' }, JSON.stringify(empty));
});

t.test('the error for a folder in place of a file says that it is a folder', async (t) => {
  const error = await readFleet([tempFolder(t)], { stdin: Readable.from([]) }).catch((error: unknown) => error);
  t.match(failureOf(error), { message: 'a folder is given, and a file is needed', reason: 'failed' });
});

t.test('documents and files are merged, and a name may occur only once', async (t) => {
  const folder = tempFolder(t, {
    'a.yaml': 'apiVersion: roundhouse/v1\ngroups: { one: {} }\n---\napiVersion: roundhouse/v1\ngroups: { two: {} }\n',
    'b.yaml': 'apiVersion: roundhouse/v1\ngroups: { One: {} }\n',
  });
  const [a, b] = ['a.yaml', 'b.yaml'].map((name) => join(folder, name)) as [string, string];
  const stdin = Readable.from([]);
  t.same(
    (await readFleet([a], { stdin })).get('groups')?.map(({ name }) => name),
    ['one', 'two'],
  );
  await t.rejects(readFleet([a, b], { stdin }), { message: `${b}: groups.One: is there already` });
});

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const server = (text: string) => `apiVersion: roundhouse/v1\nservers:\n  files:\n${text.replaceAll(/^/gm, '    ')}`;

for (const [what, text, mistakes] of [
  ['another version', 'apiVersion: v2', ['apiVersion: must be roundhouse/v1']],
  [
    'an unknown section',
    'apiVersion: roundhouse/v1\nserver: {}',
    ['server: is not a known section; known: sites, groups,'],
  ],
  ['a section of another form', 'apiVersion: roundhouse/v1\ngroups: []', ['groups: must be an object']],
  [
    'an unknown field',
    server('transport: {type: http, url: "http://a", header: {}}'),
    ['servers.files.transport.header:'],
  ],
  [
    'several mistakes in several records',
    `${server('enabled: maybe\nsite: "*"')}\n  notes: {transport: {type: stdio}}`,
    [
      'servers.files.transport: is required',
      'servers.files.enabled: must be true or false',
      'servers.files.site: must have',
      'servers.notes.transport.command: is required',
    ],
  ],
  [
    'a secret in the file',
    server('transport: {type: http, url: "http://a"}\nauth: {type: api_key, key: abc}'),
    ['servers.files.auth.key: must be a reference to the secret: {fromEnv: NAME} or {fromFile: PATH}'],
  ],
  [
    'a reference to two places',
    server('transport: {type: http, url: "http://a"}\nauth: {type: api_key, key: {fromEnv: A, fromFile: b}}'),
    ['servers.files.auth.key: must have'],
  ],
  [
    'an unknown rule',
    'apiVersion: roundhouse/v1\nalertRules: {late: {}}',
    ['alertRules.late: must be one of: server_down'],
  ],
  [
    'hidden characters in names',
    ['groups', 'databases', 'clusters', 'devices', 'servers', 'workflows']
      .map((section) => `${section}: {"a\\u202eb": {}}`)
      .reduce((text, section) => `${text}\n${section}`, 'apiVersion: roundhouse/v1'),
    ['groups', 'databases', 'servers', 'workflows'].map(
      (section) => `${section}.a\u202eb: must have no control, direction or other invisible characters`,
    ),
  ],
  ['deep values', `apiVersion: roundhouse/v1\na: ${nested(100)}`, ['line 2: values are nested more than 100 levels']],
  ['values too deep for a parser', `a: ${nested(100_000)}`, ['line 1: values are nested more than 100 levels deep']],
  ['YAML with a mistake', 'apiVersion: roundhouse/v1\ngroups: {a: {}, a: {}}', ["line 2: 'a' is there already"]],
] as const) {
  t.test(`each mistake is named by its path: ${what}`, async (t) => {
    const error = await read(text).then(
      () => new Error('the file was read'),
      (error: Error) => error,
    );
    for (const mistake of mistakes) t.match(error.message, `standard input: ${mistake}`);
    t.notMatch(error.message, 'abc', 'the message holds no secret');
  });
}

t.test('the JSON Schema accepts and refuses the same files as the command', (t) => {
  t.ok(fits(parse(whole)), JSON.stringify(fits.errors));
  t.notOk(fits(parse(server('transport: {type: http, url: "http://a"}\nauth: {type: api_key, key: abc}'))));
  t.notOk(fits(parse('apiVersion: roundhouse/v1\nalertRules: {late: {}}')));
  t.notOk(fits(parse('apiVersion: roundhouse/v2')));
  t.end();
});

t.test('the file of the guide is a fleet', async (t) => {
  const [text = ''] = blocks('docs/guides/fleet-as-files.md', 'yaml');
  t.equal((await read(text)).size, 9, 'it has every section');
  t.ok(fits(parse(text)), JSON.stringify(fits.errors));
});

t.test('references are read from variables and from files next to the fleet’s file', async (t) => {
  const key = '-----BEGIN KEY-----\nabc\n-----END KEY-----\n';
  const folder = tempFolder(t, { 'one-line': 'secret\n', key });
  const references = new References({ NAME: 'value', EMPTY: '' });
  t.equal(await references.valueOf({ fromEnv: 'NAME' }), 'value');
  t.equal(await references.valueOf({ fromFile: join(folder, 'one-line') }), 'secret');
  t.equal(await references.valueOf({ fromFile: join(folder, 'key') }), key);
  t.equal(await references.problemOf({ fromEnv: 'EMPTY' }), 'it is not set here');
  t.match(await references.problemOf({ fromFile: join(folder, 'none') }), 'none');
  t.same(await references.fill({ a: [{ fromEnv: 'NAME' }], b: 'text' }), { a: ['value'], b: 'text' });
});
