import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ended, fixtureServer } from '../automation.js';
import { as } from '../backend.js';
import { startMariadb, startPostgresql, type TestDatabase } from '../fixtures/databases/databases.js';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { borrowEngine, dockerParts } from '../fixtures/docker/engine.js';
import { startFrr } from '../fixtures/frr/frr.js';
import { borrowCluster, kubernetesParts } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { addCluster } from '../kubernetes.js';
import { addDevice } from '../network.js';
import { part } from '../parts.js';
import { ADMIN_KEY, type Hub, startAgent, startAgentProcess, startHub, startHubProcess } from '../roundhouse.js';
import { sample, version } from '../updates.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

const workflows = '/automation/api/v1/orchestration/workflows';
type Steps = readonly Readonly<Record<string, unknown>>[];
let made = 0;

/** Defines a workflow; gives its name, or the fields of its mistakes. */
async function define(hub: Hub, steps: Steps, parameters: object = {}) {
  made += 1;
  const name = `w${made}`;
  const { status, body } = await hub.call('POST', workflows, { name, description: '', parameters, steps });
  if (status === 201) return { name, fields: [] };
  return { name, fields: body.error.details.problems.map(({ field }: { field: string }) => field) as string[] };
}

/** Defines a workflow, runs it, and gives the run once it is over. */
async function run(hub: Hub, steps: Steps, { parameters = {}, given = {}, key = ADMIN_KEY } = {}) {
  const { name, fields } = await define(hub, steps, parameters);
  if (fields.length > 0) throw new Error(`refused: ${fields.join(', ')}`);
  const begun = await hub.call('POST', `${workflows}/execute`, { workflow: name, parameters: given }, key);
  return ended(hub, `${workflows}/${begun.body.data.workflow_id}`);
}

if (dockerParts(t) && part(t, 'busybox'))
  t.test('docker: a container is made, asked, restarted and removed', async (t) => {
    const { docker } = await borrowEngine(t);
    await importBusybox(docker, 'box:1');
    const hub = await startHub(t);
    await startAgent(t, hub);
    const container = '${{ steps.make.outputs.name }}';
    const box = { image: 'box:1', network: 'none', command: ['sleep', '1000'], name: '${name}' };
    const done = await run(
      hub,
      [
        { id: 'make', kind: 'docker', with: { operation: 'run_container', ...box } },
        {
          id: 'ask',
          kind: 'docker',
          with: { operation: 'exec_in_container', container, command: ['echo', '${{ steps.make.outputs.state }}'] },
        },
        { id: 'again', kind: 'docker', with: { operation: 'restart_container', container, timeout: '${{ 0 }}' } },
        { id: 'list', kind: 'docker', with: { operation: 'list_containers', name: '${name}' } },
        {
          id: 'remove',
          kind: 'docker',
          for_each: '${{ steps.list.outputs.containers }}',
          with: { operation: 'remove_container', container: '${{ item.id }}', force: true },
        },
      ],
      { parameters: { name: { type: 'string', default: 'made-by-a-step' } } },
    );
    t.match(done, { status: 'completed', results: { ask: { exitCode: 0, stdout: 'running\n' } } });
    t.same(await docker.listContainers({ all: true }), [], 'the engine says so');

    const operator = await hub.key('operator');
    const failed = await run(
      hub,
      [{ id: 'make', kind: 'docker', with: { operation: 'run_container', image: 'box:1' } }],
      {
        key: operator,
      },
    );
    t.match(failed, { status: 'failed', error: { code: 'forbidden' } }, 'an operator runs no programs at a site');
    t.same(await docker.listContainers({ all: true }), []);
    const wrong = { operation: 'stop_container', timeout: 'long', force: true };
    const steps = [
      { id: 'a', kind: 'docker', with: wrong },
      { id: 'b', kind: 'docker', with: { operation: '${{ "stop_container" }}' } },
    ];
    const { fields } = await define(hub, steps);
    const mistakes = ['container', 'force', 'timeout'].map((name) => `steps.0.with.${name}`);
    t.same(fields.sort(), [...mistakes, 'steps.1.with.operation']);
  });

