import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { CheckClusterSchema, GetPodSchema, ListPodsSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import { listBound } from '@roundhouse/proto/bounds';
import { jsonCost } from '@roundhouse/proto/json-cost';
import t, { type Test } from 'tap';
import { endpoint, kubernetes, never } from './harness.js';

/** A cluster that a real one is not here: of many pods, with a metrics server. Answers by path; others are not found. */
async function simulated(t: Test, answers: Readonly<Record<string, (query: URLSearchParams) => unknown>>) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://test');
    const answer = answers[pathname]?.(searchParams);
    const missing = { kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound', message: 'none' };
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? missing));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { all: kubernetes(t), cluster: endpoint(url, {}, { insecureSkipTlsVerify: true }) };
}

const node = (name: string, labels: object, capacity: object) => ({
  metadata: { name, labels },
  spec: { unschedulable: name === 'b' },
  status: {
    capacity,
    allocatable: capacity,
    conditions: [{ type: 'Ready', status: name === 'c' ? 'Unknown' : 'True' }],
  },
});

t.test('capacity and use of nodes are added up', async (t) => {
  const items = [
    node('a', { 'node-role.kubernetes.io/control-plane': '' }, { cpu: '2', memory: '4Gi', pods: '110' }),
    node('b', { 'kubernetes.io/role': 'worker' }, { cpu: '500m', memory: '1Gi', pods: '10' }),
    node('c', {}, { cpu: '1', memory: '1Gi', pods: '10' }),
  ];
  const usage = { cpu: '123456789n', memory: '1024Ki' };
  const { all, cluster } = await simulated(t, {
    '/version': () => ({ gitVersion: 'v1.30.1', platform: 'linux/arm64' }),
    '/api/v1/nodes': () => ({ items }),
    '/api/v1/namespaces': () => ({ items: [{ metadata: { name: 'default' } }] }),
    '/api/v1/pods': () => ({ items: [{}], metadata: { remainingItemCount: 41 } }),
    '/apis/metrics.k8s.io/v1beta1/nodes': () => ({ items: ['a', 'b'].map((name) => ({ metadata: { name }, usage })) }),
  });
  t.match(await all.check(create(CheckClusterSchema, { cluster }), never), {
    version: 'v1.30.1',
    platform: 'linux/arm64',
    nodesCount: 3,
    namespacesCount: 1,
    podsCount: 42,
    capacity: { cpuMillis: 3500, memoryBytes: 6 * 1024 ** 3, pods: 130 },
    usage: { cpuMillis: 246, memoryBytes: 2 * 1024 ** 2 },
    nodes: [
      { name: 'a', status: 'Ready', roles: ['control-plane'], usage: { cpuMillis: 123, memoryBytes: 1024 ** 2 } },
      { name: 'b', status: 'Ready,SchedulingDisabled', roles: ['worker'] },
      { name: 'c', status: 'Unknown', roles: { length: 0 }, usage: undefined },
    ],
  });
});

t.test('the usage of containers is shown with their pod', async (t) => {
  const { all, cluster } = await simulated(t, {
    '/api/v1/namespaces/default/pods/one': () => ({ metadata: { name: 'one' } }),
    '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/one': () => ({
      containers: [{ name: 'main', usage: { cpu: '5m', memory: '2Mi' } }],
    }),
  });
  const asked = create(GetPodSchema, { cluster, namespace: 'default', name: 'one' });
  const pod = await all.getPod(asked, never);
  t.same(pod.usage, [{ container: 'main', cpuMillis: 5, memoryBytes: 2 * 1024 ** 2 }]);
  t.same(pod.events, [], 'who may not see them is told the rest');
});

t.test('a long list is asked for in parts, and has an end', async (t) => {
  const asked: (string | null)[] = [];
  const pods = (total: number) => (query: URLSearchParams) => {
    const from = Number(query.get('continue') ?? 0);
    const to = Math.min(total, from + Number(query.get('limit')));
    asked.push(query.get('limit'));
    const items = Array.from({ length: to - from }, (_, at) => ({
      metadata: { name: `p${from + at}`, namespace: 'a' },
    }));
    return { items, metadata: to < total ? { continue: String(to) } : {} };
  };
  const some = await simulated(t, { '/api/v1/pods': pods(1234) });
  const list = (options: object) => create(ListPodsSchema, { cluster: some.cluster, options });
  const whole = await some.all.listPods(list({}), never);
  t.match([whole.items.length, whole.complete, whole.items[1233]?.name], [1234, true, 'p1233']);
  t.strictSame(
    asked.splice(0),
    Array.from({ length: 13 }, () => '100'),
  );
  const part = await some.all.listPods(list({ limit: 700, continue: '100' }), never);
  t.match([part.items.length, part.complete, part.continue, part.items[0]?.name], [700, false, '800', 'p100']);
  t.strictSame(
    asked.splice(0),
    Array.from({ length: 7 }, () => '100'),
  );
  const many = await simulated(t, { '/api/v1/pods': pods(100_000) });
  const most = await many.all.listPods(create(ListPodsSchema, { cluster: many.cluster }), never);
  t.match([most.items.length, most.complete], [20_000, false]);
});

t.test('a list that the hub would refuse is cut, and goes on behind that', async (t) => {
  const labels = Object.fromEntries(Array.from({ length: 990 }, (_, at) => [`l${at}`, 'x']));
  const pods = (query: URLSearchParams) => {
    const from = Number(query.get('continue') ?? 0);
    const items = Array.from({ length: 100 }, (_, at) => ({
      metadata: { name: `p${from + at}`, namespace: 'a', labels },
    }));
    return { items, metadata: from < 900 ? { continue: String(from + 100) } : {} };
  };
  const some = await simulated(t, { '/api/v1/pods': pods });
  const list = (options: object) =>
    some.all.listPods(create(ListPodsSchema, { cluster: some.cluster, options }), never);
  const first = await list({});
  t.ok((jsonCost(JSON.stringify(first)) ?? 0) <= listBound.values);
  t.match([first.items.length, first.complete, first.continue], [400, false, '400']);
  const rest = await list({ continue: '700' });
  t.match([rest.items.length, rest.complete, rest.items[0]?.name], [300, true, 'p700']);
});
