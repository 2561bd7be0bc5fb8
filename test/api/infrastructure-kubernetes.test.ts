import { Roundhouse } from '@roundhouse/sdk';
import t, { type Test } from 'tap';
import { deploymentList } from '../../hub/api/infrastructure/deployments.js';
import { namespaceList } from '../../hub/api/infrastructure/namespaces.js';
import { podList } from '../../hub/api/infrastructure/pods.js';
import type { Fields } from '../../hub/domain/lists/field.js';
import { everyOperator } from '../every-operator.js';
import { borrowCluster, kubernetesParts, type TestCluster } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { example } from '../infrastructure.js';
import { shellBlocks } from '../kit/markdown.js';
import { Screen, untilSize } from '../kit/screen.js';
import { runShell, shells, strict } from '../kit/shell.js';
import { wait } from '../kit/wait.js';
import { addCluster, clusterBody, clustersPath, deploymentBody, kubernetesPath } from '../kubernetes.js';
import { auditOf } from '../mcp-tools.js';
import { runPod } from '../parts/kubernetes/harness.js';
import { part } from '../parts.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** The document's `{"key": "value"}` stands for any labels and annotations. */
const documented = (method: string, path: string) =>
  JSON.parse(
    JSON.stringify(example(`${method} /api/v1/kubernetes/${path}`)).replaceAll('{"key":"value"}', '{}'),
  ) as unknown;

const deployments = '/apis/apps/v1/namespaces/default/deployments/web';

if (kubernetesParts(t)) {
  const cluster = await borrowCluster(t);
  const hub = await startHub(t);
  await startAgent(t, hub);
  await addCluster(hub, 'prod', cluster);
  await clusters(hub, cluster);
  await contents(hub, cluster);
  await refusals(hub, cluster);
  await manual(hub, cluster);
}
t.end();

/** The commands of the guide, on a pod and a deployment of the names that it has. */
async function manual(hub: Hub, cluster: TestCluster) {
  const path = 'docs/guides/kubernetes.md';
  await t.test('the pod of the manual runs', () => runPod(cluster, 'web-1'));
  for (const shell of shells)
    await t.test(`the commands of the manual in ${shell}`, async (t) => {
      if (!part(t, 'curl') || (shell === 'zsh' && !part(t, 'zsh'))) return;
      const made = await hub.call(
        'POST',
        `${kubernetesPath}/prod/namespaces/default/deployments`,
        deploymentBody('web', toolsImage, 1),
      );
      t.equal(made.status, 201, JSON.stringify(made.body));
      t.equal((await hub.call('DELETE', `${clustersPath}/prod`)).status, 200);
      const home = tempFolder(t, { '.kube': { config: cluster.kubeconfig }, data: { 'first-key': ADMIN_KEY } });
      const start = shellBlocks('README.md', 'export HUB=').map((text) =>
        text.replace('http://127.0.0.1:8080', hub.url),
      );
      const said = await runShell(t, home, [strict, ...start, ...shellBlocks(path, '/kubernetes')], shell, {
        ...process.env,
        HOME: home,
      });
      t.match(said, 'uid=0', 'the command ran in the pod');
      const { spec } = await cluster.api<{ spec: { replicas: number } }>('GET', deployments);
      t.equal(spec.replicas, 3);
      await cluster.api('DELETE', deployments);
    });
}

