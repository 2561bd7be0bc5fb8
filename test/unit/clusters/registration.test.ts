import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { ClusterFactBook, clusterFacts, ObservedClusters } from '../../../hub/domain/clusters/observed.js';
import { clusterRecords } from '../../../hub/domain/clusters/record.js';
import type { ClusterInfo } from '../../../hub/domain/clusters/resources/answers.js';
import { put } from '../../../hub/domain/store.js';
import { wait } from '../../kit/wait.js';
import { agent, endpoint, failing, info, kubeconfig, rig, start, TOKEN } from './rig.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const asRole = (role: string, grants: object | null = null) =>
  ({ ...SYSTEM, caller: { kind: 'api_key', id: 'k', name: 'key', role, grants } as unknown as Caller }) as const;

t.test('a cluster is registered with its facts, and its credentials are sealed', async (t) => {
  const { clusters, fleet, store, redactor } = await rig(t);
  const config = { ...endpoint, host: '192.0.2.1:6443', caCert: base64(PEM) };
  const { record, observed, facts } = await clusters.create(SYSTEM, { name: 'prod', description: 'x', config });
  t.match(observed, { state: 'connected', error: '' });
  t.same(observed.info, info);
  t.match(facts, { version: 'v1.31.2', nodesCount: 1, lastConnected: observed.checkedAt });
  t.match(fleet.connection, {
    clusterId: record.id,
    revision: 1,
    source: { case: 'endpoint', value: { url: endpoint.host, token: TOKEN, caCertificate: PEM } },
    insecureSkipTlsVerify: false,
  });
  const kept = JSON.stringify([store.get(clusterRecords, record.id), [...store.list(auditLog)], store.events(0, 99)]);
  t.notMatch(kept, TOKEN);
  t.equal(redactor.text(`say ${TOKEN}`), 'say [REDACTED]');
  await store.flush();
  t.same(
    store.events(0, 99).map(({ type }) => type),
    ['cluster.added', 'cluster.connected'],
  );
  t.match([...store.list(auditLog)], [{ action: 'cluster.create', resource: { type: 'cluster', id: record.id } }]);
});

t.test('the shown address of a kubeconfig has no part of a password', async (t) => {
  const { clusters } = await rig(t);
  for (const [n, [given, shown]] of (
    [
      ['https://u:p@ss@192.0.2.7:6443', 'https://192.0.2.7:6443'],
      ['https://u:p%40ss@192.0.2.7:6443/a@b/', 'https://192.0.2.7:6443/a@b/'],
      ['https://u:p/s@s@192.0.2.7:6443', '192.0.2.7:6443'],
      ['https://192.0.2.7:6443/a@b', 'https://192.0.2.7:6443/a@b'],
    ] as const
  ).entries()) {
    const content = kubeconfig.replaceAll('https://192.0.2.7:6443', given);
    t.not(content, kubeconfig);
    const { record } = await clusters.create(SYSTEM, { name: `c${n}`, config: { kubeconfig: base64(content) } });
    t.match(record.access, { kind: 'kubeconfig', server: shown }, given);
  }
});

t.test('the redactor learns all credentials of a kubeconfig, and nothing else', async (t) => {
  const { clusters, fleet, redactor } = await rig(t);
  const { record } = await clusters.create(SYSTEM, { name: 'prod', config: { kubeconfig: base64(kubeconfig) } });
  t.match(record.access, { kind: 'kubeconfig', context: 'as-alice', server: 'https://192.0.2.7:6443' });
  t.match(fleet.connection.source, { case: 'kubeconfig', value: { content: kubeconfig, context: '' } });
  for (const secret of ['a-token-of-alice-000001', 'a-password-of-bob', 'the key of bob is this'])
    t.equal(redactor.text(secret), '[REDACTED]');
  t.equal(redactor.text(kubeconfig.split('\n').slice(0, 5).join('\n')), kubeconfig.split('\n').slice(0, 5).join('\n'));
  const again = { context: 'as-bob', kubeconfig: base64(kubeconfig) };
  const changed = await clusters.update(SYSTEM, 'PROD', { config: again });
  t.match(changed.record, { access: { context: 'as-bob' }, revision: 2, connectionRevision: 2 });
  t.match(fleet.connection.source.value, { content: kubeconfig, context: 'as-bob' });
});

