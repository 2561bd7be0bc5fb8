import { create } from '@bufbuild/protobuf';
import {
  CheckClusterSchema,
  CreateDeploymentSchema,
  CreateNamespaceSchema,
  ListDeploymentsSchema,
  ListNamespacesSchema,
  ListPodsSchema,
  ScaleDeploymentSchema,
} from '@roundhouse/proto/agent/v1/kubernetes';
import t from 'tap';
import type { ScaleProgress } from '../../../agent/drivers/kubernetes/deployments/deployments.js';
import { Policy } from '../../../agent/policy/policy.js';
import { borrowCluster, kubernetesParts, type TestCluster } from '../../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../../fixtures/kubernetes/images.js';
import { connectionTo, endpoint, failing, fromKubeconfig, kubernetes, never } from './harness.js';

if (kubernetesParts(t)) {
  const cluster = await borrowCluster(t);
  checks(cluster);
  namespaces(cluster);
  deployments(cluster);
  refusals(cluster);
}
t.end();

function checks(cluster: TestCluster): void {
  t.test('a cluster reports its facts', async (t) => {
    const all = kubernetes(t);
    const view = await all.check(create(CheckClusterSchema, { cluster: connectionTo(cluster) }), never);
    const { gitVersion } = await cluster.api<{ gitVersion: string }>('GET', '/version');
    t.match(view, { version: gitVersion, platform: /^linux\//, nodesCount: 1, namespacesCount: 4 });
    t.same(view.forbidden, []);
    t.match(view.nodes, [{ name: 'localhost', status: 'Ready', version: 'v1.20.2', cpu: /^\d+$/, memory: /^\d+Ki$/ }]);
    t.ok((view.capacity?.memoryBytes ?? 0) > 1e8, 'capacity in bytes');
    t.equal(view.usage, undefined, 'there is no metrics server');
  });

  t.test('a kubeconfig with a client certificate is a connection, too', async (t) => {
    const all = kubernetes(t);
    const view = await all.check(create(CheckClusterSchema, { cluster: fromKubeconfig(cluster.kubeconfig) }), never);
    t.equal(view.nodesCount, 1);
  });

  t.test('facts that the credentials may not see are left out, and named', async (t) => {
    const all = kubernetes(t);
    const connection = connectionTo(cluster, cluster.tokenOf('stranger'));
    const view = await all.check(create(CheckClusterSchema, { cluster: connection }), never);
    t.strictSame(view.forbidden, ['namespaces', 'nodes', 'pods']);
    t.match(view.version, /^v\d/);
    t.notOk('nodes' in view);
  });

  t.test('a token that is not good is unauthorized', async (t) => {
    const all = kubernetes(t);
    const asked = create(CheckClusterSchema, { cluster: connectionTo(cluster, 'nonsense') });
    await t.rejects(all.check(asked, never), failing('disconnected', 'unauthorized', { status: 401 }));
  });

  t.test('the agent trusts a cluster with an unknown certificate only if the registration says so', async (t) => {
    const all = kubernetes(t);
    const { url, token } = cluster;
    const asked = create(CheckClusterSchema, { cluster: endpoint(url, { token }) });
    await t.rejects(all.check(asked, never), failing('disconnected', 'tls'));
    const insecure = endpoint(url, { token }, { insecureSkipTlsVerify: true });
    t.equal((await all.check(create(CheckClusterSchema, { cluster: insecure }), never)).nodesCount, 1);
  });
}

function namespaces(cluster: TestCluster): void {
  t.test('a namespace is made once, with its labels', async (t) => {
    const all = kubernetes(t);
    const wanted = { cluster: connectionTo(cluster), name: 'shop', labels: { team: 'a' }, annotations: { note: 'ü' } };
    const asked = Date.now();
    const made = await all.createNamespace(create(CreateNamespaceSchema, wanted), never);
    t.match(made, { name: 'shop', status: 'Active', labels: { team: 'a' }, annotations: { note: 'ü' } });
    // The cluster has whole seconds.
    t.ok(made.createdAt > asked - 1000 && made.createdAt <= Date.now(), 'milliseconds');
    const again = all.createNamespace(create(CreateNamespaceSchema, wanted), never);
    await t.rejects(again, failing('conflict', 'already_exists', { status: 409, name: 'shop', outcome: 'not_run' }));
  });

  t.test('the error names the fault that Kubernetes finds', async (t) => {
    const all = kubernetes(t);
    const wanted = { cluster: connectionTo(cluster), name: 'wrong', labels: { 'not a key': 'x' } };
    const making = all.createNamespace(create(CreateNamespaceSchema, wanted), never);
    await t.rejects(making, failing('invalid_argument', 'invalid', { status: 422, field: 'metadata.labels' }));
  });

  t.test('a list is whole, or in parts', async (t) => {
    const all = kubernetes(t);
    const asked = { cluster: connectionTo(cluster) };
    const whole = await all.listNamespaces(create(ListNamespacesSchema, asked), never);
    t.ok(whole.complete);
    const first = await all.listNamespaces(create(ListNamespacesSchema, { ...asked, options: { limit: 2 } }), never);
    t.match([first.items.length, first.complete], [2, false]);
    const options = { limit: 100, continue: first.continue };
    const rest = await all.listNamespaces(create(ListNamespacesSchema, { ...asked, options }), never);
    t.strictSame([...first.items, ...rest.items], whole.items);
    const labelSelector = 'team=a';
    const some = await all.listNamespaces(
      create(ListNamespacesSchema, { ...asked, options: { labelSelector } }),
      never,
    );
    t.match(some, { items: [{ name: 'shop' }], complete: true });
    const wrong = { ...asked, options: { labelSelector: '!!' } };
    await t.rejects(
      all.listNamespaces(create(ListNamespacesSchema, wrong), never),
      failing('invalid_argument', 'invalid', { status: 400 }),
    );
  });
}

/** As the document's example has it. */
function webBody(name: string): Record<string, unknown> {
  const container = {
    name: 'web',
    image: toolsImage,
    ports: [{ container_port: 80, protocol: 'TCP' }],
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: 1, memory: '64Mi' } },
    env: [{ name: 'MODE', value: 'test' }],
    volume_mounts: [{ name: 'settings', mount_path: '/settings', read_only: true }],
  };
  return {
    name,
    replicas: 1,
    selector: { match_labels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [container],
        volumes: [{ name: 'settings', config_map: { name: 'settings', optional: true } }],
        termination_grace_period_seconds: 0,
      },
    },
  };
}

