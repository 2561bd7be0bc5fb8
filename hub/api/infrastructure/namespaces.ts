import { Type } from 'typebox';
import { type NamespaceView, namespaceFields } from '../../domain/clusters/resources/answers.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { ClusterParams, clusterPage, GivenTexts, selectionOf, selectors, Texts } from './cluster-shared.js';
import { listing, PageMetadata } from './listing.js';

const Namespace = Type.Object(
  {
    name: Type.String(),
    status: Type.String({ description: '`Active` or `Terminating`' }),
    created_at: Time,
    labels: Texts,
    annotations: Texts,
  },
  { title: 'Namespace' },
);

export const namespaceList = listing(namespaceFields, { sort: 'name', limit: 100, further: selectors });

/** `seeds/001`, "Kubernetes Module API", "Namespaces". */
export const namespaceEndpoints = {
  listNamespaces: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces',
    summary: 'List all namespaces in a cluster',
    description:
      'The list leaves out namespaces that the policy of the site does not allow. Kubernetes applies the selectors, and the hub the filters.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: ClusterParams,
    query: namespaceList.query,
    response: Type.Array(Namespace),
    extra: PageMetadata,
  }),
  createNamespace: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces',
    summary: 'Create a namespace',
    description:
      'The policy of the site may refuse the name (403). If the link to the agent breaks, `details.outcome` tells whether the namespace may exist.',
    permission: 'cluster.operate',
    limit: 'kubernetes',
    audit: 'namespace.create',
    params: ClusterParams,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 253 }),
      labels: Type.Optional(GivenTexts),
      annotations: Type.Optional(GivenTexts),
    }),
    example: { name: 'team-a', labels: { team: 'a' } },
    response: Namespace,
    status: 201,
  }),
};

export function namespaceHandlers({ kubernetes }: Domain): Handlers<typeof namespaceEndpoints> {
  return {
    listNamespaces({ params, query }, context) {
      const asked = namespaceList.read(query, context);
      const found = () =>
        kubernetes.namespaces.list(context.origin, params.cluster_id, selectionOf(query), context.signal);
      return clusterPage(found, asked, namespaceList.fields, render);
    },

    async createNamespace({ params, body }, context) {
      context.audit.details = { name: body.name };
      return render(await kubernetes.namespaces.create(context.origin, params.cluster_id, body));
    },
  };
}

function render({ name, status, createdAt, labels, annotations }: NamespaceView) {
  return { name, status, created_at: isoTime(createdAt), labels: { ...labels }, annotations: { ...annotations } };
}