async function clusters(hub: Hub, cluster: TestCluster) {
  await t.test('a cluster is added, read, changed and removed', async (t) => {
    const made = await hub.call('POST', clustersPath, { ...clusterBody('second', cluster), description: 'mine' });
    t.equal(made.status, 201);
    sameShape(t, made.body, documented('POST', 'clusters'));
    t.match(made.body.data, { status: 'connected', version: /^v\d/, nodes_count: 1, description: 'mine' });
    const path = `${clustersPath}/${made.body.data.id}`;

    const listed = await hub.call('GET', clustersPath);
    sameShape(t, listed.body, documented('GET', 'clusters'));
    t.match(listed.body.data, [{ name: 'prod' }, { name: 'second', last_connected: TIME }]);
    const got = await hub.call('GET', path);
    const { error: _, ...data } = (documented('GET', 'clusters/{cluster_id}') as { data: Record<string, unknown> })
      .data;
    sameShape(t, got.body.data, data);
    t.match(got.body.data, {
      nodes: [{ status: 'Ready', memory: /Ki$/ }],
      access: { type: 'host', host: cluster.url },
    });

    const changed = await hub.call('PUT', path, { description: 'yours' });
    sameShape(t, changed.body, documented('PUT', 'clusters/{cluster_id}'));
    t.match(changed.body.data, { name: 'second', description: 'yours', status: 'connected', updated_at: TIME });
    const token = 'nobody-has-this-token';
    const wrong = await hub.call('PUT', path, { config: { token } });
    t.match([wrong.status, wrong.body.data], [200, { status: 'error', error: /./, error_reason: 'unauthorized' }]);
    sameShape(t, (await hub.call('GET', path)).body, documented('GET', 'clusters/{cluster_id}'));
    const good = await hub.call('PUT', path, { config: { token: cluster.token } });
    t.match(good.body.data, { status: 'connected' }, 'address and CA certificate were kept');
    t.equal((await hub.call('POST', `${path}/check`)).body.data.pods_count !== null, true);

    const deleted = await hub.call('DELETE', path);
    t.same([deleted.status, deleted.body], [200, documented('DELETE', 'clusters/{cluster_id}')]);
    t.equal((await hub.call('GET', path)).status, 404);
    const all = JSON.stringify([
      made,
      listed,
      got,
      changed,
      (await hub.call('GET', '/api/audit?limit=100')).body,
      hub.log,
    ]);
    for (const secret of [cluster.token, token]) t.notOk(all.includes(secret));
  });
}