function deployments(cluster: TestCluster): void {
  const asked = { cluster: connectionTo(cluster), namespace: 'default' };
  const creation = (body: unknown) =>
    create(CreateDeploymentSchema, { ...asked, body: Buffer.from(JSON.stringify(body)) });

  t.test('a deployment is made as the document has it, scaled up, and down', async (t) => {
    const all = kubernetes(t);
    const made = await all.createDeployment(creation(webBody('web')), never);
    t.match(made, {
      name: 'web',
      replicas: 1,
      strategy: 'RollingUpdate',
      selector: { app: 'web' },
      images: [toolsImage],
    });
    const { spec } = await cluster.api<{ spec: { template: { spec: object } } }>(
      'GET',
      '/apis/apps/v1/namespaces/default/deployments/web',
    );
    t.match(spec.template.spec, {
      containers: [
        {
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: '10m' }, limits: { cpu: '1' } },
          volumeMounts: [{ mountPath: '/settings', readOnly: true }],
        },
      ],
      volumes: [{ configMap: { name: 'settings', optional: true } }],
    });
    const progress: ScaleProgress[] = [];
    const scale = (replicas: number) =>
      create(ScaleDeploymentSchema, { ...asked, name: 'web', replicas, waitMs: 300_000 });
    const up = await all.scaleDeployment(scale(3), (step) => progress.push(step), never);
    t.match(up, { name: 'web', replicas: 3, availableReplicas: 3, waited: true });
    t.match(progress.at(-1), { total: 3, message: /of 3 replicas are available/ });
    const down = await all.scaleDeployment(scale(0), () => {}, never);
    t.match(down, { replicas: 0, availableReplicas: 0, currentReplicas: 0 });
    const { items } = await all.listDeployments(create(ListDeploymentsSchema, asked), never);
    t.match(items, [{ name: 'web', namespace: 'default', replicas: 0 }]);
  });

  t.test('a scale that does not come about is a time-out, and stays', async (t) => {
    const all = kubernetes(t);
    const body = webBody('stuck');
    const { spec } = body.template as { spec: { containers: object[] } };
    spec.containers = [{ name: 'web', image: 'local/none:1', image_pull_policy: 'Never' }];
    await all.createDeployment(creation({ ...body, replicas: 0 }), never);
    const scaling = create(ScaleDeploymentSchema, { ...asked, name: 'stuck', replicas: 2, waitMs: 1500 });
    const deployment = { name: 'stuck', replicas: 2, availableReplicas: 0 };
    await t.rejects(
      all.scaleDeployment(scaling, () => {}, never),
      failing('timeout', 'timeout', { deployment }),
    );
    const missing = create(ScaleDeploymentSchema, { ...asked, name: 'none', replicas: 2 });
    await t.rejects(
      all.scaleDeployment(missing, () => {}, never),
      failing('not_found', 'not_found', { name: 'none' }),
    );
  });

  t.test('an error in a deployment names the field as it was given', async (t) => {
    const all = kubernetes(t);
    const wrong = webBody('wrong');
    const { spec } = wrong.template as { spec: { containers: { volume_mounts: { mount_path: string }[] }[] } };
    const [mount] = spec.containers[0]?.volume_mounts ?? [];
    if (mount !== undefined) mount.mount_path = '';
    const field = 'template.spec.containers[0].volume_mounts[0].mount_path';
    await t.rejects(
      all.createDeployment(creation(wrong), never),
      failing('invalid_argument', 'invalid', { status: 422, field, errors: [{ field }] }),
    );
    const refused = kubernetes(t, new Policy({ images: { allow: ['registry.example/*'] } }));
    await t.rejects(refused.createDeployment(creation(webBody('more')), never), failing('refused', 'policy'));
  });
}

