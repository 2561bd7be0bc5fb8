import { withoutUndefined } from '@roundhouse/proto/json';
import { Type } from 'typebox';
import type { ClusterConfigInput } from '../../domain/clusters/access.js';
import { type ClusterView, clusterFields } from '../../domain/clusters/clusters.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNever } from '../shared/values.js';
import { ClusterConfig, ClusterParams, Description } from './cluster-shared.js';
import { listing, PageMetadata, pageReply } from './listing.js';
import { Name, Status } from './schemas.js';

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
  site: Type.String({ description: 'Extension: the site whose agent connects to it' }),
  created_at: Time,
};
const failure = {
  error: Type.Optional(Type.String({ description: 'Only where the status is `error`' })),
  error_reason: Type.Optional(Type.String({ description: 'Extension: such as `unreachable`, `unauthorized`, `tls`' })),
};
const listed = { ...summary, last_connected: TimeOrNever };

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
    description: 'Extension: the kinds that the credentials may not see, which the answer leaves out',
  }),
  checked_at: TimeOrNever,
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
  listClusters: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/clusters',
    summary: 'List all Kubernetes clusters',
    description:
      'The facts are as of the last check, which is at most a minute ago. The list never waits for a cluster.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    query: clusterList.query,
    response: Type.Array(Type.Object(listed, { title: 'Cluster' })),
    extra: PageMetadata,
  }),
  createCluster: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/clusters',
    summary: 'Add a Kubernetes cluster',
    description:
      "The hub waits a moment for the answer of the cluster, and registers a cluster that does not answer, too. The hub seals the credentials and never shows them. To use the agent's own credentials needs role admin.",
    permission: 'cluster.write',
    limit: 'kubernetes',
    audit: 'cluster.create',
    body: Type.Object({
      name: Name,
      description: Type.Optional(Description),
      config: ClusterConfig,
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Extension: see `GET /api/sites`' })),
    }),
    example: {
      name: 'staging',
      description: 'The cluster of the Berlin site',
      config: { host: 'https://192.0.2.1:6443', token: 'TOKEN', timeout: 10 },
    },
    response: Type.Object({ ...summary, ...failure }),
    status: 201,
  }),
  getCluster: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Get a Kubernetes cluster',
    description:
      'The answer has the nodes and counts of the last check, and how the cluster is reached, without credentials.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: ClusterParams,
    response: details,
  }),
  updateCluster: endpoint({
    method: 'PUT',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Update a Kubernetes cluster',
    description:
      'Absent fields stay. The stored credentials stay only if the address stays. Another `name` needs role admin, because steps of workflows name the cluster.',
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
    example: { description: 'Moved to the second rack' },
    response: Type.Object({ ...summary, ...failure, updated_at: Time }),
  }),
  deleteCluster: endpoint({
    method: 'DELETE',
    path: '/api/v1/kubernetes/clusters/{cluster_id}',
    summary: 'Remove a Kubernetes cluster',
    description: 'The hub deletes the registration and the credentials. Programs in the cluster go on.',
    permission: 'cluster.write',
    limit: 'kubernetes',
    audit: 'cluster.delete',
    params: ClusterParams,
    response: Type.Object({ message: Type.String() }),
  }),
  checkCluster: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/clusters/{cluster_id}/check',
    summary: 'Check a Kubernetes cluster now',
    description:
      'The hub asks the cluster now, and answers with the new facts. An unreachable cluster or agent is an error with 502.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: ClusterParams,
    response: details,
    extension: true,
  }),
};

