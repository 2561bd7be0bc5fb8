import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from '@bufbuild/protobuf';
import {
  CreateDeploymentSchema,
  CreateNamespaceSchema,
  RestartDeploymentSchema,
  ScaleDeploymentSchema,
} from '@roundhouse/proto/agent/v1/kubernetes';
import t, { type Test } from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { Policy } from '../../../agent/policy/policy.js';
import { atTerminal, endpoint, execOf, failing, kubernetes, never } from './harness.js';

const web = { name: 'web', image: 'ghcr.io/acme/web:1' };
const refused = failing('refused', 'policy', { outcome: 'not_run' });
const spec = { template: { spec: { containers: [web] } } };

/** A cluster with one pod and one deployment, and the requests that changed something. */
async function site(t: Test, policy: string) {
  const changes: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url: path = '' } = request;
    if (method !== 'GET' || path.includes('/exec')) changes.push(`${method} ${path.split('?')[0]}`);
    const status = { phase: 'Running', containerStatuses: [{ name: 'web', state: { running: {} } }] };
    const pod = path.includes('/pods/');
    const body = pod
      ? { metadata: { name: 'web' }, spec: { containers: [web] }, status }
      : { metadata: { name: 'web' }, spec };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = endpoint(url, {}, { insecureSkipTlsVerify: true });
  const all = kubernetes(t, new Policy(parsePolicy(policy)));
  const named = { cluster, namespace: 'apps', name: 'web' };
  return {
    changes,
    cluster,
    all,
    /** Makes a deployment of one container. */
    make: (container: object, pod: object = {}, template: object = {}, more: object = {}) => {
      const body = {
        name: 'web',
        ...more,
        template: { ...template, spec: { containers: [{ ...web, ...container }], ...pod } },
      };
      const given = { cluster, namespace: 'apps', body: Buffer.from(JSON.stringify(body)) };
      return all.createDeployment(create(CreateDeploymentSchema, given), never);
    },
    restart: () => all.restartDeployment(create(RestartDeploymentSchema, named), never),
    scale: (replicas: number) =>
      all.scaleDeployment(create(ScaleDeploymentSchema, { ...named, replicas }), () => {}, never),
  };
}

t.test('a deployment runs only the commands that the site allows, hooks and probes included', async (t) => {
  const image = 'ghcr.io/acme/web:1';
  const { make, changes } = await site(
    t,
    `commands: ["kubectl run -n apps ${image}", "kubectl run -n apps ${image} serve *", "kubectl run -n apps --command ${image} check **"]`,
  );
  const exec = { command: ['sh', '-c', 'id'] };
  for (const [what, container, pod] of [
    ['command', { command: ['sh', '-c', 'id'] }, {}],
    ['args', { args: ['other'] }, {}],
    ['the allowed arguments as a command', { command: ['serve', 'all'] }, {}],
    ['a hook', { lifecycle: { postStart: { exec } } }, {}],
    ['a probe', { livenessProbe: { exec } }, {}],
    ['an init container', {}, { initContainers: [{ ...web, name: 'init', command: ['sh'] }] }],
    ['another image', { image: 'ghcr.io/acme/other:1' }, {}],
  ] as const)
    await t.rejects(make(container, pod), refused, what);
  t.same(changes, []);
  const probe = { exec: { command: ['check', 'all'] }, periodSeconds: 5 };
  t.match(await make({ args: ['serve', 'all'], readinessProbe: probe }), { name: 'web' });
  t.match(await make({}), { name: 'web' });
});