function refusals(cluster: TestCluster): void {
  t.test('a site shows the namespaces that it allows, and no more', async (t) => {
    const all = kubernetes(t, new Policy({ namespaces: { deny: ['kube-*'] }, read_only: true }));
    const asked = { cluster: connectionTo(cluster) };
    const { items } = await all.listNamespaces(create(ListNamespacesSchema, asked), never);
    t.notOk(items.some(({ name }) => name.startsWith('kube-')));
    const pods = create(ListPodsSchema, { ...asked, namespace: 'kube-system' });
    await t.rejects(all.listPods(pods, never), failing('refused', 'policy'));
    const making = all.createNamespace(create(CreateNamespaceSchema, { ...asked, name: 'more' }), never);
    await t.rejects(making, failing('refused', 'read_only', { outcome: 'not_run' }));
  });

  t.test('the names of requests are names, not paths', async (t) => {
    const all = kubernetes(t);
    for (const namespace of ['..', '../../nodes', 'a/b', 'A', 'x'.repeat(64), '%2e%2e']) {
      const pods = create(ListPodsSchema, { cluster: connectionTo(cluster), namespace });
      await t.rejects(all.listPods(pods, never), failing('invalid_argument', 'invalid', { field: 'namespace' }));
    }
  });

  t.test('a cluster that falls silent is a time-out', async (t) => {
    const all = kubernetes(t);
    const { url, token, caCertificate } = cluster;
    const connection = endpoint(url, { token, caCertificate }, { timeoutMs: 300 });
    cluster.door.block();
    t.teardown(() => cluster.door.unblock());
    const asked = create(CheckClusterSchema, { cluster: connection });
    await t.rejects(all.check(asked, never), failing('timeout', 'timeout'));
  });
}
