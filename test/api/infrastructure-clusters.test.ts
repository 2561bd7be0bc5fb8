import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { clusterList } from '../../hub/api/infrastructure/clusters.js';
import { until } from '../automation.js';
import { everyOperator } from '../every-operator.js';
import { infrastructureDocument, newUser } from '../infrastructure.js';
import { clustersPath, kubernetesPath } from '../kubernetes.js';
import { ADMIN_KEY, type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';

const TOKEN = 'a-token-of-nobody-0001';
const nowhere = { host: 'https://127.0.0.1:9', token: TOKEN };
const base64 = (text: string) => Buffer.from(text).toString('base64');

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub, 'local');
  await startAgent(t, hub, 'lab');
  for (const body of [
    { name: 'east', description: 'the first one', config: nowhere },
    { name: 'west', config: { ...nowhere, timeout: 60 } },
    { name: 'lab-1', config: nowhere, site: 'lab' },
  ]) {
    const made = await hub.call('POST', clustersPath, body);
    t.match([made.status, made.body.data], [201, { status: 'error', error_reason: 'unreachable', error: /./ }]);
  }
});

t.test('lists of clusters take every operator on every field, pages and sorting', async (t) => {
  const { body } = await hub.call('GET', clustersPath);
  t.same(Object.keys(clusterList.fields).sort(), Object.keys(body.data[0]).sort(), 'every field of the answer is one');
  await everyOperator(
    t,
    clusterList.fields,
    async (query) => (await hub.call('GET', `${clustersPath}?${query}`)).body.data,
  );
  const page = (await hub.call('GET', `${clustersPath}?limit=2&sort=name&order=desc`)).body;
  t.match(page, { data: [{ name: 'west' }, { name: 'lab-1' }], metadata: { page: 1, limit: 2, total: 3, pages: 2 } });
  const unknown = await hub.call('GET', `${clustersPath}?colour=red`);
  t.match([unknown.status, unknown.body.error], [400, { code: 'VALIDATION_ERROR', details: { field: 'colour' } }]);
  const operator = await hub.call('GET', `${clustersPath}?name[like]=x`);
  t.match(operator.body.error.details, { field: 'name[like]', known: infrastructureDocument.operators });
});

