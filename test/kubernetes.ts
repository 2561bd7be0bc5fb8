import type { TestCluster } from './fixtures/kubernetes/cluster.js';
import { base } from './infrastructure.js';
import type { Answer, Hub } from './roundhouse.js';

export const kubernetesPath = `${base}/kubernetes`;
export const clustersPath = `${kubernetesPath}/clusters`;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The body that registers a test's cluster, with the token of its administrator or of another user. */
export function clusterBody(name: string, { url, caCertificate, token }: TestCluster, as = token) {
  return { name, config: { host: url, token: as, ca_cert: base64(caCertificate) } };
}

/** Registers a cluster by its kubeconfig. */
export async function addCluster(hub: Hub, name: string, cluster: TestCluster): Promise<Answer> {
  const config = { kubeconfig: base64(cluster.kubeconfig.replace('https://127.0.0.1:6443', cluster.url)) };
  const made = await hub.call('POST', clustersPath, { name, config });
  if (made.status !== 201) throw new Error(`not added: ${JSON.stringify(made.body)}`);
  return made;
}

/** A deployment as the document writes one. */
export function deploymentBody(name: string, image: string, replicas: number, container: object = {}) {
  const labels = { app: name };
  return {
    name,
    replicas,
    selector: { match_labels: labels },
    template: {
      metadata: { labels },
      spec: {
        termination_grace_period_seconds: 0,
        containers: [
          {
            name: 'main',
            image,
            ports: [{ container_port: 8080, protocol: 'TCP' }],
            resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: '1', memory: '64Mi' } },
            env: [{ name: 'MODE', value: 'test' }],
            volume_mounts: [{ name: 'settings', mount_path: '/settings', read_only: true }],
            ...container,
          },
        ],
        volumes: [{ name: 'settings', config_map: { name: 'settings', optional: true } }],
      },
    },
  };
}
