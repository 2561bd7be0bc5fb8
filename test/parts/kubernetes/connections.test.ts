import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import {
  AgentClusterKind,
  CheckClusterSchema,
  type ClusterConnection,
  ClusterConnectionSchema,
  CreateNamespaceSchema,
  RestartDeploymentSchema,
  ScaleDeploymentSchema,
} from '@roundhouse/proto/agent/v1/kubernetes';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { Clients } from '../../../agent/drivers/kubernetes/cluster/clients.js';
import { Kubernetes } from '../../../agent/drivers/kubernetes/kubernetes.js';
import { Meter } from '../../../agent/meter.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { createAuthority } from '../../fixtures/kubernetes/certificates.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { endpoint, execOf, failing, fromKubeconfig, kubernetes, never } from './harness.js';

/** A kubeconfig as people have it, with a second context. */
function kubeconfig(cluster: object, user: object): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'other', cluster: { server: 'https://127.0.0.1:1' } },
      { name: 'mine', cluster: { server: 'https://127.0.0.1:2', ...cluster } },
    ],
    users: [
      { name: 'nobody', user: {} },
      { name: 'me', user },
    ],
    contexts: [
      { name: 'first', context: { cluster: 'mine', user: 'me' } },
      { name: 'second', context: { cluster: 'other', user: 'nobody' } },
    ],
    'current-context': 'first',
  });
}

/** Why the agent does not try a connection. A valid connection is tried, and fails with `unreachable`. */
async function refused(
  t: Test,
  connection: ClusterConnection,
): Promise<{ reason: string; field: string; message: string }> {
  const failure = await kubernetes(t)
    .check(create(CheckClusterSchema, { cluster: connection }), never)
    .catch((error: unknown) => error);
  const { details, message } = failure as { details: { reason: string; field?: string }; message: string };
  return { reason: details.reason, field: details.field ?? '', message };
}

t.test('the series of a cluster end when no command for it comes any more', async (t) => {
  const meter = new Meter();
  const clients = new Clients(() => noPolicy, { idleMs: 300_000 }, meter);
  t.teardown(() => clients.close());
  const ask = (clusterId: string) =>
    t.rejects(
      clients.use(create(ClusterConnectionSchema, { clusterId }), async () => {}),
      { name: 'AgentFailure', details: { reason: 'connection_invalid' } },
    );
  const counted = async () =>
    [...(await meter.look()).series.values()]
      .filter(({ metric }) => metric.subject === 'cluster')
      .map(({ labels }) => labels[0]);
  let passed = 0;
  const { now } = performance;
  t.intercept(performance, 'now', { value: () => now.call(performance) + passed });
  await ask('deleted');
  passed += 200_000;
  await ask('kept');
  t.same(await counted(), ['deleted', 'kept']);
  passed += 200_000;
  t.same(await counted(), ['kept']);
});

t.test('fields of a kubeconfig that the agent refuses', async (t) => {
  const users: readonly (readonly [object, string])[] = [
    [{ exec: { command: 'sh', args: ['-c', 'touch /tmp/x'] } }, 'exec'],
    [{ 'auth-provider': { name: 'oidc' } }, 'auth-provider'],
    [{ tokenFile: '/etc/shadow' }, 'tokenFile'],
    [{ 'token-file': '/etc/shadow' }, 'token-file'],
    [{ 'client-certificate': '/etc/ssl/x.pem' }, 'client-certificate'],
    [{ 'client-key': '/etc/ssl/x.key' }, 'client-key'],
    [{ token: 't', 'as-groups': ['system:masters'] }, 'as-groups'],
  ];
  for (const [user, name] of users) {
    const field = `kubeconfig.users[1].user.${name}`;
    t.match(await refused(t, fromKubeconfig(kubeconfig({}, user))), { reason: 'connection_invalid', field });
  }
  const field = 'kubeconfig.clusters[1].cluster.certificate-authority';
  const file = kubeconfig({ 'certificate-authority': '/etc/ssl/ca.pem' }, { token: 't' });
  t.match(await refused(t, fromKubeconfig(file)), { reason: 'connection_invalid', field });
  const unused = await refused(t, fromKubeconfig(kubeconfig({}, { exec: { command: 'x' } }), 'second'));
  t.equal(unused.reason, 'unreachable', 'another context does not have it');
});