t.test('after a restart the hub knows credentials and facts of a cluster before any request', async (t) => {
  const { clusters, fleet, store, redactor } = await rig(t);
  const { record } = await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  await store.flush();
  const size = redactor.size;
  const again = await start(t, store, fleet, redactor);
  t.equal(redactor.size, size);
  t.match(again.clusters.get(SYSTEM, record.id), {
    observed: { state: 'disconnected', checkedAt: 0 },
    facts: { version: 'v1.31.2', nodesCount: 1 },
  });
});

t.test('an unreachable cluster is registered, too; a wrong connection is not', async (t) => {
  const { clusters, fleet, store } = await rig(t);
  fleet.before = failing('server_disconnected', 'unauthorized', `who is ${TOKEN}?`);
  const { observed } = await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  t.match(observed, { state: 'error', reason: 'unauthorized', error: 'who is [REDACTED]?' });
  const field = 'client_key';
  fleet.before = failing('invalid_input', 'connection_invalid', 'client_key cannot be read', { field });
  const config = { host: 'x', clientCert: base64(PEM), clientKey: base64(PEM) };
  await t.rejects(clusters.create(SYSTEM, { name: 'other', config }), {
    code: 'invalid_input',
    details: { field: 'config.client_key', error: 'cannot be read' },
  });
  t.equal(store.count(clusterRecords), 1);
  fleet.connected = false;
  const away = await clusters.create(SYSTEM, { name: 'away', config: endpoint });
  t.match(away.observed, { state: 'disconnected', reason: 'agent_unreachable' });
});

t.test('an error in a connection is named', async (t) => {
  const { clusters, fleet } = await rig(t);
  const { host } = endpoint;
  for (const [config, field] of [
    [{}, 'config.kubeconfig'],
    [{ host }, 'config.token'],
    [{ host, token: 'two words' }, 'config.token'],
    [{ host, clientCert: base64(PEM) }, 'config.client_key'],
    [{ host, clientKey: base64(PEM) }, 'config.client_cert'],
    [{ ...endpoint, caCert: base64('nothing') }, 'config.ca_cert'],
    [{ ...endpoint, host: 'ftp://x' }, 'config.host'],
    [{ ...endpoint, host: 'https://me:secret@x' }, 'config.host'],
    [{ ...endpoint, host: 'a b' }, 'config.host'],
    [{ ...endpoint, context: 'x' }, 'config.context'],
    [{ ...endpoint, kubeconfig: base64(kubeconfig) }, 'config'],
    [{ kubeconfig: base64(kubeconfig), token: TOKEN }, 'config.token'],
    [{ kubeconfig: base64(kubeconfig), context: 'as-carol' }, 'config.context'],
    [{ kubeconfig: base64(kubeconfig.replace(/current-context.*/, '')) }, 'config.context'],
    [{ kubeconfig: base64(kubeconfig.replace('name: bob', 'name: alice')) }, 'config.kubeconfig'],
    [{ kubeconfig: base64('a: [') }, 'config.kubeconfig'],
    [{ kubeconfig: base64('just text') }, 'config.kubeconfig'],
    [{ kubeconfig: base64('['.repeat(20_000)) }, 'config.kubeconfig'],
    [{ kubeconfig: base64(`#${'x'.repeat(256 * 1024)}\n${kubeconfig}`) }, 'config.kubeconfig'],
    [{ kubeconfig: base64(kubeconfig.replace(/server:[^}]*/, '')) }, 'config.kubeconfig'],
    [{ agent: 'in_cluster', context: 'x' }, 'config.context'],
  ] as const)
    await t.rejects(clusters.create(SYSTEM, { name: 'x', config }), { code: 'invalid_input', details: { field } });
  for (const name of ['0193a1b2-0000-7000-8000-000000000000', 'Clusters'])
    await t.rejects(clusters.create(SYSTEM, { name, config: endpoint }), {
      code: 'invalid_input',
      details: { field: 'name' },
    });
  t.equal(fleet.asked.length, 0, 'no agent was asked');
  await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  await t.rejects(clusters.create(SYSTEM, { name: 'PROD', config: endpoint }), { code: 'already_exists' });
});

