import t from 'tap';
import { loadLibrary } from '../../../agent/drivers/kubernetes/cluster/config.js';
import {
  imagesOf,
  readDeployment,
  withGivenPaths,
} from '../../../agent/drivers/kubernetes/deployments/deployment-manifest.js';
import { AgentFailure } from '../../../agent/failure.js';
import { failing } from './harness.js';

const library = await loadLibrary();
const read = (body: unknown) => readDeployment(library, Buffer.from(JSON.stringify(body)));
const containers = [{ name: 'c', image: 'i:1' }];
const minimal = { name: 'web', template: { spec: { containers } } };

t.test('missing fields are filled in', async (t) => {
  const { deployment } = read({ ...minimal, replicas: 2, strategy: 'Recreate', labels: { team: 'a' } });
  t.match(deployment, {
    metadata: { name: 'web', labels: { team: 'a' } },
    spec: {
      replicas: 2,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } } },
    },
  });
  t.strictSame(imagesOf(deployment.spec), ['i:1']);
});

t.test('names with underscores and Kubernetes’ own names are the same', async (t) => {
  const spec = {
    containers: [
      {
        ...containers[0],
        imagePullPolicy: 'Never',
        env: [{ name: 'IP', value_from: { field_ref: { field_path: 'status.podIP' } } }],
      },
    ],
    host_pid: true,
    hostIPC: false,
    host_aliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
    volumes: [
      { name: 'v', empty_dir: {} },
      { name: 's', secret: { secret_name: 'x', default_mode: 256 } },
    ],
    initContainers: [{ name: 'init', image: 'j:1' }],
  };
  const { deployment } = read({ ...minimal, template: { spec } });
  t.match(deployment.spec?.template.spec, {
    hostPID: true,
    hostIPC: false,
    containers: [{ imagePullPolicy: 'Never', env: [{ valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] }],
  });
  t.match(deployment.spec?.template.spec?.volumes, [{ name: 'v' }, { secret: { secretName: 'x', defaultMode: 256 } }]);
  t.same(deployment.spec?.template.spec?.volumes?.[0]?.emptyDir, {});
  t.strictSame(imagesOf(deployment.spec), ['i:1', 'j:1']);
});

t.test("keys that are the client's own stay as they are", async (t) => {
  const labels = JSON.parse('{"my_key":"a","__proto__":"b"}') as object;
  const { deployment } = read({
    ...minimal,
    labels,
    template: { metadata: { labels: { some_label: 'x' } }, spec: { containers } },
  });
  t.strictSame(Object.entries(deployment.metadata?.labels ?? {}), [
    ['my_key', 'a'],
    ['__proto__', 'b'],
  ]);
  t.strictSame(deployment.spec?.selector.matchLabels, { some_label: 'x' });
  t.equal(Object.getPrototypeOf({}), Object.prototype);
});

t.test('an error names the field as it was given', async (t) => {
  const inContainer = (more: object) => ({
    ...minimal,
    template: { spec: { containers: [{ ...containers[0], ...more }] } },
  });
  const at = 'template.spec.containers[0]';
  const cases: readonly (readonly [unknown, string])[] = [
    [[], ''],
    [{ ...minimal, name: undefined }, 'name'],
    [{ ...minimal, name: 'Not/A/Name' }, 'name'],
    [{ ...minimal, namespace: 'other' }, 'namespace'],
    [{ name: 'web' }, 'template.spec'],
    [{ ...minimal, template: { spec: { containers: [] } } }, 'template.spec.containers'],
    [{ ...minimal, replicas: '3' }, 'replicas'],
    [{ ...minimal, replicas: 1.5 }, 'replicas'],
    [{ ...minimal, labels: { a: 1 } }, 'labels.a'],
    [{ ...minimal, labels: ['a'] }, 'labels'],
    [{ ...minimal, replica: 3 }, 'replica'],
    [inContainer({ imagee: 'x' }), `${at}.imagee`],
    [inContainer({ ports: [{ container_port: '80' }] }), `${at}.ports[0].container_port`],
    [inContainer({ ports: { container_port: 80 } }), `${at}.ports`],
    [inContainer({ env: [{ name: 'A', value: 5 }] }), `${at}.env[0].value`],
    [inContainer({ working_dir: '/', workingDir: '/a' }), `${at}.workingDir`],
    [inContainer({ volume_mounts: [null] }), `${at}.volume_mounts[0]`],
  ];
  for (const [body, field] of cases) {
    t.throws(() => read(body), failing('invalid_argument', 'invalid', { field, outcome: 'not_run' }), field || 'body');
  }
  t.throws(() => readDeployment(library, Buffer.from('{')), failing('invalid_argument', 'invalid', { field: 'body' }));
});

t.test("Kubernetes' objections name the fields of the input", async (t) => {
  const { paths } = read({
    ...minimal,
    template: { spec: { containers: [{ ...containers[0], volume_mounts: [{ name: 'a', mount_path: '/' }] }] } },
  });
  const field = 'spec.template.spec.containers[0].volumeMounts[0].mountPath';
  const errors = [
    { field, message: 'Required' },
    { field: 'metadata.name', message: 'Too long' },
    { field: 'spec.template.spec.containers[0].image', message: 'Required' },
    { field: 'spec.template.metadata.labels', message: 'does not match' },
  ];
  const failure = new AgentFailure('invalid_argument', 'no', { reason: 'invalid', field, errors, status: 422 });
  const { details } = withGivenPaths(failure, paths) as AgentFailure;
  t.equal(details.field, 'template.spec.containers[0].volume_mounts[0].mount_path');
  t.strictSame(
    (details.errors as typeof errors).map(({ field }) => field),
    [
      'template.spec.containers[0].volume_mounts[0].mount_path',
      'name',
      'template.spec.containers[0].image',
      'template.metadata.labels',
    ],
  );
});

t.test('an invalid quantity is refused with its field', async (t) => {
  const withResources = (resources: object) =>
    read({ ...minimal, template: { spec: { containers: [{ ...containers[0], resources }] } } });
  for (const bad of ['lots', '1.5.2', '64mb', '', true])
    t.throws(() => withResources({ limits: { memory: bad } }), {
      message: /a quantity such as 250m, 1\.5 or 64Mi/,
      details: { field: 'template.spec.containers[0].resources.limits.memory' },
    });
  for (const good of ['250m', '64Mi', '1e3', '0.5', '.5', '5.', '100k', 2])
    t.doesNotThrow(() => withResources({ requests: { cpu: good } }), String(good));
});
