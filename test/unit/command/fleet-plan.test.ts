import { Readable } from 'node:stream';
import type { Roundhouse } from '@roundhouse/sdk';
import t from 'tap';
import { readFleet } from '../../../hub/cli/fleet/document.js';
import { exportFleet } from '../../../hub/cli/fleet/export.js';
import { Access } from '../../../hub/cli/fleet/kinds/kind.js';
import { linesOf, planDifference, planOf, stepOf, summaryOf } from '../../../hub/cli/fleet/plan.js';
import { References } from '../../../hub/cli/fleet/secrets.js';

/** A server as the Connect API shows it. */
const server = (id: string, name: string) => ({
  ...{ id, name, description: '', site: 'berlin', groupId: null, enabled: true, runtime: { health: null } },
  ...{ transport: { type: 'http', url: 'http://a/' }, auth: { type: 'none' }, cache: null },
  healthCheck: { enabled: true, intervalMs: 30_000, timeoutMs: 5000 },
  rateLimits: { requestsPerMinute: null, requestsPerDay: null },
  limits: { maxConcurrentCalls: 256, maxQueue: 1024, maxResultBytes: 33_554_432, callsPerSecond: null },
  metadata: { category: null, tags: [], version: null },
});

/** A hub with servers and nothing else. */
function hubWith(servers: readonly object[]): Access {
  const none = async () => [];
  const pages = async function* () {};
  const hub = {
    connect: {
      agents: { list: none },
      sites: { list: async () => [{ name: 'berlin' }] },
      groups: { list: none },
      servers: { list: async () => servers },
      webhooks: { list: none },
    },
    backend: { externalDbConfigs: { listAll: pages }, mcpDefinitions: { listAll: pages } },
    infrastructure: { kubernetes: { listClustersAll: pages }, network: { listDevicesAll: pages } },
    automation: {
      orchestration: { listWorkflows: async () => ({ workflows: [] }) },
      alerts: { getRules: async () => ({ rules: [] }) },
    },
  };
  return new Access(hub as unknown as Roundhouse, new AbortController().signal);
}

const twins = [server('1', 'notes'), server('2', 'Notes'), server('3', 'files')];

async function plan(access: Access, servers: string) {
  const stdin = Readable.from([`apiVersion: roundhouse/v1\nservers: ${servers}`]);
  const fleet = await readFleet(['-'], { stdin });
  return planOf(access, fleet, new References({}), { prune: true, resend: false });
}

t.test(
  'servers that share a name are neither changed nor deleted: the hub does not show which is shared',
  async (t) => {
    const { tasks, notes } = await plan(hubWith(twins), '{}');
    t.match(tasks.map(stepOf), [{ action: 'delete', name: 'files' }]);
    t.equal(tasks.length, 1);
    t.match(notes, ["server 'notes' stays: the hub has several of this name"]);
    const named = await plan(hubWith(twins), '{ notes: { transport: { type: http, url: "http://b/" } } }');
    t.match(named.problems, ['servers.notes: the hub has several of this name']);
  },
);

t.test('an export leaves out servers that share a name, and reports it', async (t) => {
  const { document, notes } = await exportFleet(hubWith(twins));
  t.same(document, {
    apiVersion: 'roundhouse/v1',
    servers: { files: { site: 'berlin', connected: false, transport: { type: 'http', url: 'http://a/' } } },
  });
  t.match(notes, [/^server '(?:notes|Notes)', server '(?:notes|Notes)': the hub has several of this name/]);
});

t.test('no two secrets of an export share a variable', async (t) => {
  const headers = { 'X-Key': '********' };
  const keyed = (id: string, name: string) => ({
    ...server(id, name),
    transport: { type: 'http', url: 'http://a/', headers },
  });
  const { document } = await exportFleet(hubWith([keyed('1', 'a-b'), keyed('2', 'a.b')]));
  const variable = (fromEnv: string) => ({ transport: { headers: { 'X-Key': { fromEnv } } } });
  t.match(document.servers, { 'a-b': variable('SERVER_A_B_X_KEY'), 'a.b': variable('SERVER_A_B_X_KEY_2') });
});

t.test('a personal server is no part of plans and exports, also if it has the name of a shared server', async (t) => {
  const hub = hubWith([server('1', 'notes'), { ...server('2', 'Notes'), personal: true }]);
  const { tasks, problems } = await plan(hub, '{ notes: { transport: { type: http, url: "http://b/" } } }');
  t.match([tasks.length, tasks[0]], [1, { action: 'change', found: { id: '1' } }], String(problems));
  const { document, notes } = await exportFleet(hub);
  t.same([Object.keys(document.servers as object), notes], [['notes'], []]);
});

t.test('a plan is shown in lines, with marks for secrets', async (t) => {
  const transport = '{ type: http, url: "http://a/", headers: { X-Key: { fromEnv: KEY } } }';
  const { tasks, secrets, unchanged } = await plan(
    hubWith([server('1', 'old')]),
    `{ old: { transport: ${transport}, connected: false, description: new } }`,
  );
  const [task] = tasks.map(stepOf);
  t.same(task && linesOf(task), [
    "~ server 'old'",
    '    description: "" -> "new"',
    '    transport.headers.X-Key: nothing -> (secret)',
  ]);
  t.same(secrets, [{ source: 'variable KEY', for: ["server 'old'"], problem: 'it is not set here' }]);
  t.equal(summaryOf({ tasks, unchanged }), '0 to create, 1 to change, 0 to delete, 0 unchanged');
});

t.test('the difference of two plans has the steps of each that the other lacks', (t) => {
  const made = { action: 'create', kind: 'group', name: 'a', changes: [] } as const;
  const deleted = { ...made, action: 'delete' } as const;
  t.same(planDifference([made], [made]), []);
  const other = { ...made, name: 'b' };
  t.same(planDifference([made, other], [other, made]), [], 'the order does not matter');
  t.same(planDifference([made, other], [other]), ["before: + group 'a'"]);
  t.same(planDifference([made], [deleted]), ["before: + group 'a'", "now:    - group 'a'"]);
  t.end();
});
