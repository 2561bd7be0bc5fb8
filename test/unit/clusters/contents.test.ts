import t from 'tap';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { rig as emptyRig, endpoint, failing, TOKEN } from './rig.js';

const place = { cluster: 'prod', namespace: 'shop' };
const deployment = {
  name: 'web',
  namespace: 'shop',
  replicas: 2,
  availableReplicas: 1,
  images: ['web:1'],
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"env":"secret"}', team: 'a' },
  conditions: [],
};

async function rig(t: Parameters<typeof emptyRig>[0]) {
  const made = await emptyRig(t);
  await made.clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  const audited = async () => {
    await made.store.flush();
    return [...made.store.list(auditLog)].filter(({ action }) => !action.startsWith('cluster.'));
  };
  return { ...made, audited };
}

t.test('lists are read, with selectors and the connection', async (t) => {
  const { namespaces, pods, deployments, fleet } = await rig(t);
  for (const name of ['listNamespaces', 'listPods', 'listDeployments'])
    fleet.answers.set(name, { items: [], complete: true });
  await namespaces.list(SYSTEM, 'prod', { labelSelector: 'a=b' });
  t.match(fleet.asked.at(-1), {
    case: 'listNamespaces',
    value: { options: { labelSelector: 'a=b', fieldSelector: '' }, cluster: { source: { value: { token: TOKEN } } } },
  });
  await pods.list(SYSTEM, place, { fieldSelector: 'status.phase=Running' });
  t.match(fleet.asked.at(-1), { value: { namespace: 'shop', options: { fieldSelector: 'status.phase=Running' } } });
  t.match(fleet.options.at(-1), { kind: 'read', timeoutMs: 60_000 });
  await deployments.list(SYSTEM, place);
  t.match(fleet.asked.at(-1), { case: 'listDeployments', value: { namespace: 'shop' } });
});

t.test('names, labels and selectors are held against the rules of Kubernetes before anything is sent', async (t) => {
  const { namespaces, pods, deployments, logs, exec, fleet } = await rig(t);
  const { length } = fleet.asked;
  const template = { spec: { containers: [] } };
  const command = ['id'];
  for (const [work, field] of [
    [() => namespaces.create(SYSTEM, 'prod', { name: 'Shop' }), 'name'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'a.b' }), 'name'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'x'.repeat(64) }), 'name'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'a', labels: { 'a b': '' } }), 'labels.a b'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'a', labels: { a: '-' } }), 'labels.a'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'a', annotations: { 'a/b/c': '' } }), 'annotations.a/b/c'],
    [() => namespaces.create(SYSTEM, 'prod', { name: 'a', annotations: { a: 'x'.repeat(262_144) } }), 'annotations'],
    [() => namespaces.list(SYSTEM, 'prod', { labelSelector: 'a\nb' }), 'label_selector'],
    [() => pods.list(SYSTEM, { cluster: 'prod', namespace: '..' }), 'namespace'],
    [() => pods.get(SYSTEM, place, '../secrets'), 'pod_name'],
    [() => logs.read(SYSTEM, place, 'a', { container: 'A' }), 'container'],
    [() => logs.follow(SYSTEM, place, '-a', {}), 'pod_name'],
    [() => exec.run(SYSTEM, place, 'a', { command: [''] }), 'command'],
    [() => exec.run(SYSTEM, place, 'a', { command: ['id', 'a\0b'] }), 'command.1'],
    [() => exec.run(SYSTEM, place, 'a', { command, stdin: 'ü'.repeat(600_000) }), 'stdin'],
    [() => deployments.create(SYSTEM, place, { name: 'a..b', template }), 'name'],
    [() => deployments.scale(SYSTEM, place, 'A', { replicas: 1 }), 'deployment_name'],
  ] as const)
    await t.rejects(
      (async () => work())(),
      { code: 'invalid_input', details: { field, problems: [{ field }] } },
      field,
    );
  t.equal(fleet.asked.length, length, 'nothing was sent');
});