t.test('an update keeps the other fields; credentials do not go to another address', async (t) => {
  const { clusters, fleet } = await rig(t);
  const caCert = base64(PEM);
  await clusters.create(SYSTEM, { name: 'prod', description: 'mine', config: { ...endpoint, caCert } });
  const { length } = fleet.asked;
  const renamed = await clusters.update(SYSTEM, 'prod', { name: 'main' });
  t.match(renamed.record, { name: 'main', description: 'mine', revision: 2, connectionRevision: 1 });
  t.equal(fleet.asked.length, length, 'its connection is as it was');
  await clusters.update(SYSTEM, 'main', { config: { token: 'another-token-0002' } });
  t.match(fleet.connection, {
    revision: 2,
    source: { value: { url: endpoint.host, token: 'another-token-0002', caCertificate: PEM } },
  });
  await t.rejects(clusters.update(SYSTEM, 'main', { config: { host: 'https://evil.example' } }), {
    code: 'invalid_input',
    details: { field: 'config.token' },
  });
  const moved = { host: 'https://192.0.2.9', token: 'a-third-token-0003' };
  await clusters.update(SYSTEM, 'main', { config: moved });
  t.match(fleet.connection.source.value, { url: moved.host, token: moved.token, caCertificate: '' });
});

t.test('a deleted cluster leaves nothing', async (t) => {
  const { clusters, store } = await rig(t);
  const { record } = await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  await clusters.delete(SYSTEM, 'prod');
  t.same([store.count(clusterRecords), store.count(clusterFacts)], [0, 0]);
  t.throws(() => clusters.get(SYSTEM, record.id), { code: 'not_found' });
  await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
});

t.test('a deletion that meets a change goes on from the changed cluster', async (t) => {
  const { clusters, store } = await rig(t);
  const { record } = await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  const later = { ...record, name: 'later', revision: record.revision + 1 };
  const changed = store.apply({ writes: [put(clusterRecords, later, record.revision)] });
  await clusters.delete(SYSTEM, 'prod');
  await changed;
  const told = store.events(0, 100).filter(({ type }) => type === 'cluster.removed');
  t.match(told, [{ data: { clusterName: 'later' } }]);
  t.equal(store.count(clusterRecords), 0);
});

class Answering extends ObservedClusters {
  answeredAt(checkedAt: number, id: string, info: ClusterInfo): void {
    this.set(id, { state: 'connected', error: '', reason: '', agentId: agent.id, info, checkedAt });
  }
}

t.test('two hubs know the facts of a cluster from its latest answer', async (t) => {
  const { clusters, store } = await rig(t);
  const { record } = await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  const hubs = [1, 2].map(() => {
    const observed = new Answering(new Redactor());
    return { observed, facts: new ClusterFactBook(store, observed, (error) => t.fail(String(error))) };
  });
  const [one, two] = hubs;
  const answer = (hub: typeof one, version: string, checkedAt: number) =>
    hub?.observed.answeredAt(checkedAt, record.id, { ...info, version });
  const now = Date.now();
  answer(one, 'v2', now + 2000);
  answer(two, 'v1', now + 1000);
  await wait('both know the later answer', () => hubs.every(({ facts }) => facts.of(record.id).version === 'v2'));
  await store.flush();
  t.match(store.get(clusterFacts, record.id), { version: 'v2', lastConnected: now + 2000 });
  await clusters.delete(SYSTEM, 'prod');
  t.same(
    hubs.map(({ facts }) => facts.of(record.id).version),
    ['', ''],
  );
});

