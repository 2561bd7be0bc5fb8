import t from 'tap';
import { borrowCluster, kubernetesParts, type TestCluster } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { wait } from '../kit/wait.js';
import { addCluster } from '../kubernetes.js';
import { mcpClient, OPERATIONS } from '../mcp-client.js';
import { auditOf, toolsOf } from '../mcp-tools.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

const SECRET = 'open-sesame-of-the-tools';

if (kubernetesParts(t)) {
  const cluster = await borrowCluster(t);
  const hub = await startHub(t);
  await startAgent(t, hub);
  await addCluster(hub, 'prod', cluster);
  await work(hub, cluster);
  await roles(hub);
}
t.end();

async function work(hub: Hub, cluster: TestCluster) {
  await t.test('a client works with clusters by tools', async (t) => {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const call = toolsOf(client);
    const web = { cluster: 'prod', namespace: 'shop' };
    t.match(await call('list_clusters'), {
      clusters: [{ name: 'prod', status: 'connected', nodesCount: 1 }],
      total: 1,
    });
    t.match(await call('create_namespace', { cluster: 'prod', name: 'shop' }), { name: 'shop', status: 'Active' });
    t.match((await call('list_namespaces', { cluster: 'prod' })).total, 5);
    const shown = await call('get_cluster', { cluster: 'prod', refresh: true });
    t.match(shown, { namespaces: 5, nodes: [{ status: 'Ready' }], access: { kind: 'kubeconfig', context: 'test' } });

    const command = ['sh', '-c', 'echo "password is $DB_PASSWORD"; sleep 100000'];
    const env = [{ name: 'DB_PASSWORD', value: SECRET }];
    const made = await call('create_deployment', {
      ...web,
      name: 'web',
      containers: [{ name: 'main', image: toolsImage, command, env }],
    });
    t.match(made, { name: 'web', replicas: 1, selector: { app: 'web' } });
    const told: { message?: string }[] = [];
    const onprogress = (progress: { message?: string }) => void told.push(progress);
    // A busy machine takes long to start them: the default time limit of the SDK's client is too short.
    const scale = { ...web, deployment: 'web', replicas: 2, wait: 280 };
    const scaled = await call('scale_deployment', scale, { onprogress, timeout: 300_000 });
    t.match(scaled, { availableReplicas: 2, waited: true });
    t.match(told[0], { message: /of 2 replicas are available/ });
    t.match(await call('list_deployments', web), { deployments: [{ name: 'web', availableReplicas: 2 }] });
    t.match(await call('get_deployment', { ...web, deployment: 'web' }), {
      conditions: { 0: { status: 'True' }, length: 2 },
    });

    const { pods } = await call('list_pods', { ...web, status: 'running' });
    t.match(pods, [{ ready: true }, { ready: true }]);
    const pod = { ...web, pod: pods[0].name };
    t.match(await call('get_pod', pod), { owner: { kind: 'ReplicaSet' }, containers: [{ state: 'running' }] });
    // A container runs before it prints anything.
    const logs = await wait(
      'the container has written its log',
      async () => (await call('get_pod_logs', pod)).logs || null,
    );
    t.equal(logs, 'password is [REDACTED]\n', 'what was given as a secret is one');
    const heard: { message?: string }[] = [];
    const hear = (progress: { message?: string }) => void heard.push(progress);
    // The time begins before the first line, so it must be long enough for a busy cluster.
    t.match(await call('get_pod_logs', { ...pod, follow: 20 }, { onprogress: hear }), { logs, truncated: false });
    t.match(heard, [{ progress: 1, message: 'password is [REDACTED]' }]);
    const output = await call('exec_in_pod', { ...pod, command: ['sh', '-c', 'cat; exit 2'], stdin: 'wagon' });
    t.match(output, { stdout: 'wagon', exitCode: 2 });

    const abort = new AbortController();
    const asleep = call(
      'exec_in_pod',
      { ...pod, command: ['sh', '-c', 'sleep 4711 & sleep 4711'] },
      { signal: abort.signal },
    );
    // This request does not use the code under test.
    const [container] = await cluster.docker.listContainers({ filters: { name: [`k8s_main_${pod.pod}_`] } });
    const sleepers = async () => {
      const top = await cluster.docker.getContainer(container?.Id ?? '').top({ ps_args: '-eo pid,args' });
      return (top.Processes as string[][]).filter((columns) => columns.join(' ').endsWith(' sleep 4711')).length;
    };
    await wait('both commands run in the container', async () => (await sleepers()) === 2);
    abort.abort('enough');
    await t.rejects(asleep, { message: /enough/ });
    await wait('the cancelled commands have ended', async () => (await sleepers()) === 0);
    await t.rejects(call('get_pod', { ...web, pod: 'nobody' }), { code: 'not_found' });
    await t.rejects(call('get_pod', { ...web, pod: 'No_Body' }), {
      code: 'invalid_input',
      details: { field: 'pod_name' },
    });
    t.match((await auditOf(hub, 'deployment.create'))[0], { success: true, details: { images: [toolsImage] } });
    t.notMatch(JSON.stringify([(await hub.call('GET', '/api/audit?limit=100')).body, hub.log]), SECRET);
  });
}

async function roles(hub: Hub) {
  await t.test('each role has the tools that it may use', async (t) => {
    const reading = ['get_cluster', 'get_deployment', 'get_pod'];
    const ofViewers = [...reading, 'list_clusters', 'list_deployments', 'list_namespaces', 'list_pods'];
    const ofOperators = [...ofViewers, 'create_namespace', 'get_pod_logs', 'scale_deployment'];
    const ofAdmins = [...ofOperators, 'create_deployment', 'exec_in_pod'];
    for (const [role, names] of [
      ['viewer', ofViewers],
      ['user', ofViewers],
      ['operator', ofOperators],
      ['admin', ofAdmins],
    ] as const) {
      const { client } = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key(role) });
      const found = (await client.listTools()).tools.filter(({ name }) =>
        /cluster|deployment|namespace|pod/.test(name),
      );
      t.strictSame(found.map(({ name }) => name.replace('roundhouse_', '')).sort(), [...names].sort(), role);
      for (const { name, annotations } of found)
        t.equal(annotations?.readOnlyHint, !/_(create|scale|exec)_/.test(name), name);
    }
    const operator = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('operator') });
    const attempt = toolsOf(operator.client)('exec_in_pod', { cluster: 'prod', pod: 'a', command: ['env'] });
    await t.rejects(attempt, { code: -32602, message: /Unknown tool/ });
    t.match((await auditOf(hub, 'pod.exec'))[0], { success: false, details: { error: 'forbidden' } });
    const grants = { tools: ['roundhouse_list_clusters'], sites: ['local'] };
    const narrow = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('viewer', { grants }) });
    t.match(await toolsOf(narrow.client)('list_clusters'), { total: 1 });
    const elsewhere = await mcpClient(t, hub, {
      path: OPERATIONS,
      key: await hub.key('viewer', { grants: { sites: ['other'] } }),
    });
    t.match(await toolsOf(elsewhere.client)('list_clusters'), { total: 0 });
  });
}
