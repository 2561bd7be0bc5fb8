import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { until } from '../automation.js';
import { commands } from '../kit/commands.js';
import { commandLine, everything, fixture, startAgent } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { sample } from '../updates.js';

/** Commands that need more than a hub and its sites, and the file of the test that runs them. */
const elsewhere: Readonly<Record<string, string>> = {
  'docker list|images|show|logs|start|stop|restart|exec|remove|pull': 'cli-parts',
  'cluster show|check|namespaces|pods|logs|exec|deployments|scale': 'cli-parts',
  'device connect|disconnect|run|config|configure|backup': 'cli-parts',
  'registry search|show|add': 'cli-registry',
  'docker-plugin install|remove': 'cli-docker-mcp',
  'mcp ': 'mcp-modern-stdio',
};
interface Call {
  readonly args?: readonly string[];
  readonly input?: string;
  /** Default: 0. */
  readonly code?: number;
}

/** A table for a person, and the forms for programs. */
const forms = ['plain', 'json', 'yaml', 'quiet'] as const;
type Form = (typeof forms)[number];

const versions = { '1.0.0': 'works', '1.1.0': 'works' } as const;
const { hub, agent } = await sample(t, versions);
for (const form of forms) await startAgent(t, hub, 'lisbon', ['--name', form]);
const folder = tempFolder(t, {
  token: 'cluster-secret\n',
  password: 'device-secret\n',
  key: 'mcp_key_of_the_test\n',
  ...Object.fromEntries(
    forms.map((form) => {
      const server = { command: process.execPath, args: [everything] };
      return [`${form}.json`, JSON.stringify({ mcpServers: { [`imported-${form}`]: server } })];
    }),
  ),
  'fleet.yaml': 'apiVersion: roundhouse/v1\ngroups:\n  described: {}\n',
});
const file = (name: string) => join(folder, name);
const cli = commandLine(t, hub);
const call = { name: 'call', kind: 'tool_call', with: { server: 'sample', tool: 'version', arguments: {} } };
const workflow = { name: 'works', description: 'calls a tool', parameters: {}, steps: [call] };
const made = await hub.call('POST', '/automation/api/v1/orchestration/workflows', workflow);
if (made.status !== 201) throw new Error(JSON.stringify(made.body));
const asking = {
  name: 'asks',
  description: '',
  parameters: {},
  steps: [{ id: 'ask', kind: 'approval', with: { question: 'Go on?' } }],
};
await hub.call('POST', '/automation/api/v1/orchestration/workflows', asking);
// A server that cannot start is an alert after a second.
await hub.call('PUT', '/automation/api/v1/alerts/rules', { rules: [{ rule: 'server_down', threshold: 1 }] });
/** The id of an alert about a server with this name. */
const alertAbout = async (name: string) => {
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('exits')] };
  await hub.call('POST', '/api/servers', { name, transport });
  await hub.call('POST', `/api/servers/${name}/connect`);
  const about = ({ server }: { server: string | null }) => server === name;
  const { body } = await until(hub, '/automation/api/v1/alerts', ({ data }) => data.alerts.some(about));
  return body.data.alerts.find(about).id;
};
const jobOf = async () => (await cli.run(['workflow', 'run', 'works'])).stdout.trim();
const job = await jobOf();