t.test('grants, and the credentials of the agent itself', async (t) => {
  const { clusters } = await rig(t);
  await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  const elsewhere = asRole('operator', { sites: ['lab'] });
  t.same(clusters.list(elsewhere), []);
  t.throws(() => clusters.get(elsewhere, 'prod'), { code: 'not_found' });
  await t.rejects(clusters.create(elsewhere, { name: 'x', config: endpoint, site: agent.site }), { code: 'forbidden' });
  const own = { agent: 'in_cluster' } as const;
  await t.rejects(clusters.create(asRole('operator'), { name: 'own', config: own }), { code: 'forbidden' });
  await t.rejects(clusters.update(asRole('operator'), 'prod', { config: own }), { code: 'forbidden' });
  t.match((await clusters.create(asRole('admin'), { name: 'own', config: own })).record.access, { kind: 'agent' });
  const token = { config: endpoint };
  t.match((await clusters.update(asRole('operator'), 'own', token)).record.access, { kind: 'endpoint' });
});

t.test('states follow the requests, and each change is reported once', async (t) => {
  const { clusters, fleet, store, watch, namespaces } = await rig(t);
  await clusters.create(SYSTEM, { name: 'prod', config: endpoint });
  const state = () => clusters.get(SYSTEM, 'prod').observed.state;
  fleet.answers.set('listNamespaces', { items: [], complete: true });
  fleet.before = failing('server_disconnected', 'unreachable', 'no route');
  for (const _ of [1, 2]) await t.rejects(namespaces.list(SYSTEM, 'prod'), { code: 'cluster_unreachable' });
  t.equal(state(), 'error');
  t.same(clusters.get(SYSTEM, 'prod').observed.info, info, 'what it said before stays known');
  fleet.before = () => {};
  await namespaces.list(SYSTEM, 'prod');
  await watch.look(clusters.get(SYSTEM, 'prod').record);
  t.equal(state(), 'connected', 'a cluster that answers is asked for its state');
  watch.onDisconnect(agent, 'gone');
  t.match(clusters.get(SYSTEM, 'prod').observed, { state: 'disconnected', reason: 'agent_unreachable', error: /gone/ });
  await store.flush();
  const back = new Promise<void>((resolve) => {
    const stop = store.observe(({ events }) => {
      if (!events.some(({ type }) => type === 'cluster.connected')) return;
      stop();
      resolve();
    });
  });
  watch.onAgent(agent);
  await back;
  await store.flush();
  t.same(
    store.events(0, 99).map(({ type }) => type.slice('cluster.'.length)),
    ['added', 'connected', 'error', 'connected', 'disconnected', 'connected'],
  );
});

t.test(
  'a kubeconfig that asks for no check of the certificate is refused until the caller asks for that, too',
  async (t) => {
    const { clusters, fleet } = await rig(t);
    const insecure = kubeconfig.replace('cluster: { server:', 'cluster: { insecure-skip-tls-verify: true, server:');
    const register = (text: string, more = {}) =>
      clusters.create(SYSTEM, { name: 'lab', config: { kubeconfig: base64(text), ...more } });
    await t.rejects(register(insecure), {
      code: 'invalid_input',
      details: { field: 'config.insecure_skip_tls_verify', error: /must be true .* certificate-authority-data/ },
    });
    const checked = insecure.replace('server:', `certificate-authority-data: ${base64(PEM)}, server:`);
    const { record } = await register(checked);
    t.equal(fleet.connection.insecureSkipTlsVerify, false, 'a certificate that is there is checked');
    await clusters.delete(SYSTEM, record.id);
    await register(insecure, { insecureSkipTlsVerify: true });
    t.equal(fleet.connection.insecureSkipTlsVerify, true);
  },
);