t.test('the error for bad input names the field', async (t) => {
  const config = nowhere;
  const kubeconfig = base64(
    JSON.stringify({
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:9' } }],
      users: [{ name: 'a', user: { exec: { command: 'sh' } } }],
    }),
  );
  for (const [body, field] of [
    [{ name: 'a/b', config }, 'name'],
    [{ name: 'clusters', config }, 'name'],
    [{ name: 'x' }, 'config'],
    [{ name: 'x', config: {} }, 'config'],
    [{ name: 'x', config: { host: 'x' } }, 'config.token'],
    [{ name: 'x', config: { ...config, colour: 'red' } }, 'config.colour'],
    [{ name: 'x', config: { ...config, host: 'http://127.0.0.1:9' } }, 'config.host'],
    [{ name: 'x', config: { ...config, host: 'https://169.254.169.254' } }, 'config.host'],
    [
      {
        name: 'x',
        config: { ...config, ca_cert: base64('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----') },
      },
      'config.ca_cert',
    ],
    [{ name: 'x', config: { kubeconfig: base64('nothing') } }, 'config.kubeconfig'],
    [{ name: 'x', config: { kubeconfig } }, 'config.kubeconfig.users[0].user.exec'],
    [{ name: 'x', config, site: 'mars' }, 'site'],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', clustersPath, body);
    t.match(
      [status, answer.error?.code, answer.error?.details.field],
      [400, 'VALIDATION_ERROR', field],
      JSON.stringify(answer),
    );
  }
  const twice = await hub.call('POST', clustersPath, { name: 'EAST', config });
  t.match([twice.status, twice.body.error.code], [409, 'RESOURCE_ALREADY_EXISTS']);
  t.equal((await hub.call('GET', clustersPath)).body.metadata.total, 3, 'nothing of that was kept');
});

t.test('an unreachable cluster has its own error', async (t) => {
  for (const [method, path, body] of [
    ['GET', 'west/namespaces', undefined],
    ['GET', 'west/namespaces/default/pods', undefined],
    ['GET', 'west/namespaces/default/pods/a/logs?follow=true', undefined],
    ['POST', 'west/namespaces/default/pods/a/exec', { command: ['id'] }],
    ['PUT', 'west/namespaces/default/deployments/a/scale', { replicas: 1 }],
    ['POST', 'clusters/west/check', undefined],
  ] as const) {
    const answer = await hub.call(method, `${kubernetesPath}/${path}`, body);
    const error = { code: 'K8S_CONNECTION_ERROR', details: { reason: 'unreachable' } };
    t.match([answer.status, answer.body.error], [502, error], path);
  }
  t.match((await hub.call('GET', `${clustersPath}/west`)).body.data, {
    status: 'error',
    error_reason: 'unreachable',
    nodes: { length: 0 },
    last_connected: null,
    access: { type: 'host', host: nowhere.host, timeout: 60 },
  });
  const limit = (await hub.call('GET', clustersPath)).headers.get('x-ratelimit-limit');
  t.equal(limit, String(infrastructureDocument.rateLimits.kubernetes * 1000), 'the class of Kubernetes operations');
});

t.test('grants and roles limit the access to clusters', async (t) => {
  const key = await hub.key('operator', { grants: { sites: ['lab'] } });
  t.match((await hub.call('GET', clustersPath, undefined, key)).body, {
    data: [{ name: 'lab-1' }],
    metadata: { total: 1 },
  });
  t.equal((await hub.call('GET', `${clustersPath}/east`, undefined, key)).status, 404);
  t.equal((await hub.call('GET', `${kubernetesPath}/east/namespaces`, undefined, key)).status, 404);
  const body = { name: 'mine', config: { agent: 'in_cluster' }, site: 'lab' };
  t.equal((await hub.call('POST', clustersPath, body, key)).status, 403, "the agent's own credentials are for admins");
  const own = await hub.call('POST', clustersPath, body);
  t.match([own.status, own.body.data], [201, { status: 'error', error_reason: 'no_connection' }]);
  t.equal((await hub.call('DELETE', `${clustersPath}/mine`)).status, 200);
  const { token } = await newUser(hub, 'alice', 'viewer');
  t.equal((await hub.call('GET', '/api/v1/kubernetes/clusters', undefined, token)).status, 200, 'at the plain path');
  t.equal((await hub.call('DELETE', `${clustersPath}/east`, undefined, token)).status, 403);
});

t.test('the policy of a site wins over roles', async (t) => {
  const policy = join(hub.data, 'policy.yaml');
  writeFileSync(policy, 'read_only: true\n');
  await startAgent(t, hub, 'depot', ['--policy', policy]);
  t.equal((await hub.call('POST', clustersPath, { name: 'depot', config: nowhere, site: 'depot' })).status, 201);
  const refused = await hub.call('POST', `${kubernetesPath}/depot/namespaces`, { name: 'a' });
  const error = { code: 'AUTH_INSUFFICIENT_PERMISSIONS', details: { reason: 'read_only', outcome: 'not_run' } };
  t.match([refused.status, refused.body.error], [403, error]);
});

t.test('the hub shows nothing of the credentials, and goes on, with any answer of the cluster', async (t) => {
  let said = '';
  const server = createServer((request, response) => {
    response.end(said.replace('$', String(request.headers.authorization)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const config = { host: `http://127.0.0.1:${port}`, token: TOKEN, insecure_skip_tls_verify: true };
  const answers: unknown[] = [];
  for (const text of [
    '',
    '$',
    '{"kind":"$"}',
    '{"gitVersion":"$","items":[{"metadata":{"name":"$"}}]}',
    '['.repeat(100_000),
  ]) {
    said = text;
    const made = await hub.call('POST', clustersPath, { name: 'odd', config });
    const listed = await hub.call('GET', `${kubernetesPath}/odd/namespaces`);
    const pods = await hub.call('GET', `${kubernetesPath}/odd/namespaces/a/pods/b`);
    answers.push(made.body, listed.body, pods.body, (await hub.call('GET', `${clustersPath}/odd`)).body);
    t.match([made.status, listed.status], [201, Number], text.slice(0, 20));
    t.equal((await hub.call('DELETE', `${clustersPath}/odd`)).status, 200);
  }
  t.notOk(JSON.stringify([answers, hub.log]).includes(TOKEN));
  const audit = (await hub.call('GET', '/api/audit?limit=100')).body;
  t.notOk(JSON.stringify(audit).includes(TOKEN));
});

t.test('a request for a cluster of a disconnected agent is an error', async (t) => {
  const agent = await startAgent(t, hub, 'yard');
  const made = await hub.call('POST', clustersPath, { name: 'yard', config: nowhere, site: 'yard' });
  t.equal(made.status, 201);
  await agent.stop();
  await hub.logged(({ body, agent: id }) => body === 'agent disconnected' && id === agent.id);
  const answer = await hub.call('GET', `${kubernetesPath}/yard/namespaces`);
  const error = { code: 'K8S_CONNECTION_ERROR', details: { reason: 'agent_unreachable', outcome: 'not_run' } };
  t.match([answer.status, answer.body.error], [502, error]);
  t.match((await hub.call('GET', `${clustersPath}/yard`)).body.data, { status: 'disconnected', error: undefined });
  const renamed = await hub.call('PUT', `${clustersPath}/yard`, { name: 'harbour' });
  t.match([renamed.status, renamed.body.data], [200, { name: 'harbour', status: 'disconnected' }]);
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  // An agent that is back asks its clusters by itself.
  await until(hub, `${clustersPath}/harbour`, ({ data }) => data.status === 'error');
});

t.test('the log of a silent pod still begins, for clients that read gzip', async (t) => {
  let say: (line: string) => void = () => {};
  const server = createServer((request, response) => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'b' },
      spec: { containers: [{ name: 'main' }] },
      status: {},
    };
    if (!request.url?.includes('/log?'))
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(pod));
    else {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).flushHeaders();
      say = (line) => response.write(line);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const config = { host: `http://127.0.0.1:${port}`, token: TOKEN, insecure_skip_tls_verify: true };
  await hub.call('POST', clustersPath, { name: 'quiet', config });
  const response = await fetch(`${hub.url}${kubernetesPath}/quiet/namespaces/a/pods/b/logs?follow=true`, {
    headers: { Authorization: `Bearer ${ADMIN_KEY}` },
  });
  t.match([response.status, response.headers.get('vary')], [200, 'Accept-Encoding']);
  say('a line\n');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  t.equal((await reader?.read())?.value, 'a line\n');
  await reader?.cancel();
});
