import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { readFleet } from '../../hub/cli/fleet/document.js';
import { ended } from '../automation.js';
import { as } from '../backend.js';
import { startPostgresql } from '../fixtures/databases/databases.js';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { borrowEngine, dockerParts } from '../fixtures/docker/engine.js';
import { startFrr } from '../fixtures/frr/frr.js';
import { borrowCluster, kubernetesParts } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { wait } from '../kit/wait.js';
import { addCluster } from '../kubernetes.js';
import { addDevice } from '../network.js';
import { part } from '../parts.js';
import { ADMIN_KEY, commandLine, fixture, type Hub, startAgent } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { npx, sample, version } from '../updates.js';

const folder = fileURLToPath(new URL('../../docs/workflows', import.meta.url));
const workflows = '/automation/api/v1/orchestration/workflows';
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const ran = new Set<string>();

const readText = (path: string) => readFileSync(path, 'utf8');

/** Runs an example with parameters; gives the run once it is over. */
async function run(hub: Hub, name: string, parameters: object = {}) {
  ran.add(`${name}.yaml`);
  const begun = await hub.call('POST', `${workflows}/execute`, { workflow: name, parameters });
  if (begun.status !== 202) throw new Error(JSON.stringify(begun.body));
  return ended(hub, `${workflows}/${begun.body.data.workflow_id}`);
}

async function define(hub: Hub, name: string, definition: object): Promise<void> {
  const { status, body } = await hub.call('POST', workflows, { description: '', parameters: {}, ...definition, name });
  if (status !== 201) throw new Error(JSON.stringify(body));
}

const statuses = ({ steps }: { steps: readonly { name: string; status: string }[] }) =>
  Object.fromEntries(steps.map(({ name, status }) => [name, status]));

/** Runs the command that stands in the comments of an example. */
async function runCommand(t: Test, hub: Hub, name: string): Promise<void> {
  const comments = readText(join(folder, `${name}.yaml`)).replaceAll(' \\\n#', '');
  const [, line = ''] = /^# roundhouse (.*)$/m.exec(comments) ?? [];
  const words = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
  const { code, stderr } = await commandLine(t, hub).run(words);
  if (code !== 0) throw new Error(stderr);
}

/** A receiver of webhooks: its address, and what came. */
async function receiver(t: Test) {
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of what it reads
  const received: any[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    received.push(JSON.parse((await request.toArray()).join('')));
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received };
}

// Agents look for their engine when they start.
const engine = dockerParts(t) && part(t, 'busybox') ? await borrowEngine(t) : undefined;
/** A hub with the agents of two sites. */
const { hub } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works', '2.0.0': 'works' });
await startAgent(t, hub, 'lima');
const hook = await receiver(t);
const { url } = hook;

t.test('all examples are files that the command line applies', async (t) => {
  t.equal(files.length, 13);
  for (const file of files) {
    const path = join(folder, file);
    const fleet = await readFleet([path], { stdin: process.stdin });
    t.same(
      fleet.get('workflows')?.map(({ name }) => name),
      [file.replace('.yaml', '')],
    );
    const { workflows: defined } = parse(readText(path)) as { workflows: Record<string, object> };
    for (const [name, definition] of Object.entries(defined)) await define(hub, name, definition);
  }
});

t.test('rolling-update: all go to the new version, or the first goes back', async (t) => {
  await hub.connectServer({ ...npx('second', 'mcp-sample@1.0.0'), site: 'local' });
  const good = await run(hub, 'rolling-update', { others: ['second'], version: '1.1.0' });
  t.match(statuses(good), { canary: 'completed', probe: 'completed', rest: 'completed' });
  t.equal(await version(hub), '1.1.0');
  const bad = await run(hub, 'rolling-update', { others: ['second'], version: '2.0.0', tool: 'no-such-tool' });
  t.match(bad.status, 'failed');
  t.match(statuses(bad), { canary: 'completed', probe: 'failed', rest: 'pending', go_back: 'completed' });
  t.equal(await version(hub), '1.1.0', 'the first is back');
});

t.test('revive-servers: a server that stays away is reported', async (t) => {
  const command = { type: 'stdio', command: process.execPath, args: ['-e', 'process.exit(3)'] };
  await hub.call('POST', '/api/servers', { name: 'sick', site: 'lima', transport: command });
  await hub.call('POST', '/api/servers/sick/connect');
  const done = await run(hub, 'revive-servers', { servers: ['sick', 'sample'], url });
  t.match(done, { status: 'completed' });
  t.same(hook.received.pop(), { down: ['sick'] });
  await hub.call('DELETE', '/api/servers/sick');
  t.match(statuses(await run(hub, 'revive-servers', { servers: ['sample'], url })), {
    again: 'skipped',
    tell: 'skipped',
  });
});