if (kubernetesParts(t))
  t.test('kubernetes: a deployment is made and scaled', async (t) => {
    const cluster = await borrowCluster(t);
    const hub = await startHub(t);
    await startAgent(t, hub);
    await addCluster(hub, 'own', cluster);
    const place = { cluster: 'own', namespace: 'steps' };
    const containers = [{ name: 'main', image: toolsImage, imagePullPolicy: 'Never' }];
    const done = await run(hub, [
      { id: 'space', kind: 'kubernetes', with: { operation: 'create_namespace', cluster: 'own', name: 'steps' } },
      { id: 'make', kind: 'kubernetes', with: { operation: 'create_deployment', ...place, name: 'web', containers } },
      {
        id: 'scale',
        kind: 'kubernetes',
        with: {
          operation: 'scale_deployment',
          ...place,
          deployment: '${{ steps.make.outputs.name }}',
          replicas: '${{ steps.make.outputs.replicas + 1 }}',
          wait: 300,
        },
      },
      { id: 'pods', kind: 'kubernetes', with: { operation: 'list_pods', ...place } },
    ]);
    t.match(done, { status: 'completed', results: { scale: { availableReplicas: 2 }, pods: { total: 2 } } });
    const path = '/apis/apps/v1/namespaces/steps/deployments/web';
    t.match(await cluster.api('GET', path), { spec: { replicas: 2 } }, 'the cluster says so');
  });

t.test('device: a router is asked, changed, and taken back', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const hub = await startHub(t);
  await startAgent(t, hub);
  const frr = await startFrr(t);
  await addDevice(hub, 'edge', 'frr', frr);
  const config = 'interface lo\n description ${{ inputs.words }}';
  const words = { words: { type: 'string', default: 'set by a step' } };
  const change = { id: 'change', kind: 'device', with: { operation: 'put_device_config', device: 'edge', config } };
  const version = { operation: 'query_device', device: 'edge', commands: ['show version'] };
  const done = await run(hub, [change, { id: 'ask', kind: 'device', with: version }], { parameters: words });
  t.match(done, {
    status: 'completed',
    results: { change: { committed: true, diff: /set by a step/ }, ask: { failed: 0 } },
  });
  t.match(await frr.vtysh('show running-config'), 'description set by a step', 'the router says so');
  const back = { operation: 'rollback_device_config', device: 'edge' };
  t.match(await run(hub, [{ id: 'back', kind: 'device', with: back }]), { status: 'completed' });
  t.notMatch(await frr.vtysh('show running-config'), 'set by a step');
});

t.test('server: it is restarted, and connected when the step is over', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('naps'));
  const server = 'naps';
  const done = await run(hub, [
    { id: 'stop', kind: 'server', with: { operation: 'stop_server', server } },
    { id: 'stopped', kind: 'server', with: { operation: 'get_server_status', server } },
    { id: 'restart', kind: 'server', with: { operation: 'restart_server', server, timeout: 5 } },
    { id: 'restarted', kind: 'server', with: { operation: 'get_server_status', server } },
  ]);
  t.match(done, {
    status: 'completed',
    results: { stopped: { state: 'stopped', wanted: false }, restarted: { state: 'running', wanted: true } },
  });
});

t.test('update: to a named version, as the update of the API', async (t) => {
  const { hub } = await sample(t, { '1.0.0': 'works', '1.1.0': 'works', '2.0.0': 'works' });
  const servers = ['sample'];
  const plan = { servers, version: '2.0.0', dry_run: true };
  const planned = await run(hub, [{ id: 'plan', kind: 'update', with: plan }]);
  t.match(planned.results.plan, {
    planned: 1,
    updated: 0,
    servers: [{ from: '1.0.0', to: '2.0.0', status: 'planned' }],
  });
  t.equal(await version(hub), '1.0.0', 'a dry run changes nothing');
  const done = await run(hub, [{ id: 'go', kind: 'update', with: { servers, version: '1.1.0' } }]);
  t.match(done.results.go, {
    updated: 1,
    servers: [{ name: 'sample', from: '1.0.0', to: '1.1.0', status: 'updated' }],
  });
  t.equal(await version(hub), '1.1.0');
});

