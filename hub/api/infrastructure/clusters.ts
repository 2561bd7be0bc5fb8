import { Type } from 'typebox';
import { clusterFields } from '../../domain/clusters/fields.js';
import { endpoint } from '../../http/endpoint.js';
import { ClusterConfig, ClusterParams, Description, Name, Status, Time, TimeOrNull } from './cluster-schemas.js';
import { listing, PageMetadata } from './listing.js';

const identity = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  description: Type.String(),
  status: Status,
};
const summary = {
  ...identity,
  version: Type.String({ description: 'Empty: not known yet' }),
  nodes_count: Type.Integer(),
  site: Type.String({ description: 'Extension: whose agent speaks to it' }),
  created_at: Time,
};
const failure = {
  error: Type.Optional(Type.String({ description: 'Only where the status is `error`' })),
  error_reason: Type.Optional(Type.String({ description: 'Extension: such as `unreachable`, `unauthorized`, `tls`' })),
};
const listed = { ...summary, last_connected: TimeOrNull };

const details = Type.Object({
  ...listed,
  ...failure,
  nodes: Type.Array(
    Type.Object(
      {
        name: Type.String(),
        status: Type.String(),
        roles: Type.Array(Type.String()),
        version: Type.String(),
        cpu: Type.String(),
        memory: Type.String(),
      },
      { title: 'ClusterNode' },
    ),
    { description: 'As of the last check' },
  ),
  platform: Type.String({ description: 'Extension' }),
  namespaces_count: Type.Union([Type.Integer(), Type.Null()], { description: 'Extension' }),
  pods_count: Type.Union([Type.Integer(), Type.Null()], { description: 'Extension' }),
  forbidden: Type.Array(Type.String(), {
    description: 'Extension: what the credentials may not see, and what is therefore left out',
  }),
  checked_at: TimeOrNull,
  access: Type.Object(
    {
      type: Type.Enum(['kubeconfig', 'host', 'agent'] as const),
      host: Type.String(),
      context: Type.String(),
      insecure_skip_tls_verify: Type.Boolean(),
      timeout: Type.Number(),
    },
    { description: 'Extension: how it is reached, without credentials' },
  ),
  updated_at: Time,
});

export const clusterList = listing(clusterFields, { sort: 'created_at' });

/** `seeds/001`, "Kubernetes Module API", "Clusters". */
export const clusterEndpoints = {
  /** As of the last check, which is at most a minute ago: a list never waits for a cluster. */
  listClusters: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/clusters',
    summary: 'List all Kubernetes clusters',
    permission: 'cluster.read',
    limit: 'kubernetes',
    query: clusterList.query,
    response: Type.Array(Type.Object(listed, { title: 'Cluster' })),
    extra: PageMetadata,
  }),
  /** The hub waits a moment for the cluster's answer. It registers a cluster that does not answer, too. */
  createCluster: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/clusters',
    summary: 'Add a Kubernetes cluster',
    permission: 'cluster.write',
    limit: 'kubernetes',
    audit: 'cluster.create',
    body: Type.Object({
      name: Name,
      description: Type.Optional(Description),
      config: ClusterConfig,
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Extension: see `GET /api/sites`' })),
    }),
    response: Type.Object({ ...summary, ...failure }),
    status: 201,
  }),
  getCluster: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Get a Kubernetes cluster',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: ClusterParams,
    response: details,
  }),
  /** Absent fields stay. Credentials stay only if the address does, and no answer shows them. */
  updateCluster: endpoint({
    method: 'PUT',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Update a Kubernetes cluster',
    permission: 'cluster.write',
    limit: 'kubernetes',
    audit: 'cluster.update',
    params: ClusterParams,
    body: Type.Object(
      {
        name: Type.Optional(Name),
        description: Type.Optional(Description),
        config: Type.Optional(ClusterConfig),
      },
      { minProperties: 1 },
    ),
    response: Type.Object({ ...summary, ...failure, updated_at: Time }),
  }),
  /** Deletes the registration and its credentials. Programs in the cluster go on. */
  deleteCluster: endpoint({
    method: 'DELETE',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Remove a Kubernetes cluster',
    permission: 'cluster.write',
    limit: 'kubernetes',
    audit: 'cluster.delete',
    params: ClusterParams,
    response: Type.Object({ message: Type.String() }),
  }),
  checkCluster: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/clusters/{cluster_id}/check',
    summary: 'Ask a Kubernetes cluster now how it is',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: ClusterParams,
    response: details,
    extension: true,
  }),
};
