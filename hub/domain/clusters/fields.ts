import type { Fields } from '../lists/field.js';
import type { ClusterView } from './clusters.js';
import type { DeploymentView, NamespaceView, PodView } from './resources/answers.js';

/** The fields by which a list of clusters can be filtered and sorted. */
export const clusterFields = {
  id: { type: 'string', of: ({ record }) => record.id },
  name: { type: 'string', of: ({ record }) => record.name },
  /** An empty description counts as no description: an empty value in a filter finds it. */
  description: { type: 'string', of: ({ record }) => record.description || null },
  status: { type: 'string', of: ({ observed }) => observed.state },
  version: { type: 'string', of: ({ facts }) => facts.version || null },
  nodesCount: { type: 'number', of: ({ facts }) => facts.nodesCount },
  site: { type: 'string', of: ({ record }) => record.site },
  createdAt: { type: 'date', of: ({ record }) => record.createdAt },
  lastConnected: { type: 'date', of: ({ facts }) => facts.lastConnected || null },
} satisfies Fields<ClusterView>;

/** The same for the content of a cluster. */
export const namespaceFields = {
  name: { type: 'string', of: ({ name }) => name },
  status: { type: 'string', of: ({ status }) => status },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<NamespaceView>;

export const podFields = {
  name: { type: 'string', of: ({ name }) => name },
  namespace: { type: 'string', of: ({ namespace }) => namespace },
  status: { type: 'string', of: ({ status }) => status },
  phase: { type: 'string', of: ({ phase }) => phase },
  ip: { type: 'string', of: ({ ip }) => ip || null },
  node: { type: 'string', of: ({ node }) => node || null },
  ready: { type: 'boolean', of: ({ ready }) => ready },
  restartCount: { type: 'number', of: ({ restartCount }) => restartCount },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<PodView>;

export const deploymentFields = {
  name: { type: 'string', of: ({ name }) => name },
  namespace: { type: 'string', of: ({ namespace }) => namespace },
  replicas: { type: 'number', of: ({ replicas }) => replicas },
  readyReplicas: { type: 'number', of: ({ readyReplicas }) => readyReplicas },
  updatedReplicas: { type: 'number', of: ({ updatedReplicas }) => updatedReplicas },
  availableReplicas: { type: 'number', of: ({ availableReplicas }) => availableReplicas },
  strategy: { type: 'string', of: ({ strategy }) => strategy },
  paused: { type: 'boolean', of: ({ paused }) => paused },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<DeploymentView>;
