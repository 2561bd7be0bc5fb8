import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { ClusterView } from '../../domain/clusters/clusters.js';
import type { ClusterConfigInput } from '../../domain/clusters/config.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import type { Handlers } from '../../http/endpoint.js';
import { type clusterEndpoints, clusterList } from './clusters.js';
import { given } from './given.js';
import { pageReply } from './listing.js';
import { originOf } from './origin.js';

export function clusterHandlers({ kubernetes }: Domain): Handlers<typeof clusterEndpoints> {
  return {
    async listClusters({ query }, context) {
      const asked = clusterList.read(query);
      return pageReply(
        asked,
        await pageOf(kubernetes.clusters.source(originOf(context)), clusterList.fields, asked),
        listed,
      );
    },

    async createCluster({ body }, context) {
      const { config, ...rest } = body;
      const view = await kubernetes.clusters.create(
        originOf(context),
        { ...rest, config: configOf(config) },
        context.signal,
      );
      return { ...summary(view), ...failure(view) };
    },

    getCluster({ params }, context) {
      return details(kubernetes.clusters.get(originOf(context), params.cluster_id));
    },

    async updateCluster({ params, body }, context) {
      const { config, ...rest } = body;
      const update = { ...rest, ...(config ? { config: configOf(config) } : {}) };
      const view = await kubernetes.clusters.update(originOf(context), params.cluster_id, update, context.signal);
      return { ...summary(view), ...failure(view), updated_at: isoTime(view.record.updatedAt) };
    },

    async deleteCluster({ params }, context) {
      await kubernetes.clusters.delete(originOf(context), params.cluster_id);
      return { message: 'Cluster successfully removed' };
    },

    async checkCluster({ params }, context) {
      return details(await kubernetes.clusters.check(originOf(context), params.cluster_id, context.signal));
    },
  };
}

function summary({ record, observed, facts }: ClusterView) {
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

function listed(view: ClusterView) {
  return { ...summary(view), last_connected: isoTimeOrNull(view.facts.lastConnected) };
}

function details(view: ClusterView) {
  const { record, observed } = view;
  const { info } = observed;
  const nodes = info?.nodes ?? [];
  return {
    ...listed(view),
    ...failure(view),
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

function failure({ observed }: ClusterView) {
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

/** A connection in the domain's words; absent members stay absent. */
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
  return { ...same, ...given({ caCert, clientCert, clientKey, tlsServerName, insecureSkipTlsVerify, timeoutMs }) };
}