t.test('an error in a kubeconfig is named, and not quoted', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['{[ secret', '', 'kubeconfig'],
    ['just text, secret', '', 'kubeconfig'],
    ['', '', 'kubeconfig'],
    [kubeconfig({}, {}), 'third', 'kubeconfig.context'],
    [kubeconfig({}, {}).replaceAll(/name: \w+/g, 'name: same'), 'same', 'kubeconfig.contexts'],
    ['contexts: []', '', 'kubeconfig.current-context'],
    [kubeconfig({ server: 7 }, {}), '', 'kubeconfig.clusters[1].cluster.server'],
    [kubeconfig({ server: 'ftp://secret' }, {}), '', 'kubeconfig.server'],
    [kubeconfig({ server: 'http://127.0.0.1' }, {}), '', 'kubeconfig.server'],
    [kubeconfig({ server: 'https://169.254.169.254' }, {}), '', 'kubeconfig.server'],
    [kubeconfig({ 'proxy-url': 'http://[fe80::1]:3128' }, {}), '', 'kubeconfig.proxy-url'],
    [
      kubeconfig({ 'certificate-authority-data': 'c2VjcmV0' }, {}),
      '',
      'kubeconfig.clusters[1].cluster.certificate-authority-data',
    ],
    [
      kubeconfig({}, { 'client-certificate-data': 'c2VjcmV0', 'client-key-data': 'c2VjcmV0' }),
      '',
      'kubeconfig.users[1].user.client-certificate-data',
    ],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`).join('\n')}`,
      '',
      'kubeconfig',
    ],
    ['x'.repeat(1024 * 1024 + 1), '', 'kubeconfig'],
  ];
  for (const [text, context, field] of cases) {
    const failure = await refused(t, fromKubeconfig(text, context));
    t.match(failure, { reason: 'connection_invalid', field });
    t.notMatch(failure.message, 'secret');
  }
});

t.test('an error in an address or its credentials is named', async (t) => {
  const { certificate, issue } = await createAuthority('some');
  const [one, other] = await Promise.all([issue('CN=one'), issue('CN=other')]);
  const url = 'https://127.0.0.1:2';
  const of = (value: object) =>
    create(ClusterConnectionSchema, { clusterId: 'c1', source: { case: 'endpoint', value: { url, ...value } } });
  const cases: readonly (readonly [ClusterConnection, string])[] = [
    [create(ClusterConnectionSchema, { clusterId: 'c1' }), 'source'],
    [of({ url: '' }), 'endpoint.url'],
    [of({ url: 'https://user:secret@127.0.0.1' }), 'endpoint.url'],
    [of({ url: 'http://127.0.0.1:8080' }), 'endpoint.url'],
    [of({ url: 'https://[fe80::1]' }), 'endpoint.url'],
    [of({ token: 'secret\r\nX: y' }), 'token'],
    [of({ caCertificate: 'secret' }), 'ca_certificate'],
    [of({ caCertificate: certificate.replace(/[A-Za-z0-9]{40}/, 'secret') }), 'ca_certificate'],
    [of({ clientCertificate: one.certificate }), 'client_key'],
    [of({ clientCertificate: one.certificate, clientKey: other.key }), 'client_key'],
    [of({ clientKey: one.key }), 'client_certificate'],
  ];
  for (const [connection, field] of cases) {
    const failure = await refused(t, connection);
    t.match(failure, { reason: 'connection_invalid', field });
    t.notMatch(failure.message, 'secret');
  }
  const good = of({ caCertificate: certificate, clientCertificate: one.certificate, clientKey: one.key, token: 't' });
  t.equal((await refused(t, good)).reason, 'unreachable');
});

t.test("the agent's own kubeconfig", async (t) => {
  const folder = tempFolder(t);
  const { KUBECONFIG: before } = process.env;
  t.teardown(() => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  });
  const own = (context = '') =>
    create(ClusterConnectionSchema, {
      clusterId: 'c1',
      source: { case: 'agent', value: { kind: AgentClusterKind.KUBECONFIG, context } },
    });
  process.env.KUBECONFIG = join(folder, 'config');
  t.equal((await refused(t, own())).reason, 'no_connection');
  // Its owner may name files and programs.
  writeFileSync(join(folder, 'token'), 'of the agent');
  writeFileSync(join(folder, 'config'), kubeconfig({}, { 'token-file': join(folder, 'token') }));
  t.equal((await refused(t, own())).reason, 'unreachable');
  t.match(await refused(t, own('third')), { reason: 'connection_invalid', field: 'agent.context' });
  writeFileSync(join(folder, 'config'), 'secret: [');
  const broken = await refused(t, own());
  t.equal(broken.reason, 'no_connection');
  t.notMatch(broken.message, 'secret');
  const inside = create(ClusterConnectionSchema, {
    clusterId: 'c1',
    source: { case: 'agent', value: { kind: AgentClusterKind.IN_CLUSTER } },
  });
  t.equal((await refused(t, inside)).reason, 'no_connection');
});