async function contents(hub: Hub, cluster: TestCluster) {
  const inCluster = `${kubernetesPath}/prod/namespaces`;
  const path = `${inCluster}/shop`;

  await t.test('namespaces', async (t) => {
    const wanted = { name: 'shop', labels: { team: 'a' }, annotations: { 'example.org/note': 'any thing' } };
    const made = await hub.call('POST', inCluster, wanted);
    t.equal(made.status, 201);
    sameShape(t, made.body, documented('POST', '{cluster_id}/namespaces'));
    t.match(made.body.data, { ...wanted, status: 'Active', created_at: TIME });
    const listed = await hub.call('GET', inCluster);
    sameShape(t, listed.body, documented('GET', '{cluster_id}/namespaces'));
    t.match((await hub.call('GET', `${inCluster}?label_selector=team%3Da`)).body.data, [{ name: 'shop' }]);
    const sorted = (await hub.call('GET', `${inCluster}?order=desc&limit=1&name[regex]=^kube`)).body;
    t.match(sorted, { data: [{ name: 'kube-system' }], metadata: { total: 3, pages: 3, complete: true } });
    await allOperators(t, hub, namespaceList, inCluster);
    t.match(await auditOf(hub, 'namespace.create'), [{ success: true, details: { cluster: 'prod', name: 'shop' } }]);
  });

  await t.test('deployments', async (t) => {
    const command = ['sh', '-c', 'echo first; echo second; while true; do sleep 1; echo tick; done'];
    const made = await hub.call('POST', `${path}/deployments`, deploymentBody('web', toolsImage, 1, { command }));
    t.equal(made.status, 201, JSON.stringify(made.body));
    sameShape(t, made.body, documented('POST', '{cluster_id}/namespaces/{namespace}/deployments'));
    const scaled = await hub.call('PUT', `${path}/deployments/web/scale`, { replicas: 2, wait: 100 });
    t.equal(scaled.status, 200, JSON.stringify(scaled.body));
    const scale = '{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale';
    sameShape(t, scaled.body, documented('PUT', scale));
    t.match(scaled.body.data, { name: 'web', replicas: 2, available_replicas: 2, updated_at: TIME });
    const listed = await hub.call('GET', `${path}/deployments?replicas[gte]=2&strategy=RollingUpdate`);
    sameShape(t, listed.body, documented('GET', '{cluster_id}/namespaces/{namespace}/deployments'));
    t.match(listed.body.data, [{ name: 'web', available_replicas: 2, images: [toolsImage] }]);
    await allOperators(t, hub, deploymentList, `${path}/deployments`);
    await allOperators(t, hub, podList, `${path}/pods`);
    const got = await hub.call('GET', `${path}/deployments/web`);
    t.match(got.body.data, { selector: { app: 'web' }, conditions: { 0: { status: 'True' }, length: 2 } });
    const again = await hub.call('POST', `${path}/deployments`, deploymentBody('web', toolsImage, 1));
    t.match([again.status, again.body.error.code], [409, 'RESOURCE_ALREADY_EXISTS']);
    t.match(await auditOf(hub, 'deployment.create'), [
      { success: false, details: { error: 'already_exists' } },
      { success: true, details: { images: [toolsImage] } },
    ]);
  });

  await t.test('pods', async (t) => {
    const { body } = await hub.call('GET', `${path}/pods?phase=Running&label_selector=app%3Dweb`);
    sameShape(t, body, documented('GET', '{cluster_id}/namespaces/{namespace}/pods'));
    const [{ name }] = body.data;
    const got = await hub.call('GET', `${path}/pods/${name}`);
    sameShape(t, got.body, documented('GET', '{cluster_id}/namespaces/{namespace}/pods/{pod_name}'));
    t.match(got.body.data, {
      containers: [{ ports: [{ container_port: 8080 }], resources: { limits: { memory: '64Mi' } }, state: 'running' }],
      labels: { app: 'web' },
      volumes: [{ name: 'settings', type: 'config_map', details: { name: 'settings', optional: true } }],
      owner: { kind: 'ReplicaSet' },
    });

    await t.test('a log, whole and followed', async (t) => {
      const logs = await hub.call('GET', `${path}/pods/${name}/logs`);
      sameShape(t, logs.body, documented('GET', '{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs'));
      t.match(logs.body.data, { logs: /^first\nsecond\n/, truncated: false });
      t.equal((await hub.call('GET', `${path}/pods/${name}/logs?tail_lines=0`)).body.data.logs, '');
      const timed = (await hub.call('GET', `${path}/pods/${name}/logs?tail_lines=1&timestamps=true`)).body.data.logs;
      t.match(timed, /^\d{4}-\d{2}-\d{2}T\S+ \w+\n$/);

      const abort = new AbortController();
      const url = `${hub.url}${path}/pods/${name}/logs?follow=true&tail_lines=1&container=main`;
      const response = await fetch(url, { headers: { Authorization: `Bearer ${ADMIN_KEY}` }, signal: abort.signal });
      t.match([response.status, response.headers.get('content-type')], [200, /^text\/plain/]);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (text.split('\n').length < 4) text += (await reader?.read())?.value ?? '';
      t.match(text, /^\w+\ntick\ntick\n/);
      const open = cluster.door.open;
      abort.abort();
      await wait('the reader who left has no connection to the cluster any more', () => cluster.door.open < open);
    });

    await t.test('commands', async (t) => {
      const exec = (body: object) => hub.call('POST', `${path}/pods/${name}/exec`, body);
      const script = 'cat; echo "$MODE" >&2; exit 3';
      const done = await exec({ command: ['sh', '-c', script], stdin: 'wagon ü' });
      sameShape(t, done.body, documented('POST', '{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec'));
      t.match(done.body.data, { stdout: 'wagon ü', stderr: 'test\n', exit_code: 3, container: 'main' });
      // Its time begins before the command does: enough for a busy cluster to start it.
      const late = await exec({ command: ['sh', '-c', 'echo half; sleep 1000'], timeout: 20 });
      t.match(
        [late.status, late.body.error],
        [504, { code: 'K8S_OPERATION_ERROR', details: { reason: 'timeout', stdout: 'half\n', ended: true } }],
      );
      const tty = await exec({ command: ['sh', '-c', 'test -t 1 && echo a terminal; echo oops >&2'], tty: true });
      t.match(tty.body.data, { stdout: 'a terminal\r\noops\r\n', stderr: '', exit_code: 0 }, JSON.stringify(tty.body));
      const abort = new AbortController();
      const asleep = fetch(`${hub.url}${path}/pods/${name}/exec`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ command: ['sleep', '4712'] }),
        signal: abort.signal,
      });
      const [container] = await cluster.docker.listContainers({ filters: { name: [`k8s_main_${name}_`] } });
      const runs = async () => {
        const top = await cluster.docker.getContainer(container?.Id ?? '').top({ ps_args: '-eo pid,args' });
        return (top.Processes as string[][]).some((columns) => columns.join(' ').endsWith(' 4712'));
      };
      await wait('the command runs in the container', runs);
      abort.abort();
      await t.rejects(asleep, { name: 'AbortError' });
      await wait('the command of the client that hung up has ended', async () => !(await runs()));
      const failed = (await auditOf(hub, 'pod.exec')).filter(({ success }: { success: boolean }) => !success);
      const resource = { type: 'pod', id: `prod/shop/${name}` };
      t.match(failed.at(-1), { resource, details: { error: 'cluster_operation_failed' } });
    });
    await t.test('restart', async (t) => {
      const uids = async () => {
        const { items } = await cluster.api<{ items: { metadata: { uid: string } }[] }>(
          'GET',
          '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb',
        );
        return items.map(({ metadata }) => metadata.uid);
      };
      const before = await uids();
      const operator = await hub.key('operator');
      const restarted = await hub.call('POST', `${path}/deployments/web/restart`, undefined, operator);
      t.match([restarted.status, restarted.body.data], [200, { name: 'web', replicas: 2, restarted_at: TIME }]);
      await wait('all pods are others', async () => {
        const now = await uids();
        return now.length === 2 && !now.some((uid) => before.includes(uid));
      });
      t.match(await auditOf(hub, 'deployment.restart'), [{ success: true, resource: { id: /\/shop\/web$/ } }]);
      const viewer = await hub.key('viewer');
      t.equal((await hub.call('POST', `${path}/deployments/web/restart`, undefined, viewer)).status, 403);
      t.equal((await hub.call('POST', `${path}/deployments/nobody/restart`)).status, 404);
      const web = '/apis/apps/v1/namespaces/shop/deployments/web';
      const { spec } = await cluster.api<{ spec: object }>('GET', web);
      const given = await cluster.api<object>('GET', web);
      await cluster.api('PUT', web, { ...given, spec: { ...spec, paused: true } });
      const paused = await hub.call('POST', `${path}/deployments/web/restart`);
      t.match([paused.status, paused.body.error], [409, { message: /paused/ }]);
      const now = await cluster.api<object>('GET', web);
      await cluster.api('PUT', web, { ...now, spec: { ...spec, paused: false } });
    });
    await t.test('terminal', async (t) => {
      const own = new Roundhouse({ baseUrl: hub.url, apiKey: ADMIN_KEY }).infrastructure;
      const { body } = await hub.call('GET', `${path}/pods?status=Running`);
      const [{ name }] = body.data;
      const screen = new Screen();
      const ticket = await own.kubernetes.openPodTerminal('prod', 'shop', name);
      const terminal = await own.terminal(ticket, { columns: 90, rows: 20, onOutput: screen.sink });
      terminal.write(`${untilSize(20, 90)}\r`);
      await screen.shows(/is20x90\r\n/);
      terminal.write('exit 9\r');
      t.equal(await terminal.ended, 9);
      const entries = await wait('the end is in the audit log', async () => {
        const closed = await auditOf(hub, 'pod.terminal.close');
        return closed.length > 0 && closed;
      });
      t.match(entries, [{ details: { cluster: 'prod', command: ['/bin/sh'], exitCode: 9 } }]);
      t.match(await auditOf(hub, 'pod.terminal.open'), [{ success: true, resource: { type: 'pod' } }]);
      const operator = await hub.key('operator');
      const refused = await hub.call('POST', `${path}/pods/${name}/terminals`, {}, operator);
      t.equal(refused.status, 403);
      const nowhere = await own.kubernetes.openPodTerminal('prod', 'shop', 'nobody');
      const lost = own.terminal(nowhere, { columns: 90, rows: 20, onOutput: () => {} });
      await t.rejects(lost, { code: 'RESOURCE_NOT_FOUND' });
    });
    const none = await hub.call('PUT', `${path}/deployments/web/scale`, { replicas: 1 });
    t.match([none.status, none.body.data], [200, { replicas: 1 }], 'not waited for');
    t.match(await auditOf(hub, 'deployment.scale'), [{ details: { replicas: 1 } }, { details: { replicas: 2 } }]);
  });
}

