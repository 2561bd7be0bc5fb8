import { Type } from 'typebox';
import type { ClusterView } from '../../../../domain/clusters/clusters.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';
import { cluster, selection, several, texts } from './input.js';

/** Kubernetes clusters: their list, states and namespaces. Credentials are not for models: clusters are added at the API. */
export const clusterOperations = [
  operation({
    name: 'roundhouse_list_clusters',
    title: 'List Kubernetes clusters',
    description: 'List the Kubernetes clusters of the fleet with their version, site and state.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({
      status: Type.Optional(Type.Enum(['connected', 'disconnected', 'error'])),
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
    }),
    run({ kubernetes }, { status, site, limit }, { origin }) {
      const found = kubernetes.clusters
        .list(granted(origin))
        .filter(
          ({ record, observed }) =>
            (status === undefined || observed.state === status) && (site === undefined || record.site === site),
        );
      return { clusters: found.slice(0, limit).map(brief), total: found.length };
    },
  }),
  operation({
    name: 'roundhouse_get_cluster',
    title: 'A Kubernetes cluster',
    description:
      'How one Kubernetes cluster is: version, nodes, numbers of namespaces and pods, reason of a failure. With refresh it is asked now.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({
      cluster,
      refresh: Type.Boolean({
        default: false,
        description: 'Ask the cluster now; else as it was a minute ago at most',
      }),
    }),
    async run({ kubernetes: { clusters } }, input, call) {
      const origin = granted(call.origin);
      const view = input.refresh
        ? await clusters.check(origin, input.cluster, call.signal)
        : clusters.get(origin, input.cluster);
      const { record, observed } = view;
      const { info } = observed;
      return {
        ...brief(view),
        platform: info?.platform ?? null,
        nodes: info?.nodes ?? [],
        namespaces: info?.namespacesCount ?? null,
        pods: info?.podsCount ?? null,
        notVisible: info?.forbidden ?? [],
        access: record.access,
        checkedAt: isoTimeOrNull(observed.checkedAt),
        createdAt: isoTime(record.createdAt),
        updatedAt: isoTime(record.updatedAt),
      };
    },
  }),
  operation({
    name: 'roundhouse_list_namespaces',
    title: 'List namespaces',
    description: 'List the namespaces of a Kubernetes cluster with their state and labels.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({ cluster, ...selection }),
    async run({ kubernetes }, { cluster, labelSelector, limit }, { origin, signal }) {
      const found = await kubernetes.namespaces.list(granted(origin), cluster, { labelSelector }, signal);
      const { items, ...rest } = several(found, limit, ({ name, status, createdAt, labels }) => ({
        name,
        status,
        createdAt: isoTime(createdAt),
        labels,
      }));
      return { namespaces: items, ...rest };
    },
  }),
  operation({
    name: 'roundhouse_create_namespace',
    title: 'Create a namespace',
    description: 'Create a namespace in a Kubernetes cluster.',
    permission: 'cluster.operate',
    effect: 'change',
    limit: 'kubernetes',
    audit: { action: 'namespace.create', subject: 'name', details: (_domain, { cluster }) => ({ cluster }) },
    input: Type.Object({
      cluster,
      name: Type.String({ minLength: 1, maxLength: 253 }),
      labels: texts,
      annotations: texts,
    }),
    async run({ kubernetes }, { cluster, ...wanted }, { origin }) {
      const made = await kubernetes.namespaces.create(granted(origin), cluster, wanted);
      return { ...made, createdAt: isoTime(made.createdAt) };
    },
  }),
];

function brief({ record, observed, facts }: ClusterView) {
  const { id, name, description, site } = record;
  return {
    id,
    name,
    description,
    site,
    status: observed.state,
    reason: observed.error || null,
    version: facts.version || null,
    nodesCount: facts.nodesCount,
    lastConnected: isoTimeOrNull(facts.lastConnected),
  };
}