t.test(
  'where commands are restricted, a pod gets no field beyond the harmless ones, unless the site names it',
  async (t) => {
    const { make, changes } = await site(
      t,
      'commands: ["kubectl run -n apps **", "kubectl set -n apps template.spec.volumes.hostPath.path=/srv/data/*", "kubectl set -n apps template.spec.serviceAccountName=web"]',
    );
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
    const items = [{ path: 'x', fieldRef: { fieldPath: "metadata.labels['code']" } }];
    const secured = (securityContext: object) => ({ securityContext });
    for (const [field, container, pod, template] of [
      ['template.spec.volumes.hostPath.path', mount, volume({ hostPath: { path: '/' } })],
      ['template.spec.volumes.hostPath.path', mount, volume({ hostPath: { path: '/srv/data/../etc' } })],
      ['template.spec.volumes.secret.secretName', mount, volume({ secret: { secretName: 'x' } })],
      ['template.spec.containers.securityContext.privileged', secured({ privileged: true }), {}],
      [
        'template.spec.containers.securityContext.capabilities.add',
        secured({ capabilities: { add: ['SYS_ADMIN'] } }),
        {},
      ],
      ['template.spec.containers.securityContext.runAsUser', secured({ runAsUser: 0 }), {}],
      ['template.spec.hostPID', {}, { hostPID: true }],
      ['template.spec.hostNetwork', {}, { host_network: true }],
      ['template.spec.serviceAccountName', {}, { serviceAccountName: 'admin' }],
      ['template.spec.nodeName', {}, { nodeName: 'control' }],
      [
        'template.spec.containers.env.valueFrom.secretKeyRef.name',
        { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
        {},
      ],
      ['template.spec.containers.ports.hostPort', { ports: [{ containerPort: 80, hostPort: 80 }] }, {}],
      [
        'template.spec.containers.livenessProbe.httpGet.host',
        { livenessProbe: { httpGet: { port: 80, host: '192.0.2.1' } } },
        {},
      ],
      ['template.spec.volumes.image.reference', mount, volume({ image: { reference: 'evil.example.com/x:1' } })],
      ['template.spec.volumes.downwardAPI.defaultMode', mount, volume({ downwardAPI: { defaultMode: 0o755, items } })],
      [
        'template.spec.volumes.downwardAPI.items.mode',
        mount,
        volume({ downwardAPI: { items: items.map((item) => ({ ...item, mode: 0o100 })) } }),
      ],
      ['template.metadata.annotations.a', {}, {}, { metadata: { annotations: { a: 'b' } } }],
    ] as const)
      await t.rejects(
        make(container, pod, template),
        { ...refused, message: new RegExp(field.replaceAll('.', '\\.')) },
        field,
      );
    t.same(changes, []);
    const harmless = {
      ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
      resources: { limits: { memory: '64Mi' }, requests: { cpu: '10m' } },
      env: [
        { name: 'MODE', value: 'a' },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      ],
      livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 },
      securityContext: { privileged: false, runAsNonRoot: true, runAsUser: 1000, capabilities: { drop: ['ALL'] } },
      ...mount,
    };
    const pod = { hostPID: false, nodeSelector: { disk: 'ssd' }, securityContext: {}, ...volume({ emptyDir: {} }) };
    t.match(await make(harmless, pod), { name: 'web' });
    t.match(await make(mount, volume({ downwardAPI: { defaultMode: 0o644, items } })), { name: 'web' });
    t.match(await make(mount, { serviceAccountName: 'web', ...volume({ hostPath: { path: '/srv/data/a' } }) }), {
      name: 'web',
    });
  },
);