t.test('a client is kept while it is used, one for each connection', async (t) => {
  const clients = new Clients(() => noPolicy, { idleMs: 50 });
  t.teardown(() => clients.close());
  const first = endpoint('https://127.0.0.1:2', { token: 'a' });
  const one = await clients.use(first, async (client) => client);
  t.equal(await clients.use(first, async (client) => client), one, 'the same');
  const changed = endpoint('https://127.0.0.1:2', { token: 'b' }, { revision: 2n });
  t.not(await clients.use(changed, async (client) => client), one);
  t.equal(clients.size, 1, 'a newer connection takes the place of the older one');
  await clients.use(changed, async (used) => {
    await clients.use(endpoint('https://127.0.0.1:3', { token: 'c' }), async () => {});
    t.equal(clients.size, 2);
    await wait('the client that is not used is closed', () => clients.size < 2);
    t.equal(await clients.use(changed, async (client) => client), used, 'the connection in use is not closed');
  });
  await wait('no client is left', () => clients.size === 0);
  await clients.close();
  await t.rejects(
    clients.use(first, async () => {}),
    { name: 'AgentFailure', kind: 'cancelled' },
  );
  await t.rejects(
    clients.use(undefined, async () => {}),
    failing('invalid_argument', 'connection_invalid'),
  );
});

t.test('the site judges the addresses that the hub chooses for a cluster, also of a client that is kept', async (t) => {
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const allowed = new Policy(parsePolicy('urls: { allow: ["http://127.0.0.1:*"] }'));
  let policy = allowed;
  const all = new Kubernetes({ policy: () => policy });
  t.teardown(() => all.close());
  const check = (cluster: ClusterConnection) => all.check(create(CheckClusterSchema, { cluster }), never);
  const cluster = endpoint(url, {}, { insecureSkipTlsVerify: true });
  // It is dialled: the answer is not that of a cluster.
  await t.rejects(check(cluster), failing('disconnected', 'not_kubernetes'));
  const forbidden = failing('refused', 'policy');
  await t.rejects(check(endpoint('https://127.0.0.1:1')), forbidden, 'another scheme');
  const proxied = { server: 'http://127.0.0.1:2', 'proxy-url': 'https://proxy.example.org:3128' };
  const throughProxy = { ...fromKubeconfig(kubeconfig(proxied, {})), insecureSkipTlsVerify: true };
  await t.rejects(check(throughProxy), { ...forbidden, message: /proxy\.example\.org/ });
  policy = new Policy(parsePolicy('urls: { deny: ["http://*"] }'));
  await t.rejects(check(cluster), forbidden);
});

t.test('a policy that changes while the connection to a cluster is made holds for the change', async (t) => {
  const open = new Policy(parsePolicy('namespaces: [default]'));
  let policy = open;
  const all = new Kubernetes({ policy: () => policy });
  t.teardown(() => all.close());
  const cluster = () => endpoint('http://127.0.0.1:1', {}, { insecureSkipTlsVerify: true });
  const deployment = { namespace: 'default', name: 'web' };
  const changes = {
    namespace: () => all.createNamespace(create(CreateNamespaceSchema, { cluster: cluster(), name: 'default' }), never),
    restart: () => all.restartDeployment(create(RestartDeploymentSchema, { cluster: cluster(), ...deployment }), never),
    scale: () => {
      const request = create(ScaleDeploymentSchema, { cluster: cluster(), ...deployment, replicas: 1 });
      return all.scaleDeployment(request, () => {}, never);
    },
    command: () => all.exec(execOf(cluster(), 'web', ['id']), never),
  };
  for (const [what, change] of Object.entries(changes)) {
    policy = open;
    const done: Promise<unknown> = change();
    policy = new Policy(parsePolicy('namespaces: [other]'));
    await t.rejects(done, failing('refused', 'policy'), what);
  }
});