t.test('restart-on-memory-alert: the alert asks a person, and the approved restart is made', async (t) => {
  await runCommand(t, hub, 'restart-on-memory-alert');
  const starts = join(tempFolder(t), 'starts');
  const mebibytes = Math.max(256, Math.ceil((totalmem() / 1024 ** 2) * 0.002));
  const script = `echo started >> '${starts}'; exec '${process.execPath}' '${fixture('hungry')}' ${mebibytes}`;
  const transport = { type: 'stdio', command: 'sh', args: ['-c', script] };
  const startsOf = () => readText(starts).trim().split('\n').length;
  await hub.connectServer({ name: 'hungry', transport, site: 'local' });
  const rule = { rule: 'server_memory', threshold: 0.001, clear_threshold: 0.0005 };
  await hub.call('PUT', '/api/v1/alerts/rules', { rules: [rule] });
  // Each server with so much memory has an alert, and so a run.
  const waiting = await wait('the run asks a person', async () => {
    const { items } = (await as(hub, ADMIN_KEY)('GET', '/workflow-runs?status=running')).body;
    const mine = items.find(({ parameters }: { parameters: { server?: string } }) => parameters.server === 'hungry');
    if (!mine) return false;
    const path = `${workflows}/${mine.id}`;
    const [{ waits_for } = { waits_for: null }] = (await hub.call('GET', path)).body.data.steps;
    return waits_for && { path, question: waits_for.question };
  });
  t.match(waiting.question, /'hungry' uses .* memory, .* Restart server 'hungry'\?$/);
  t.equal(startsOf(), 1, 'no restart without the approval');
  await hub.call('POST', `${waiting.path}/decide`, { step: 'ask', decision: 'approve' }, await hub.key('operator'));
  t.match(await ended(hub, waiting.path), { status: 'completed', results: { look: { state: 'running' } } });
  t.equal(startsOf(), 2);
  ran.add('restart-on-memory-alert.yaml');
  await hub.call('DELETE', '/api/servers/hungry');
});

t.test('cleanup-if-needed: deletes where there is enough', async (t) => {
  const none = await run(hub, 'cleanup-if-needed', { least_files: 1_000_000 });
  t.match(statuses(none), { count: 'completed', delete: 'skipped' });
  t.match(statuses(await run(hub, 'cleanup-if-needed', { least_files: 0 })), { delete: 'completed' });
});

t.test('network devices', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const frr = await startFrr(t);
  await addDevice(hub, 'edge-1', 'frr', frr, { site: 'lima', tags: ['edge'] });

  await t.test('nightly-config-backup: differences go to the webhook', async (t) => {
    await runCommand(t, hub, 'nightly-config-backup');
    const { schedules } = (await hub.call('GET', '/automation/api/v1/orchestration/schedules')).body.data;
    t.match(schedules, [{ workflow: 'nightly-config-backup', cron: '30 2 * * *' }]);
    t.match(await run(hub, 'nightly-config-backup', { url }), { status: 'completed' });
    t.match(hook.received.pop(), { changed: [{ device: 'edge-1' }] });
    t.match(statuses(await run(hub, 'nightly-config-backup', { url })), { tell: 'skipped' }, 'nothing changed since');
    await frr.vtysh('configure terminal', 'ip route 198.51.100.0/24 blackhole');
    await run(hub, 'nightly-config-backup', { url });
    t.match(hook.received.pop(), { changed: [{ device: 'edge-1', diff: /\+ip route 198\.51\.100\.0/ }] });
  });

  await t.test('device-compliance: reports, and repairs only if asked to', async (t) => {
    const asked = await run(hub, 'device-compliance');
    t.match(asked.results, { missing: { devices: ['edge-1'] } });
    t.notMatch(await frr.vtysh('show running-config'), '192.0.2.0/24');
    t.match(await run(hub, 'device-compliance', { repair: true }), { status: 'completed' });
    t.match(await frr.vtysh('show running-config'), 'ip route 192.0.2.0/24 blackhole');
    t.match((await run(hub, 'device-compliance')).results, { missing: { devices: { length: 0 } } });
  });

  await t.test('staged-device-change: a change that does not pass its check is taken back', async (t) => {
    const config = (words: string) => `interface lo\n description ${words}`;
    const good = await run(hub, 'staged-device-change', { config: config('good') });
    t.match(statuses(good), { commit: 'completed', restore_if_not_well: 'skipped' });
    const bad = await run(hub, 'staged-device-change', { config: config('bad'), expected: 'is never printed' });
    t.match(statuses(bad), { commit: 'completed', restore_if_not_well: 'completed' });
    t.match(await frr.vtysh('show running-config'), 'description good');
  });
});