/** Asks with every operator on every field of a list. */
async function allOperators<T>(t: Test, hub: Hub, { fields }: { readonly fields: Fields<T> }, path: string) {
  const list = async (query: string) => (await hub.call('GET', `${path}?${query}`)).body.data;
  const [first] = await list('');
  for (const field of Object.keys(fields)) t.ok(field in first, field);
  await everyOperator(t, fields, list);
}

async function refusals(hub: Hub, cluster: TestCluster) {
  const path = `${kubernetesPath}/prod/namespaces`;

  await t.test('refusals of Kubernetes and the agent have a field and a code', async (t) => {
    const bad = (more: object) => ({ ...deploymentBody('bad', toolsImage, 1), ...more });
    const template = (container: object) => ({ template: deploymentBody('bad', toolsImage, 1, container).template });
    for (const [method, at, body, status, code, field] of [
      ['GET', 'shop/pods/nobody', undefined, 404, 'RESOURCE_NOT_FOUND', undefined],
      ['GET', 'shop/pods/No_Body', undefined, 400, 'VALIDATION_ERROR', 'pod_name'],
      ['GET', 'shop/pods?label_selector=%3D', undefined, 400, 'VALIDATION_ERROR', 'label_selector'],
      ['GET', 'shop/pods?colour=red', undefined, 400, 'VALIDATION_ERROR', 'colour'],
      ['POST', 'nowhere/deployments', bad({}), 404, 'RESOURCE_NOT_FOUND', undefined],
      [
        'POST',
        'shop/deployments',
        bad({ selector: { match_labels: { app: 'x' } } }),
        400,
        'VALIDATION_ERROR',
        /^template/,
      ],
      [
        'POST',
        'shop/deployments',
        bad(template({ imag: 'x' })),
        400,
        'VALIDATION_ERROR',
        'template.spec.containers[0].imag',
      ],
      [
        'POST',
        'shop/deployments',
        bad(template({ ports: [{ container_port: 99999 }] })),
        400,
        'VALIDATION_ERROR',
        'template.spec.containers[0].ports[0].container_port',
      ],
      ['PUT', 'shop/deployments/nobody/scale', { replicas: 1 }, 404, 'RESOURCE_NOT_FOUND', undefined],
      ['POST', 'shop/pods/nobody/exec', { command: ['id'] }, 404, 'RESOURCE_NOT_FOUND', undefined],
    ] as const) {
      const answer = await hub.call(method, `${path}/${at}`, body);
      t.match(
        [answer.status, answer.body.error.code],
        [status, code],
        `${method} ${at} ${JSON.stringify(answer.body)}`,
      );
      if (field) t.match(answer.body.error.details.field, field);
    }
    const twice = await hub.call('POST', path, { name: 'shop' });
    t.match([twice.status, twice.body.error.code], [409, 'RESOURCE_ALREADY_EXISTS']);
  });

  await t.test('credentials without rights give an error', async (t) => {
    await hub.call('POST', clustersPath, clusterBody('stranger', cluster, cluster.tokenOf('stranger')));
    const { body } = await hub.call('GET', `${clustersPath}/stranger`);
    t.match(body.data, { status: 'connected', nodes: { length: 0 }, forbidden: ['namespaces', 'nodes', 'pods'] });
    const refused = await hub.call('GET', `${kubernetesPath}/stranger/namespaces`);
    t.match(
      [refused.status, refused.body.error],
      [403, { code: 'K8S_OPERATION_ERROR', details: { reason: 'forbidden' } }],
    );
  });

  await t.test('a lost cluster is reported, and connected again', async (t) => {
    const seen = hub.log.length;
    // Short, but long enough for a busy machine to connect and ask within it.
    await hub.call('PUT', `${clustersPath}/prod`, { config: { timeout: 20 } });
    cluster.door.block();
    const lost = await hub.call('GET', path);
    cluster.door.unblock();
    t.match([lost.status, lost.body.error], [504, { code: 'K8S_CONNECTION_ERROR', details: { reason: 'timeout' } }]);
    t.match((await hub.call('GET', `${clustersPath}/prod`)).body.data, { status: 'error', error_reason: 'timeout' });
    t.equal((await hub.call('GET', path)).status, 200);
    t.match((await hub.call('POST', `${clustersPath}/prod/check`)).body.data, { status: 'connected' });
    t.equal(
      hub.log.slice(seen).filter(({ severity_text }) => severity_text === 'ERROR').length,
      0,
      'no errors of the hub',
    );
  });
}