/** The call of each command, in the order in which they are run. A change is made once in each form, with a name of its own. */
const calls: Readonly<Record<string, (form: Form) => Call | Promise<Call>>> = {
  status: () => ({}),
  'site list': () => ({}),
  'site show': () => ({ args: ['lisbon'] }),
  'agent list': () => ({}),
  'agent show': () => ({ args: [agent.id] }),
  'agent ping': (form) => ({ args: [form] }),
  'server add': (form) => ({ args: [form, '--site', 'lisbon', '--', process.execPath, everything] }),
  'server list': () => ({}),
  'server show': (form) => ({ args: [form] }),
  'server set': (form) => ({ args: [form, '--description', form] }),
  'server import': (form) => ({ args: [file(`${form}.json`), '--site', 'lisbon', '--yes'] }),
  'server disconnect': (form) => ({ args: [form] }),
  'server connect': (form) => ({ args: [form] }),
  'server restart': (form) => ({ args: [form] }),
  'server logs': (form) => ({ args: [form] }),
  'server updates': () => ({}),
  'server update': (form) => ({
    args: ['sample', '--version', form === 'plain' || form === 'yaml' ? '1.1.0' : '1.0.0'],
  }),
  'server rollback': (form) => ({
    args: ['sample', '--version', form === 'plain' || form === 'yaml' ? '1.1.0' : '1.0.0'],
  }),
  'tool list': () => ({}),
  'tool search': () => ({ args: ['echo'] }),
  'tool show': (form) => ({ args: ['echo', '--server', form] }),
  'tool call': (form) => ({ args: ['echo', '--server', form, 'message=hello'] }),
  'group create': (form) => ({ args: [form] }),
  'group list': () => ({}),
  'group add': (form) => ({ args: [form, form] }),
  'group remove': (form) => ({ args: [form, '--yes'] }),
  event: () => ({}),
  'workflow list': () => ({}),
  'workflow show': () => ({ args: ['works'] }),
  'workflow decide': async () => {
    const run = (await cli.run(['workflow', 'run', 'asks'])).stdout.trim();
    await until(
      hub,
      `/automation/api/v1/orchestration/workflows/${run}`,
      ({ data }) => data.steps[0].waits_for !== null,
    );
    return { args: [run, 'approve', '--comment', 'go'] };
  },
  'trigger create': (form) => ({ args: [form, 'works', ...(form === 'json' ? [] : ['--on', 'alert.new'])] }),
  'trigger list': () => ({}),
  'trigger disable': (form) => ({ args: [form] }),
  'trigger enable': (form) => ({ args: [form] }),
  'trigger remove': (form) => ({ args: [form, '--yes'] }),
  'workflow run': () => ({ args: ['works', '--wait'] }),
  'job list': () => ({}),
  'job show': () => ({ args: [job] }),
  'job wait': () => ({ args: [job] }),
  'alert list': () => ({}),
  'alert rules': () => ({}),
  'audit list': () => ({}),
  'audit export': () => ({}),
  'docker hosts': () => ({}),
  'cluster add': (form) => ({
    args: [form, '--address', 'https://127.0.0.1:1', '--token-file', file('token'), '--site', 'lisbon'],
  }),
  'cluster list': () => ({}),
  'cluster remove': (form) => ({ args: [form, '--yes'] }),
  'device add': (form) => ({
    args: [
      ...[form, '127.0.0.1', '--port', '1', '--type', 'frr', '--user', 'admin', '--site', 'lisbon'],
      ...['--password-file', file('password')],
    ],
  }),
  'device list': () => ({}),
  'device show': (form) => ({ args: [form] }),
  'device backups': (form) => ({ args: [form] }),
  'device remove': (form) => ({ args: [form, '--yes'] }),
  'token create': () => ({ args: ['--site', 'oslo'] }),
  'token list': () => ({}),
  'token revoke': async () => ({ args: [(await cli.json('token', 'list'))[0].id] }),
  'key create': (form) => ({ args: ['--name', form] }),
  'key list': () => ({}),
  'key revoke': (form) => ({ args: [form] }),
  'user create': (form) => ({ args: [form, '--role', 'operator'], input: 'a-long-password-1\na-long-password-1\n' }),
  'user list': () => ({}),
  'user role': (form) => ({ args: [form, 'user'] }),
  'user password': (form) => ({ args: [form], input: 'a-long-password-2\na-long-password-2\n' }),
  'user remove': (form) => ({ args: [form, '--yes'] }),
  plan: () => ({ args: ['-f', file('fleet.yaml')], code: 2 }),
  apply: () => ({ args: ['-f', file('fleet.yaml'), '--yes'] }),
  export: () => ({}),
  backup: (form) => ({ args: [file(`${form}.backup`)] }),
  'context add': (form) => ({ args: [form, '--hub', hub.url, '--key-file', file('key')] }),
  'context list': () => ({}),
  'context set': (form) => ({ args: [form, '--registry', 'https://registry.example.org'] }),
  'context use': (form) => ({ args: [form] }),
  'context remove': (form) => ({ args: [form] }),
  'client list': () => ({}),
  'client setup': (form) => ({ args: ['cursor', '--yes', '--name', form] }),
  doctor: () => ({}),
  bugreport: (form) => ({ args: [file(`${form}-report.json`)] }),
  completion: () => ({ args: ['bash'] }),
  // After `doctor`, which finds the broken servers.
  'alert acknowledge': async (form) => ({ args: [await alertAbout(`broken-${form}`)] }),
  'job cancel': async () => ({ args: [await jobOf()] }),
  'agent revoke': (form) => ({ args: [form, '--yes'] }),
  'server remove': (form) => ({ args: [form, '--yes'] }),
};

