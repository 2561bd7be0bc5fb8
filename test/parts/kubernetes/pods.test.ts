import { create } from '@bufbuild/protobuf';
import { GetPodSchema, ListPodsSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { AgentFailure } from '../../../agent/failure.js';
import { Policy } from '../../../agent/policy/policy.js';
import { borrowCluster, kubernetesParts, type TestCluster } from '../../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../../fixtures/kubernetes/images.js';
import { wait } from '../../kit/wait.js';
import { connectionTo, failing, kubernetes, logOf, makeBrokenPod, never, runPod } from './harness.js';

if (kubernetesParts(t)) {
  const cluster = await borrowCluster(t);
  const talkative = ['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; done; echo ü; exec sleep 2000000'];
  const noisy = {
    name: 'noisy',
    image: toolsImage,
    command: ['sh', '-c', 'yes "a line of the log" | head -c 20000000; sleep 20000'],
  };
  const ports = [{ containerPort: 80, name: 'web' }];
  await Promise.all([
    runPod(
      cluster,
      'one',
      {
        containers: [
          { name: 'main', image: toolsImage, command: talkative, ports, resources: { limits: { memory: '64Mi' } } },
        ],
        volumes: [{ name: 'scratch', emptyDir: { medium: 'Memory' } }],
      },
      { labels: { app: 'one' }, annotations: { note: 'n' } },
    ),
    runPod(cluster, 'two', { containers: [{ name: 'a', image: toolsImage }, noisy] }),
    runPod(cluster, 'three'),
  ]);
  await makeBrokenPod(cluster);
  views(cluster);
  logs(cluster);
}
t.end();

function views(cluster: TestCluster): void {
  const connection = connectionTo(cluster);

  t.test('pods are listed, by label, field and status', async (t) => {
    const all = kubernetes(t);
    const asked = { cluster: connection, namespace: 'default' };
    const { items } = await all.listPods(create(ListPodsSchema, asked), never);
    t.same(items.map(({ name }) => name).sort(), ['broken', 'one', 'three', 'two']);
    t.match(
      items.find(({ name }) => name === 'two'),
      { status: 'Running', phase: 'Running', node: 'localhost', ip: /^10\.88\./, ready: true, restartCount: 0 },
    );
    const options = { labelSelector: 'app=one', fieldSelector: 'status.phase=Running' };
    t.match(await all.listPods(create(ListPodsSchema, { ...asked, options }), never), { items: [{ name: 'one' }] });
    const status = ['errimageneverpull'];
    t.match(await all.listPods(create(ListPodsSchema, { ...asked, status }), never), {
      items: [{ name: 'broken', phase: 'Pending', containers: [{ state: 'waiting', reason: 'ErrImageNeverPull' }] }],
    });
    const none = create(ListPodsSchema, { cluster: connection, namespace: 'nowhere' });
    t.same(await all.listPods(none, never), { items: [], complete: true });
    const everywhere = kubernetes(t, new Policy({ namespaces: { deny: ['default'] } }));
    t.same((await everywhere.listPods(create(ListPodsSchema, { cluster: connection }), never)).items, []);
  });

  t.test('a pod by itself', async (t) => {
    const all = kubernetes(t);
    const pod = await all.getPod(
      create(GetPodSchema, { cluster: connection, namespace: 'default', name: 'one' }),
      never,
    );
    t.match(pod, {
      name: 'one',
      labels: { app: 'one' },
      annotations: { note: 'n' },
      hostIp: '10.88.0.1',
      qosClass: 'Burstable',
      volumes: [{ name: 'scratch', type: 'emptyDir', details: { medium: 'Memory' } }],
      containers: [
        {
          name: 'main',
          image: toolsImage,
          ready: true,
          state: 'running',
          ports: [{ containerPort: 80, protocol: 'TCP', name: 'web' }],
          resources: { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } },
        },
      ],
    });
    t.ok(pod.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'));
    t.ok(pod.events.some(({ reason, source }) => reason === 'Scheduled' && source === 'default-scheduler'));
    const missing = create(GetPodSchema, { cluster: connection, namespace: 'default', name: 'none' });
    await t.rejects(all.getPod(missing, never), failing('not_found', 'not_found', { kind: 'pods', name: 'none' }));
  });
}

function logs(cluster: TestCluster): void {
  const connection = connectionTo(cluster);
  const read = async (all: ReturnType<typeof kubernetes>, ...[pod, init]: [string, Parameters<typeof logOf>[2]]) => {
    let text = '';
    const write = async (chunk: Uint8Array): Promise<void> => {
      text += Buffer.from(chunk).toString();
    };
    await all.readLog(logOf(connection, pod, init), write, never);
    return text;
  };

  t.test('a log: all of it, its last lines, with times, a part', async (t) => {
    const all = kubernetes(t);
    t.equal(await read(all, 'one', {}), 'line 1\nline 2\nline 3\nline 4\nline 5\nü\n');
    t.equal(await read(all, 'one', { tailLines: 2 }), 'line 5\nü\n');
    t.match(await read(all, 'one', { tailLines: 1, timestamps: true }), /^\d{4}-\d\d-\d\dT[\d:.]+Z ü\n$/);
    t.equal(await read(all, 'one', { limitBytes: 9n }), 'line 1\nli');
    const most = 16 * 1024 * 1024;
    let length = 0;
    // The pod runs, but may not have written everything yet.
    await wait('the pod has written as much as is read at most', async () => {
      length = (await read(all, 'two', { container: 'noisy' })).length;
      return length >= most;
    });
    t.equal(length, most, 'no more than the default');
  });

  t.test('pods without a log', async (t) => {
    const all = kubernetes(t);
    const containers = ['a', 'noisy'];
    await t.rejects(read(all, 'two', {}), failing('invalid_argument', 'container_required', { containers }));
    await t.rejects(read(all, 'two', { container: 'b' }), failing('not_found', 'container_not_found', { containers }));
    await t.rejects(read(all, 'broken', {}), failing('conflict', 'not_running'));
    await t.rejects(read(all, 'none', {}), failing('not_found', 'not_found'));
    await t.rejects(read(all, 'one', { previous: true }), failing('not_found', 'not_found'));
  });

  t.test('a log that is followed, until that is cancelled', async (t) => {
    const all = kubernetes(t);
    const signal = new CancelSource();
    const write = async (chunk: Uint8Array): Promise<void> => {
      if (Buffer.from(chunk).toString().includes('ü')) signal.abort(new AgentFailure('cancelled', 'enough'));
    };
    const following = all.readLog(logOf(connection, 'one', { follow: true }), write, signal);
    await t.rejects(following, { name: 'AgentFailure', kind: 'cancelled', message: 'enough' });
  });

  t.test('a reader that stops holds the log up', async (t) => {
    const all = kubernetes(t);
    const signal = new CancelSource();
    let taken = 0;
    let stopped = (): void => {};
    const first = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const write = (chunk: Uint8Array): Promise<void> => {
      taken += chunk.length;
      if (taken === 0) return Promise.resolve();
      stopped();
      return new Promise(() => {});
    };
    const before = process.memoryUsage().arrayBuffers;
    void all
      .readLog(logOf(connection, 'two', { container: 'noisy', limitBytes: 20_000_000n }), write, signal)
      .catch(() => {});
    await first;
    await all.listPods(create(ListPodsSchema, { cluster: connection, namespace: 'default' }), never);
    t.ok(taken < 1024 * 1024, 'nothing more was passed on');
    t.ok(process.memoryUsage().arrayBuffers - before < 10_000_000, 'nor read');
    signal.abort(new AgentFailure('cancelled', 'enough'));
  });

  t.test('a connection that is lost says so', async (t) => {
    const all = kubernetes(t);
    const write = async (chunk: Uint8Array): Promise<void> => {
      if (chunk.length > 0) cluster.door.slam();
    };
    const following = all.readLog(logOf(connection, 'one', { follow: true }), write, never);
    await t.rejects(following, failing('disconnected', 'connection_lost'));
  });
}
