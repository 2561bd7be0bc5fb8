import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../automation.js';
import { type Call, commands, elsewhere, type Form, forms, inEachForm, runElsewhere } from '../kit/commands.js';
import { Receiver } from '../receiver.js';
import { commandLine, everything, fixture, startAgent } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { sample } from '../updates.js';
import { faulty } from './suite-runs.js';

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
  'webhook-secret': `whsec_${'a'.repeat(32)}`,
  'definition.yaml': 'type: npm\npackage: mcp-sample\n',
  'fleet.yaml': 'apiVersion: roundhouse/v1\ngroups:\n  described: {}\n',
});
const file = (name: string) => join(folder, name);
const cli = commandLine(t, hub);
const receiver = await new Receiver().listen(t);
receiver.secret = readFileSync(file('webhook-secret'), 'utf8');
await hub.connectServer({
  name: 'good',
  transport: { type: 'stdio', command: process.execPath, args: [faulty('good')] },
});
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
/** A job that runs at once, or at another time. */
const jobOf = async (...when: string[]) => (await cli.run(['workflow', 'run', 'works', ...when])).stdout.trim();
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
  'template list': () => ({}),
  'template show': () => ({ args: ['builtin-memory'] }),
  'definition add': (form) => ({ args: [form, file('definition.yaml')] }),
  'definition list': () => ({}),
  'definition show': (form) => ({ args: [form] }),
  'definition set': (form) => ({ args: [form, file('definition.yaml')] }),
  'definition register': (form) => ({ args: [form, `defined-${form}`, '--site', 'lisbon'] }),
  'definition update': (form) => ({ args: [form, `defined-${form}`] }),
  'tool list': () => ({}),
  'tool search': () => ({ args: ['echo'] }),
  'tool show': (form) => ({ args: ['echo', '--server', form] }),
  'tool call': (form) => ({ args: ['echo', '--server', form, 'message=hello'] }),
  'group create': (form) => ({ args: [form] }),
  'group list': () => ({}),
  'group add': (form) => ({ args: [form, form] }),
  'group remove': (form) => ({ args: [form, '--yes'] }),
  'cache show': () => ({}),
  'cache clear': () => ({ args: ['--yes'] }),
  'database add': (form) => ({
    args: [
      form,
      '127.0.0.1',
      '--type',
      'redis',
      '--port',
      '1',
      '--site',
      'lisbon',
      '--password-file',
      file('password'),
    ],
  }),
  'database list': () => ({}),
  'database show': (form) => ({ args: [form] }),
  // Nothing listens there.
  'database check': (form) => ({ args: [form], code: 6 }),
  'database remove': (form) => ({ args: [form, '--yes'] }),
  event: () => ({}),
  'workflow list': () => ({}),
  'workflow show': () => ({ args: ['works'] }),
  'workflow diff': async () => ({ args: [await jobOf(), await jobOf()] }),
  'workflow decide': async () => {
    const run = (await cli.run(['workflow', 'run', 'asks'])).stdout.trim();
    await until(
      hub,
      `/automation/api/v1/orchestration/workflows/${run}`,
      ({ data }) => data.steps[0].waits_for !== null,
    );
    return { args: [run, 'approve', '--comment', 'go'] };
  },
  'workflow retry': async () => {
    const run = (await cli.run(['workflow', 'run', 'asks'])).stdout.trim();
    await hub.call('POST', `/automation/api/v1/orchestration/workflows/${run}/cancel`, {});
    return { args: [run] };
  },
  'trigger create': (form) => ({ args: [form, 'works', ...(form === 'json' ? [] : ['--on', 'alert.new'])] }),
  'trigger list': () => ({}),
  'trigger disable': (form) => ({ args: [form] }),
  'trigger enable': (form) => ({ args: [form] }),
  'trigger remove': (form) => ({ args: [form, '--yes'] }),
  'workflow run': () => ({ args: ['works', '--wait'] }),
  'test run': () => ({ args: ['good', '--type', 'unit', '--wait'] }),
  'test list': () => ({}),
  'test show': async () => ({ args: [(await cli.json('test', 'list'))[0].test_id] }),
  'job list': () => ({}),
  'job show': () => ({ args: [job] }),
  'job wait': () => ({ args: [job] }),
  'alert rules': () => ({}),
  'webhook add': (form) => ({ args: [`${receiver.url}/${form}`, '--secret-file', file('webhook-secret')] }),
  'webhook list': () => ({}),
  'webhook show': (form) => ({ args: [`${receiver.url}/${form}`] }),
  'webhook set': (form) => ({ args: [`${receiver.url}/${form}`, '--events', 'server.error'] }),
  'webhook test': (form) => ({ args: [`${receiver.url}/${form}`] }),
  'webhook remove': (form) => ({ args: [`${receiver.url}/${form}`, '--yes'] }),
  'audit list': () => ({}),
  'audit export': () => ({}),
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
  'docker-plugin install': (form) => ({ args: ['--folder', file(`${form}-plugins`)] }),
  'docker-plugin remove': (form) => ({ args: ['--folder', file(`${form}-plugins`), '--yes'] }),
  doctor: () => ({}),
  bugreport: (form) => ({ args: [file(`${form}-report.json`)] }),
  completion: () => ({ args: ['bash'] }),
  // After `doctor`, which finds the broken servers.
  'alert acknowledge': async (form) => ({ args: [await alertAbout(`broken-${form}`)] }),
  'alert list': () => ({}),
  'job cancel': async () => ({ args: [await jobOf('--schedule', '2100-01-01T00:00:00Z')] }),
  'agent revoke': (form) => ({ args: [form, '--yes'] }),
  'server remove': (form) => ({ args: [form, '--yes'] }),
  'definition remove': async (form) => {
    await cli.run(['server', 'remove', `defined-${form}`, '--yes']);
    return { args: [form, '--yes'] };
  },
};

t.test('each command has its call here, or in the test of what it needs', (t) => {
  const files = Object.keys(elsewhere) as (keyof typeof elsewhere)[];
  const known = [...Object.keys(calls), ...files.flatMap((file) => runElsewhere(file))];
  t.same(known.toSorted(), commands.map(([name]) => name).toSorted());
  t.end();
});

t.test('each command does its work for a person and for a program', async (t) => {
  for (const [name, callOf] of Object.entries(calls)) await inEachForm(t, cli, name, callOf);
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
