import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import { helmPath } from '../../deploy/local/parts.mjs';
import { borrowCluster, kubernetesParts, type TestCluster } from '../fixtures/kubernetes/cluster.js';
import { blocks, shellBlocks } from '../kit/markdown.js';
import { runShell, shellsInTurn, strict } from '../kit/shell.js';
import { part } from '../parts.js';
import { tempFolder } from '../temp-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = join(root, 'deploy/helm/roundhouse');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly [member: string]: any;
}

/** The values that differ from one installation to another. */
const installations: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'all that is optional': [
    ...[
      'hub.tlsSecret=tls',
      'hub.ingress.enabled=true',
      'hub.ingress.host=hub.example.org',
      'hub.ingress.tlsSecret=web',
    ],
    ...['hub.ingress.className=nginx', 'hub.agentService.enabled=true', 'hub.settings.log_level=debug'],
    ...['hub.secretSettings.admin_password.name=first', 'hub.secretSettings.admin_password.key=password'],
    ...['agent.policy.read_only=true', 'agent.rbac.access=operate', 'agent.rbac.namespaces={default}'],
    ...['networkPolicy.httpFrom[0].namespaceSelector.matchLabels.web=yes', 'hub.persistence.storageClass='],
    ...['agent.nodeSelector.disk=ssd', 'agent.podAnnotations.team=a', 'imagePullSecrets[0].name=pull'],
  ],
  'several hubs': [
    ...['hub.replicas=3', 'hub.secretSettings.cluster.name=database', 'hub.secretSettings.cluster.key=url'],
    'hub.sealingKeySecret.name=sealing',
  ],
  'a hub alone': ['agent.enabled=false', 'hub.firstKeySecret.name=mine', 'podDisruptionBudget.enabled=false'],
  'an agent alone': ['hub.enabled=false', 'agent.hub=hub.example.org:8443', 'agent.joinTokenSecret.name=join'],
};