t.test('changes are made once, and audited', async (t) => {
  const { namespaces, deployments, fleet, audited, clusters, redactor } = await rig(t);
  const { id } = clusters.get(SYSTEM, 'prod').record;
  fleet.answers.set('createNamespace', { name: 'shop', annotations: {} });
  await namespaces.create(SYSTEM, 'prod', { name: 'shop', labels: { 'a.example/b': 'c', d: '' } });
  t.match(fleet.options.at(-1), { kind: 'once', journal: /^cluster-namespace-/ });
  fleet.answers.set('createDeployment', deployment);
  const env = [{ name: 'DB_PASSWORD', value: 'open sesame 1' }];
  const template = { spec: { containers: [{ name: 'a', image: 'web:1', env, volume_mounts: [] }] } };
  const input = { name: 'web', replicas: 2, template };
  await deployments.create(SYSTEM, place, input);
  t.match(fleet.options.at(-1), { kind: 'once', journal: /^cluster-deployment-/ });
  const sent = fleet.asked.at(-1)?.value as unknown as { body: Uint8Array };
  t.same(JSON.parse(Buffer.from(sent.body).toString()), input);
  t.equal(redactor.text('open sesame 1'), '[REDACTED]', 'what is given as a secret is one');
  fleet.answers.set('scaleDeployment', { ...deployment, scaledAt: 5, waited: false });
  await deployments.scale(SYSTEM, place, 'web', { replicas: 2 });
  t.match(fleet.options.at(-1), { kind: 'idempotent' });
  const entries = await audited();
  t.match(entries, [
    { action: 'namespace.create', resource: { type: 'namespace', id: `${id}/shop` }, details: { cluster: 'prod' } },
    { action: 'deployment.create', resource: { id: `${id}/shop/web` }, details: { images: ['web:1'], replicas: 2 } },
    { action: 'deployment.scale', resource: { type: 'deployment' }, details: { replicas: 2, site: 'local' } },
  ]);
  t.notMatch(JSON.stringify(entries), /sesame/);
});

t.test('commands in pods', async (t) => {
  const { exec, fleet, audited } = await rig(t);
  fleet.answers.set('execPod', { stdout: `hi ${TOKEN}`, stderr: '', exitCode: 3, truncated: false, container: 'main' });
  const signal = new CancelSource();
  const command = ['login', '--password', 'abc', `TOKEN=${TOKEN}`];
  const output = await exec.run(SYSTEM, place, 'web-1', { command, stdin: 'wagon', timeoutMs: 5000 }, signal);
  t.match(output, { stdout: `hi ${TOKEN}`, exitCode: 3 }, 'the caller sent the token');
  t.match(fleet.asked.at(-1)?.value, { pod: 'web-1', container: '', command, tty: false, timeoutMs: 5000 });
  t.match(fleet.options.at(-1), { kind: 'once', signal, timeoutMs: 50_000 });
  const entries = await audited();
  t.match(entries, [{ action: 'pod.exec', details: { exitCode: 3, container: 'main' } }]);
  t.notMatch(JSON.stringify(entries), /abc|wagon|a-token-of/);
});

t.test('a log is read to its end, and cut where it is too long', async (t) => {
  const { logs, fleet } = await rig(t);
  fleet.chunks = ['', 'one ü\n', `two ${TOKEN}\n`, 'three'];
  const whole = await logs.read(SYSTEM, place, 'web-1', { tailLines: 0, sinceSeconds: 5, timestamps: true });
  t.same(whole, { logs: 'one ü\ntwo [REDACTED]\nthree', truncated: false });
  t.match(fleet.asked.at(-1)?.value, {
    follow: false,
    tailLines: 0,
    noTail: true,
    sinceSeconds: 5,
    timestamps: true,
    limitBytes: 8 * 1024 * 1024 + 1,
  });
  t.same(await logs.read(SYSTEM, place, 'web-1', {}, { mostBytes: 3 }), { logs: 'one', truncated: true });
  t.match(fleet.asked.at(-1)?.value, { noTail: false, limitBytes: 4 });
  const signal = new CancelSource();
  const stream = await logs.follow(SYSTEM, place, 'web-1', { container: 'main' }, signal);
  t.match(fleet.asked.at(-1)?.value, { follow: true, container: 'main', limitBytes: 0 });
  t.match(fleet.options.at(-1), { kind: 'read', signal });
  fleet.taken = 0;
  for await (const _ of stream) break;
  t.equal(fleet.taken, 1, 'no more is taken than is asked for');
  stream.cancel('enough');
  t.equal(fleet.cancelled, 'enough', 'its reader ends it at the agent');
});