t.test('where a site judges images, the image of a volume needs no line of its own', async (t) => {
  const { make } = await site(t, 'commands: ["kubectl run -n apps **"]\nimages: ["ghcr.io/acme/*"]');
  const mounted = (reference: string) => ({ volumes: [{ name: 'v', image: { reference, pullPolicy: 'Always' } }] });
  const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
  await t.rejects(make(mount, mounted('evil.example.com/x:1')), { ...refused, message: /image 'evil/ });
  t.match(await make(mount, mounted('ghcr.io/acme/data:1')), { name: 'web' });
});

t.test('a deployment gets only the variables that the site allows, and none whose name is not known', async (t) => {
  const env = (name: string) => ({ env: [{ name, value: 'x' }] });
  const envFrom = [{ configMapRef: { name: 'c' } }];
  const restricted = await site(t, 'environment: { allow: [MODE] }');
  await t.rejects(restricted.make(env('LD_PRELOAD')), { ...refused, message: /LD_PRELOAD/ });
  await t.rejects(restricted.make({ envFrom }), { ...refused, message: /envFrom/ });
  t.match(await restricted.make(env('MODE')), { name: 'web' });
  const commands = await site(t, 'commands: ["kubectl **"]');
  await t.rejects(commands.make(env('LD_PRELOAD')), refused);
  await t.rejects(commands.make({ envFrom }), refused);
  const open = await site(t, 'urls: ["http://*"]');
  t.match(await open.make({ envFrom, ...env('LD_PRELOAD') }, { hostPID: true }), { name: 'web' });
});

t.test('a deployment hides no command and no variable in an expansion, unless the site names it', async (t) => {
  const hiding: readonly (readonly [string, object, object?])[] = [
    ['a command', { command: ['sh', '-c', '$(X)'] }],
    ['an argument', { args: ['--root=/srv/$(X)'] }],
    ['a variable', { env: [{ name: 'MODE', value: 'a$(X)' }] }],
    ['a probe', { livenessProbe: { exec: { command: ['$(X)'] } } }],
    ['a variable of an init container', {}, { initContainers: [{ ...web, env: [{ name: 'MODE', value: '$(X)' }] }] }],
  ];
  const open = '"kubectl run -n apps **", "kubectl set -n apps **"';
  for (const policy of [`commands: [${open}]`, 'commands: { deny: [rm] }', 'environment: [MODE]']) {
    const { make, changes } = await site(t, policy);
    for (const [what, container, pod] of hiding) await t.rejects(make(container, pod), refused, `${policy}: ${what}`);
    t.same(changes, []);
    t.match(await make({ args: ['$$(X)'], env: [{ name: 'MODE', value: '$$(X) $A' }] }), { name: 'web' }, policy);
  }
  const named = await site(
    t,
    `commands: ["kubectl run -n apps * --ip=$(IP)", "kubectl set -n apps template.spec.containers.env.value=$(IP)"]`,
  );
  const env = [{ name: 'MODE', value: '$(IP)' }];
  t.match(await named.make({ args: ['--ip=$(IP)'], env }), { name: 'web' });
  await t.rejects(named.make({ args: ['--ip=$(X)'] }), refused);
  const denied = await site(t, 'commands: { deny: ["echo $HOME"] }');
  await t.rejects(denied.make({ command: ['echo', '$$HOME'] }), refused, 'an escape hides no denied command');
});

t.test('labels and annotations of a deployment need a pattern, since other programs act on them', async (t) => {
  const { make, changes } = await site(
    t,
    'commands: ["kubectl run -n apps **", "kubectl set -n apps metadata.annotations.team=*", "kubectl set -n apps template.metadata.labels.tier=web"]',
  );
  const message = (field: string) => ({ ...refused, message: new RegExp(field.replaceAll('.', '\\.')) });
  for (const [field, template, more] of [
    ['metadata.annotations.keel.sh/policy', {}, { annotations: { 'keel.sh/policy': 'force' } }],
    ['metadata.annotations.empty', {}, { annotations: { empty: '' } }],
    ['metadata.labels.inject', {}, { labels: { inject: '' } }],
    ['template.metadata.labels.inject', { metadata: { labels: { inject: 'true' } } }, {}],
    ['template.metadata.labels.tier', { metadata: { labels: { tier: 'db' } } }, {}],
    ['template.metadata.labels.app', { metadata: { labels: { app: 'other' } } }, {}],
    ['template.metadata.labels.app', {}, { selector: { match_labels: { app: 'other' } } }],
    ['template.metadata.annotations.a', { metadata: { annotations: { a: '' } } }, {}],
  ] as const)
    await t.rejects(make({}, {}, template, more), message(field), field);
  t.same(changes, []);
  const labels = { app: 'web', tier: 'web' };
  const more = { labels: { app: 'web' }, annotations: { team: 'net' } };
  t.match(await make({}, {}, { metadata: { labels } }, more), { name: 'web' });
});

t.test('labels and annotations of a namespace need a pattern, too', async (t) => {
  const { all, cluster, changes } = await site(
    t,
    'commands: ["kubectl label namespace apps team=*", "kubectl annotate namespace apps owner=*"]',
  );
  const make = (texts: object) =>
    all.createNamespace(create(CreateNamespaceSchema, { cluster, name: 'apps', ...texts }), never);
  const label = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  await t.rejects(make({ labels: label }), { ...refused, message: /label pod-security\.kubernetes\.io\/enforce/ });
  await t.rejects(make({ annotations: { team: 'net' } }), { ...refused, message: /annotation team/ });
  t.same(changes, []);
  t.match(await make({ labels: { team: 'net' }, annotations: { owner: 'a b' } }), { name: 'web' });
  t.match(await make({}), { name: 'web' });
});

t.test('the image of a running container is judged before a command or a terminal runs in it', async (t) => {
  const { all, cluster, changes } = await site(t, 'images: ["ghcr.io/acme/other"]');
  const apps = { namespace: 'apps' };
  const message = /image 'ghcr\.io\/acme\/web/;
  await t.rejects(all.exec({ ...execOf(cluster, 'web', ['id']), ...apps }, never), { ...refused, message });
  const keyboard = { connect: () => {} };
  const typed = all.runAtTerminal(
    { ...atTerminal(cluster, 'web', ['sh']), ...apps },
    keyboard as never,
    async () => {},
    never,
  );
  await t.rejects(typed, { ...refused, message });
  t.same(changes, []);
});

t.test('the images of a deployment are judged before it is scaled up or restarted', async (t) => {
  const { restart, scale, changes } = await site(t, 'images: ["ghcr.io/acme/other"]');
  const message = /image 'ghcr\.io\/acme\/web/;
  await t.rejects(restart(), { ...refused, message });
  await t.rejects(scale(2), { ...refused, message });
  t.same(changes, []);
  t.match(await scale(0), { name: 'web' });
  const allowing = await site(t, 'images: ["ghcr.io/acme/web"]');
  t.match(await allowing.restart(), { name: 'web' });
  t.match(await allowing.scale(2), { name: 'web' });
});