t.test('databases', async (t) => {
  const database = await startPostgresql(t);
  if (!database) return;
  const { database: db_name, type: db_type, ...rest } = database;
  await as(hub, ADMIN_KEY)('POST', '/external-db-configs', {
    ...rest,
    name: 'inventory',
    db_type,
    db_name,
    site: 'lima',
  });
  const tables = [
    'create table certificates (host text primary key, expires_on date, reminded boolean not null default false)',
    'create table servers (name text primary key, site text, state text)',
    "insert into certificates values ('old.example', current_date - 1), ('new.example', current_date + 400)",
  ];
  const sql = (statement: string, change = true) => ({
    kind: 'sql',
    with: { database: 'inventory', statement, change },
  });
  const steps = tables.map((statement, at) => ({ id: `t${at}`, ...sql(statement) }));
  await define(hub, 'tables', { steps });
  t.match(await run(hub, 'tables'), { status: 'completed' });
  await define(hub, 'look', { steps: [{ id: 'look', ...sql('select name, site from servers order by name', false) }] });

  await t.test('certificate-expiry-sweep: reminds once', async (t) => {
    t.match(await run(hub, 'certificate-expiry-sweep', { url }), { status: 'completed' });
    t.match(hook.received.pop(), { expiring: [{ host: 'old.example', expires_on: /^\d{4}-\d{2}-\d{2}$/ }] });
    t.match(statuses(await run(hub, 'certificate-expiry-sweep', { url })), { remind: 'skipped', keep: 'skipped' });
  });

  await t.test('inventory-to-database: each server is a row, however often it runs', async (t) => {
    for (let times = 0; times < 2; times += 1)
      t.match(await run(hub, 'inventory-to-database'), { status: 'completed' });
    const { results } = await run(hub, 'look');
    const names = results.look.rows.map(({ name }: { name: string }) => name);
    t.same(names, [...new Set(names)]);
    t.ok(names.includes('sample'));
  });

  await t.test('morning-report: one report of both sites', async (t) => {
    t.match(await run(hub, 'morning-report', { sites: ['local', 'lima'], url }), { status: 'completed' });
    t.match(hook.received.pop(), {
      unhealthy: 0,
      expired: 1,
      containers: engine ? [{ site: 'local' }, { site: 'lima' }] : { length: 0 },
    });
  });
});

t.test('containers', async (t) => {
  if (!engine) return;
  const { docker } = engine;
  await importBusybox(docker, 'box:1');
  const command = ['sh', '-c', 'echo fine; echo ERROR of the tests; sleep 1000'];
  for (const name of ['web-a', 'other'])
    await (
      await docker.createContainer({ name, Image: 'box:1', Cmd: command, HostConfig: { NetworkMode: 'none' } })
    ).start();
  const startedAt = async (name: string) => (await docker.getContainer(name).inspect()).State.StartedAt;

  await t.test('scan-container-logs: what is found goes to the webhook', async (t) => {
    await wait('the containers have printed', async () => {
      await run(hub, 'scan-container-logs', { url });
      const { found = [] } = hook.received.pop() ?? {};
      return found.length === 2;
    });
    t.match(statuses(await run(hub, 'scan-container-logs', { url, word: 'is never printed' })), { tell: 'skipped' });
  });

  await t.test('restart-heavy-containers: only containers over the limit, and of the prefix', async (t) => {
    const [web, other] = [await startedAt('web-a'), await startedAt('other')];
    t.match((await run(hub, 'restart-heavy-containers')).results, { report: { restarted: { length: 0 } } });
    const done = await run(hub, 'restart-heavy-containers', { most_bytes: 1 });
    t.match(done.results, { report: { restarted: ['web-a'] } });
    t.not(await startedAt('web-a'), web);
    t.equal(await startedAt('other'), other);
  });
});

t.test('scale-deployment: up, and back where pods are missing', async (t) => {
  if (!kubernetesParts(t)) return;
  const cluster = await borrowCluster(t);
  await addCluster(hub, 'main', cluster);
  const place = { cluster: 'main', namespace: 'examples' };
  const containers = [{ name: 'main', image: toolsImage, imagePullPolicy: 'Never' }];
  await define(hub, 'deploy', {
    steps: [
      { id: 'space', kind: 'kubernetes', with: { operation: 'create_namespace', cluster: 'main', name: 'examples' } },
      { id: 'web', kind: 'kubernetes', with: { operation: 'create_deployment', ...place, name: 'web', containers } },
    ],
  });
  t.match(await run(hub, 'deploy'), { status: 'completed' });
  const done = await run(hub, 'scale-deployment', { namespace: 'examples', replicas: 2 });
  t.match(done, { status: 'completed' });
  const path = '/apis/apps/v1/namespaces/examples/deployments/web';
  t.match(await cluster.api('GET', path), { spec: { replicas: 2 }, status: { availableReplicas: 2 } });
  const quota = { metadata: { name: 'two' }, spec: { hard: { pods: '2' } } };
  await cluster.api('POST', '/api/v1/namespaces/examples/resourcequotas', quota);
  const back = await run(hub, 'scale-deployment', { namespace: 'examples', replicas: 3, wait: 1 });
  t.match(statuses(back), { scale: 'failed', go_back: 'completed' });
  t.match(await cluster.api('GET', path), { spec: { replicas: 2 } }, 'the cluster has no room for the third');
});

t.test('every example has run', async (t) => {
  if (!engine || !kubernetesParts(t)) return;
  t.same(
    files.filter((file) => !ran.has(file)),
    [],
  );
});