function template(set: readonly string[], flags: readonly string[] = []): Manifest[] {
  const values = set.flatMap((value) => ['--set', value]);
  const text = execFileSync(helmPath, ['template', 'rh', chart, '--namespace=default', ...flags, ...values], {
    encoding: 'utf8',
  });
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

function refused(set: string): string {
  const { status, stderr } = spawnSync(helmPath, ['template', 'rh', chart, '--set', set], { encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

t.test('the chart', async (t) => {
  if (!part(t, 'helm')) return;
  await t.test('is clean', async (t) => {
    const { status, stdout } = spawnSync(helmPath, ['lint', '--strict', chart], { encoding: 'utf8' });
    t.equal(status, 0, stdout);
  });

  await t.test('is packed into the file that the release pushes', async (t) => {
    const folder = tempFolder(t);
    const { status, stderr } = spawnSync(helmPath, ['package', chart, '--destination', folder], { encoding: 'utf8' });
    t.equal(status, 0, stderr);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    t.same(readdirSync(folder), [`roundhouse-${version}.tgz`]);
    const release = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
    t.match(release, /helm push "roundhouse-\$\{\{ needs\.packages\.outputs\.version \}\}\.tgz"/);
  });

  await t.test('takes the values of the example', async (t) => {
    const [values = ''] = blocks('docs/examples/cluster.md', 'yaml');
    const folder = tempFolder(t, { 'values.yaml': values });
    const made = template([], ['-f', join(folder, 'values.yaml')]);
    t.match(made.find(({ kind }) => kind === 'Ingress')?.spec.tls, [{ hosts: ['hub.example.com'] }]);
    const bound = made.filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.namespace);
    t.same(bound.sort(), ['jobs', 'web'], 'where the agent has rights');
    const images = made.flatMap(({ kind, spec }) => (kind === 'StatefulSet' ? spec.template.spec.containers : []));
    t.match(images.map(({ image }) => image).sort(), [
      /^registry.example.com\/roundhouse-agent/,
      /^registry.example.com\/roundhouse-hub/,
    ]);
  });

  await t.test('refuses values that cannot work, and secrets among them', async (t) => {
    t.match(refused('hub.settings.admin_password=secret'), 'admin_password');
    t.match(refused('hub.settings.cluster=postgresql://user:secret@host/database'), 'cluster');
    t.match(refused('hub.replicas=0'), 'replicas');
    t.match(refused('hub.replicas=3'), 'hub.secretSettings.cluster names the Secret');
    const database = 'hub.secretSettings.cluster.name=a,hub.secretSettings.cluster.key=b';
    t.match(refused(`hub.replicas=3,${database}`), 'hub.sealingKeySecret.name is needed');
    t.match(refused('agent.rbac.access=everything'), 'access');
    t.match(refused('hub.enabled=false'), 'agent.joinTokenSecret.name is needed');
  });

  await t.test('of several hubs the Services lead to the active one, and no start waits for the others', async (t) => {
    const made = template(installations['several hubs'] ?? []);
    const hub = made.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.endsWith('hub'))?.spec;
    t.match(hub, { replicas: 3, podManagementPolicy: 'Parallel', updateStrategy: { type: 'OnDelete' } });
    const [container] = hub.template.spec.containers;
    t.match(container.readinessProbe, { httpGet: { path: '/health' } });
    t.match(container.livenessProbe, { tcpSocket: { port: 'http' } });
    t.match(container.startupProbe, { tcpSocket: { port: 'http' } });
    const env = new Map(container.env.map(({ name, ...value }: { name: string }) => [name, value]));
    t.same(env.get('ROUNDHOUSE_SEALING_KEY_FILE'), { value: '/sealing/sealing.key' });
    t.same(env.get('ROUNDHOUSE_CLUSTER'), { valueFrom: { secretKeyRef: { name: 'database', key: 'url' } } });
    t.notOk(
      made.some(({ kind }) => kind === 'PodDisruptionBudget'),
      'a drain moves the work to another hub',
    );
  });

  await t.test('every container runs as an unprivileged user, on a read-only file system', async (t) => {
    const pods = template([]).filter(({ kind }) => kind === 'StatefulSet');
    t.equal(pods.length, 2);
    for (const { spec } of pods) {
      t.match(spec.template.spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of [...spec.template.spec.containers, ...(spec.template.spec.initContainers ?? [])])
        t.match(container.securityContext, {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  await t.test('an agent may do no more than it is given', async (t) => {
    const verbs = (set: string[]) =>
      new Set(
        template(set)
          .flatMap(({ kind, rules }) => (kind === 'ClusterRole' ? rules : []))
          .flatMap((rule) => rule.verbs),
      );
    t.same([...verbs([])].sort(), ['get', 'list']);
    t.equal(verbs(['agent.rbac.access=none']).size, 0);
    t.notOk(verbs(['agent.rbac.access=operate']).has('delete'));
  });

  await t.test('newer APIs are used where a cluster has them', async (t) => {
    const budget = (flags: string[]) =>
      template([], flags).find(({ kind }) => kind === 'PodDisruptionBudget')?.apiVersion;
    t.equal(budget(['--kube-version=1.25.0']), 'policy/v1');
    const monitor = template(['serviceMonitor.enabled=true', 'serviceMonitor.keySecret.name=key']);
    t.match(monitor.find(({ kind }) => kind === 'ServiceMonitor')?.spec.endpoints[0].authorization.credentials, {
      name: 'key',
    });
    const withTls = ['hub.tlsSecret=tls', 'serviceMonitor.enabled=true', 'serviceMonitor.keySecret.name=key'];
    const [endpoint] = template(withTls).find(({ kind }) => kind === 'ServiceMonitor')?.spec.endpoints ?? [];
    t.match(endpoint.tlsConfig, { ca: { secret: { name: 'tls', key: 'ca.crt' } }, serverName: /\.svc$/ });
    t.equal(endpoint.tlsConfig.insecureSkipVerify, undefined, 'the API key goes to the hub only');
  });
});

t.test('a real cluster accepts the objects of the chart', async (t) => {
  if (!kubernetesParts(t) || !part(t, 'helm')) return;
  const cluster = await borrowCluster(t);
  for (const [name, set] of Object.entries(installations)) {
    await t.test(name, async (t) => {
      for (const manifest of template(set, ['--kube-version=1.20.2'])) await taken(t, cluster, manifest);
    });
  }
  await manual(t, cluster);
});

/** No registry has the images of the manual, so the pods do not run. Kubernetes keeps all objects, and makes the pods. */
async function manual(t: Test, cluster: TestCluster) {
  for (const name of ['web', 'jobs']) await cluster.api('POST', '/api/v1/namespaces', { metadata: { name } });
  const pages = ['docs/examples/cluster.md', 'deploy/helm/README.md'];
  for (const { path, program } of pages.flatMap((path, at) => shellsInTurn(at).map((program) => ({ path, program }))))
    await t.test(`the commands of ${path}, in ${program}`, async (t) => {
      if (!part(t, 'zsh')) return;
      const [values = ''] = blocks(path, 'yaml');
      const home = tempFolder(t, { kubeconfig: cluster.kubeconfig, 'values.yaml': values });
      symlinkSync(join(root, 'deploy'), join(home, 'deploy'));
      const helm = `${strict}helm() { ${helmPath} "$@"; }\n`;
      const commands = shellBlocks(path, 'helm install').map((text) =>
        text.replaceAll('REGISTRY', 'registry.example.com'),
      );
      const shell = (lines: readonly string[]) =>
        runShell(t, home, [helm, ...lines], program, {
          ...process.env,
          HOME: home,
          KUBECONFIG: join(home, 'kubeconfig'),
        });
      t.match(await shell(commands), 'first API key', 'the notes say where the first key is');
      const namespace = '/namespaces/roundhouse';
      type Sets = {
        readonly items: readonly { readonly spec: { template: { spec: { containers: { image: string }[] } } } }[];
      };
      const { items } = await cluster.api<Sets>('GET', `/apis/apps/v1${namespace}/statefulsets`);
      t.match(
        items.map(({ spec }) => spec.template.spec.containers[0]?.image),
        [/^registry\.example\.com\/roundhouse-agent:/, /^registry\.example\.com\/roundhouse-hub:/],
      );
      await cluster.until(`/api/v1${namespace}/pods/roundhouse-hub-0`, () => true);
      await shell(['helm uninstall roundhouse --namespace roundhouse']);
    });
}

/** Has the API server check an object and all that it says, without keeping it. */
async function taken(t: Test, cluster: TestCluster, manifest: Manifest) {
  const { apiVersion, kind, metadata } = manifest;
  const clusterWide = ['ClusterRole', 'ClusterRoleBinding'].includes(kind);
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : kind.endsWith('s') ? `${kind}es` : `${kind}s`;
  const place = clusterWide ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  const made = await cluster
    .api<Manifest>('POST', `${api}${place}/${plural.toLowerCase()}?dryRun=All`, manifest)
    .catch((error: Error) => error);
  if (made instanceof Error) return t.fail(`${kind} ${metadata.name}: ${made.message}`);
  // The server silently leaves out fields that it does not know.
  return t.match(made, JSON.parse(JSON.stringify(manifest)), `${kind} ${metadata.name}`);
}
