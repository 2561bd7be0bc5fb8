import { Type } from 'typebox';
import { namespaceFields } from '../../domain/clusters/fields.js';
import { endpoint } from '../../http/endpoint.js';
import { ClusterParams, selectors, Texts, Time } from './cluster-schemas.js';
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

export const namespaceList = listing(namespaceFields, { sort: 'name', limit: 100, beside: selectors });

/** `seeds/001`, "Kubernetes Module API", "Namespaces". */
export const namespaceEndpoints = {
  listNamespaces: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces',
    summary: 'List all namespaces in a cluster',
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
    permission: 'cluster.operate',
    limit: 'kubernetes',
    audit: 'namespace.create',
    params: ClusterParams,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 253 }),
      labels: Type.Optional(Texts),
      annotations: Type.Optional(Texts),
    }),
    response: Namespace,
    status: 201,
  }),
};