t.test('http: requests go where webhooks may go, once, and hold no secret', async (t) => {
  const hub = await startHub(t);
  const asked: { method: string | undefined; url: string | undefined; body: string; type: string | undefined }[] = [];
  const receiver = createServer(async (request: IncomingMessage, response) => {
    const body = (await request.toArray()).join('');
    asked.push({ method: request.method, url: request.url, body, type: request.headers['content-type'] });
    if (request.url === '/busy') response.writeHead(503).end('later');
    else if (request.url === '/away') response.writeHead(302, { location: '/elsewhere' }).end();
    else if (request.url === '/large') response.end('x'.repeat(200_000));
    else response.writeHead(201, { 'content-type': 'text/plain' }).end('thanks');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.teardown(() => receiver.close());
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const post = { url: `${url}/in`, method: 'POST', body: { text: '${{ run.workflow }}' } };
  const done = await run(hub, [
    { id: 'tell', kind: 'http', with: post },
    { id: 'read', kind: 'http', with: { url: `${url}/large` } },
  ]);
  t.match(done.results, {
    tell: { status: 201, type: 'text/plain', body: 'thanks', cut: null },
    read: { cut: 'bytes' },
  });
  t.ok(done.results.read.body.length < 50_000, 'the answer is bounded');
  t.same(asked[0], {
    method: 'POST',
    url: '/in',
    body: JSON.stringify({ text: done.workflow }),
    type: 'application/json',
  });
  for (const path of ['busy', 'away']) {
    const failed = await run(hub, [{ id: 'a', kind: 'http', with: { ...post, url: `${url}/${path}` } }]);
    t.match(failed, { status: 'failed', error: { code: 'upstream_failed', message: /status (503|302)/ } });
  }
  t.equal(asked.length, 4, 'each request once, and no redirect is followed');
  for (const address of ['http://169.254.169.254/latest', hub.url]) {
    const given = { url: '${address}' };
    const parameters = { address: { type: 'string', default: address } };
    const refused = await run(hub, [{ id: 'a', kind: 'http', with: given }], { parameters });
    t.match(refused, { status: 'failed', error: { code: 'invalid_input' } }, address);
  }
  const secrets = [
    { url, headers: { Authorization: 'Bearer x' } },
    { url: 'http://user:pass@example.org/' },
    { url: 'http://example.org/?api_key=x' },
    { url, body: 'no body with GET' },
  ];
  const steps = secrets.map((given, at) => ({ id: `s${at}`, kind: 'http', with: given }));
  t.same((await define(hub, steps)).fields, [
    'steps.0.with.headers.Authorization',
    'steps.1.with.url',
    'steps.2.with.url',
    'steps.3.with.body',
  ]);
});

/** Registers a database. */
async function addDatabase(hub: Hub, name: string, { type, database, ...rest }: TestDatabase): Promise<void> {
  const made = await as(hub, ADMIN_KEY)('POST', '/external-db-configs', {
    ...rest,
    name,
    db_type: type,
    db_name: database,
  });
  if (made.status !== 201) throw new Error(`not added: ${JSON.stringify(made.body)}`);
}

/** The most memory that a process has had, kB. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** The rules of statements at a real database. @param p writes the first parameter; @param million gives a million rows */
async function statements(t: Test, database: TestDatabase, p: string, million: string): Promise<void> {
  const hub = await startHubProcess(t);
  const agent = await startAgentProcess(t, hub);
  await addDatabase(hub, 'main', database);
  const sql = (id: string, statement: string, more: object = {}) => ({
    id,
    kind: 'sql',
    with: { database: 'main', statement, ...more },
  });
  const table = sql('table', 'create table people (name varchar(200))', { change: true });
  t.match(await run(hub, [table]), { status: 'completed' });

  const evil = "x'); drop table people; --";
  const name = { name: { type: 'string', default: evil } };
  const done = await run(
    hub,
    [
      sql('add', `insert into people values (${p})`, { change: true, values: ['${{ inputs.name }}'] }),
      sql('find', `select name from people where name = ${p}`, { values: ['${name}'] }),
      sql('other', `select name from people where name = ${p}`, { values: ["x' or '1'='1"] }),
    ],
    { parameters: name },
  );
  t.match(done.results, { add: { affected: 1 }, find: { rows: [{ name: evil }], cut: null } });
  t.same(done.results.other.rows, []);

  const most = { max_rows: 10_000, max_bytes: 1024 * 1024 };
  const count = { outputs: { rows: '${{ size(result.rows) }}', cut: '${{ result.cut }}' } };
  const small = `select * from (${million}) as few limit 1000`;
  const fewer = await run(hub, [{ ...sql('all', small, most), ...count }]);
  t.same(fewer.results.all, { rows: 1000, cut: null });
  const peaks = () => [peakOf(hub.pid), peakOf(agent.pid)];
  const [hubBefore = 0, agentBefore = 0] = peaks();
  const many = await run(hub, [
    sql('many', million, { max_rows: 10 }),
    sql('bytes', million, { max_rows: 10_000, max_bytes: 100 }),
    { ...sql('most', million, most), ...count },
  ]);
  t.match(many.results, { many: { cut: 'rows' }, bytes: { cut: 'bytes' }, most: { cut: 'bytes' } });
  t.equal(many.results.many.rows.length, 10);
  // All rows together have more than 100 MB, which neither of both holds.
  const [hubPeak = 0, agentPeak = 0] = peaks();
  t.ok(hubPeak < 1.5 * hubBefore, `the hub: ${hubBefore} kB, with a million rows ${hubPeak} kB`);
  t.ok(agentPeak < 1.5 * agentBefore, `the agent: ${agentBefore} kB, with a million rows ${agentPeak} kB`);

  const operator = await hub.key('operator');
  const read = [sql('read', 'select count(*) as n from people')];
  t.match(await run(hub, read, { key: operator }), { status: 'completed', results: { read: { rows: [{ n: 1 }] } } });
  const change = [sql('change', 'delete from people', { change: true })];
  t.match(await run(hub, change, { key: operator }), { status: 'failed', error: { code: 'forbidden' } });
  t.match((await run(hub, read)).results, { read: { rows: [{ n: 1 }] } }, 'nothing was changed');

  const bad = [
    sql('a', 'delete from people'),
    sql('b', 'select ${{ inputs.name }}'),
    sql('c', 'select 1', { values: [{ a: 1 }], max_rows: 0 }),
    { id: 'd', kind: 'sql', with: { statement: 'select 1' } },
  ];
  t.same((await define(hub, bad, name)).fields, [
    'steps.0.with.statement',
    'steps.1.with.statement',
    'steps.2.with.max_rows',
    'steps.2.with.values.0',
    'steps.3.with.database',
  ]);
  const wrong = await run(hub, [sql('a', 'select * from nowhere')]);
  t.match(wrong, { status: 'failed', error: { code: 'upstream_failed', message: /nowhere/ } });
  t.notMatch(JSON.stringify([done, many, wrong]), database.password);
}

t.test('sql: PostgreSQL', async (t) => {
  const database = await startPostgresql(t);
  if (database)
    await statements(t, database, '$1', "select n, repeat('x', 100) as filler from generate_series(1, 1000000) as n");
});

t.test('sql: MariaDB', async (t) => {
  const database = await startMariadb(t);
  if (database) await statements(t, database, '?', "select seq as n, repeat('x', 100) as filler from seq_1_to_1000000");
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