export function clusterHandlers({ kubernetes }: Domain): Handlers<typeof clusterEndpoints> {
  return {
    async listClusters({ query }, context) {
      const asked = clusterList.read(query, context);
      return pageReply(
        asked,
        await pageOf(kubernetes.clusters.source(context.origin), clusterList.fields, asked),
        renderListed,
      );
    },

    async createCluster({ body }, context) {
      const { config, ...rest } = body;
      const view = await kubernetes.clusters.create(
        context.origin,
        { ...rest, config: configOf(config) },
        context.signal,
      );
      return { ...renderSummary(view), ...renderFailure(view) };
    },

    getCluster({ params }, context) {
      return renderDetails(kubernetes.clusters.get(context.origin, params.cluster_id));
    },

    async updateCluster({ params, body }, context) {
      const { config, ...rest } = body;
      const update = { ...rest, ...(config ? { config: configOf(config) } : {}) };
      const view = await kubernetes.clusters.update(context.origin, params.cluster_id, update, context.signal);
      return { ...renderSummary(view), ...renderFailure(view), updated_at: isoTime(view.record.updatedAt) };
    },

    async deleteCluster({ params }, context) {
      await kubernetes.clusters.delete(context.origin, params.cluster_id);
      return { message: 'Cluster successfully removed' };
    },

    async checkCluster({ params }, context) {
      return renderDetails(await kubernetes.clusters.check(context.origin, params.cluster_id, context.signal));
    },
  };
}

function renderSummary({ record, observed, facts }: ClusterView) {
  const { id, name, description, site, createdAt } = record;
  return {
    id,
    name,
    description,
    status: observed.state,
    version: facts.version,
    nodes_count: facts.nodesCount,
    site,
    created_at: isoTime(createdAt),
  };
}

function renderListed(view: ClusterView) {
  return { ...renderSummary(view), last_connected: isoTimeOrNull(view.facts.lastConnected) };
}

function renderDetails(view: ClusterView) {
  const { record, observed } = view;
  const { info } = observed;
  const nodes = info?.nodes ?? [];
  return {
    ...renderListed(view),
    ...renderFailure(view),
    nodes: nodes.map(({ name, status, roles, version, cpu, memory }) => ({
      name,
      status,
      roles: [...roles],
      version,
      cpu,
      memory,
    })),
    platform: info?.platform ?? '',
    namespaces_count: info?.namespacesCount ?? null,
    pods_count: info?.podsCount ?? null,
    forbidden: [...(info?.forbidden ?? [])],
    checked_at: isoTimeOrNull(observed.checkedAt),
    access: accessOf(view),
    updated_at: isoTime(record.updatedAt),
  };
}

function accessOf({ record }: ClusterView) {
  const { access, insecureSkipTlsVerify, timeoutMs } = record;
  return {
    type: access.kind === 'endpoint' ? ('host' as const) : access.kind,
    host: access.kind === 'agent' ? '' : access.server,
    context: access.kind === 'endpoint' ? '' : access.context,
    insecure_skip_tls_verify: insecureSkipTlsVerify,
    timeout: timeoutMs / 1000,
  };
}

function renderFailure({ observed }: ClusterView) {
  if (observed.state !== 'error') return {};
  return { error: observed.error, ...(observed.reason ? { error_reason: observed.reason } : {}) };
}

interface ConfigBody {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly host?: string;
  readonly token?: string;
  readonly ca_cert?: string;
  readonly client_cert?: string;
  readonly client_key?: string;
  readonly tls_server_name?: string;
  readonly agent?: 'in_cluster' | 'kubeconfig';
  readonly insecure_skip_tls_verify?: boolean;
  readonly timeout?: number;
}

/** A connection with the names of the domain. Absent members stay absent. */
function configOf({
  ca_cert: caCert,
  client_cert: clientCert,
  client_key: clientKey,
  tls_server_name: tlsServerName,
  insecure_skip_tls_verify: insecureSkipTlsVerify,
  timeout,
  ...same
}: ConfigBody): ClusterConfigInput {
  const timeoutMs = timeout === undefined ? undefined : Math.ceil(timeout * 1000);
  return {
    ...same,
    ...withoutUndefined({ caCert, clientCert, clientKey, tlsServerName, insecureSkipTlsVerify, timeoutMs }),
  };
}