t.test('each command has its call here, or in the test of what it needs', (t) => {
  const others = Object.entries(elsewhere).flatMap(([pattern, test]) => {
    const [noun = '', verbs = ''] = pattern.split(' ');
    return verbs.split('|').map((verb) => [`${noun} ${verb}`.trim(), test] as const);
  });
  const known = [...Object.keys(calls), ...others.map(([name]) => name)];
  t.same(known.toSorted(), commands.map(([name]) => name).toSorted());
  for (const [name, test] of others) {
    const source = readFileSync(new URL(`${test}.test.ts`, import.meta.url), 'utf8');
    t.ok(
      name.split(' ').every((word) => new RegExp(`['" ]${word}['" ]`).test(source)),
      `${name} in ${test}`,
    );
  }
  t.end();
});

/** Commands that print the items of a stream. */
const streams = ['event', 'server logs'];

/** The values that a program reads from the output of a command. */
function valuesIn(name: string, form: 'json' | 'yaml', output: string): unknown[] {
  if (form === 'yaml')
    return parseAllDocuments(output).map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS();
    });
  return (streams.includes(name) ? output.split('\n').filter(Boolean) : [output]).map((text) => JSON.parse(text));
}

t.test('each command does its work for a person and for a program', async (t) => {
  for (const [name, callOf] of Object.entries(calls)) {
    const { isPlain } = new Map(commands).get(name) ?? {};
    let kinds: string[] = [];
    for (const form of isPlain ? (['plain'] as const) : forms) {
      const { args = [], input = '', code = 0 } = await callOf(form);
      const words = [...name.split(' '), ...(form === 'plain' ? [] : [`--${form}`]), ...args];
      const ended = await cli.run(words, { input, isTerminal: form === 'plain' });
      t.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
      if (form === 'quiet' && !streams.includes(name)) t.notMatch(ended.stdout, /\S {2,}\S/, `${name}: no columns`);
      if (form !== 'json' && form !== 'yaml') continue;
      const read = valuesIn(name, form, ended.stdout).map((value) => typeof value);
      if (form === 'json') kinds = [...new Set(read)];
      // Any table is a text of YAML.
      t.same([...new Set(read)], kinds, `${name}: ${ended.stdout.slice(0, 200)}`);
    }
  }
});

t.test('each command that uses a hub takes --hub', (t) => {
  for (const [name, { hub }] of commands) {
    const isLocal =
      /^(?:context (?:list|set|use|remove)|client list|registry (?:search|show)|docker-plugin \w+|completion)$/.test(
        name,
      );
    t.equal(hub !== 'none' || name === 'context add', !isLocal, name);
  }
  t.end();
});