t.test('annotations of kubectl are not shown', async (t) => {
  const { namespaces, deployments, pods, fleet } = await rig(t);
  fleet.answers.set('getDeployment', deployment);
  t.same((await deployments.get(SYSTEM, place, 'web')).annotations, { team: 'a' });
  fleet.answers.set('getPod', deployment);
  t.same((await pods.get(SYSTEM, place, 'web')).annotations, { team: 'a' });
  fleet.answers.set('listNamespaces', { items: [deployment], complete: true });
  t.same((await namespaces.list(SYSTEM, 'prod')).items[0]?.annotations, { team: 'a' });
});

t.test('refusals of Kubernetes, the agent and the connection have distinct errors', async (t) => {
  const { namespaces, pods, deployments, logs, exec, fleet } = await rig(t);
  const create = () => namespaces.create(SYSTEM, 'prod', { name: 'shop' });
  const list = () => pods.list(SYSTEM, place, { labelSelector: '=' });
  const scale = () => deployments.scale(SYSTEM, place, 'web', { replicas: 3, waitMs: 1000 });
  const run = () => exec.run(SYSTEM, place, 'web', { command: ['id'] });
  const errors = [{ field: 'metadata.labels', message: 'bad one' }];
  for (const [work, thrown, told] of [
    [create, ['conflict', 'already_exists', 'namespaces "shop" already exists'], { code: 'already_exists' }],
    [
      create,
      ['upstream_failed', 'forbidden', 'no'],
      { code: 'cluster_operation_failed', details: { reason: 'forbidden' } },
    ],
    [
      create,
      ['invalid_input', 'invalid', 'it is bad', { field: 'metadata.labels', errors }],
      {
        code: 'invalid_input',
        message: 'labels: bad one',
        details: { field: 'labels', problems: [{ field: 'labels' }] },
      },
    ],
    [
      list,
      ['invalid_input', 'invalid', 'unable to parse'],
      { code: 'invalid_input', details: { field: 'label_selector' } },
    ],
    [list, ['conflict', 'conflict', 'changed'], { code: 'conflict' }],
    [list, ['refused', 'policy', 'not here'], { code: 'refused', details: { reason: 'policy' } }],
    [list, ['unavailable', 'too_many_requests', 'later', { retryAfter: 3 }], { code: 'unavailable' }],
    [list, ['upstream_failed', 'failed', 'etcd'], { code: 'cluster_operation_failed', details: { reason: 'failed' } }],
    [list, ['timeout', 'timeout', 'slow'], { code: 'cluster_unreachable', details: { reason: 'timeout' } }],
    [list, ['server_disconnected', 'tls', 'who'], { code: 'cluster_unreachable', details: { reason: 'tls' } }],
    [
      run,
      ['agent_unreachable', '', 'gone', { outcome: 'unknown' }],
      { code: 'cluster_unreachable', details: { reason: 'agent_unreachable', outcome: 'unknown' } },
    ],
    [
      run,
      ['timeout', 'timeout', 'slow', { ended: true, stdout: 'half' }],
      { code: 'cluster_operation_failed', details: { reason: 'timeout', stdout: 'half' } },
    ],
    [
      scale,
      ['timeout', 'timeout', 'not yet', { deployment }],
      { code: 'cluster_operation_failed', details: { replicas: 2, availableReplicas: 1, deployment: undefined } },
    ],
    [
      () => logs.read(SYSTEM, place, 'web', {}),
      ['invalid_input', 'container_required', 'choose one', { field: 'container', containers: ['a', 'b'] }],
      { code: 'invalid_input', details: { field: 'container', containers: ['a', 'b'] } },
    ],
  ] as const) {
    const [code, reason, message, details] = thrown;
    fleet.before = failing(code, reason, message, details);
    await t.rejects((async () => void (await work()))(), told, `${code} ${reason}`);
  }
});
