import { isoTime } from '../../domain/clock.js';
import type { NamespaceView } from '../../domain/clusters/answers.js';
import type { Domain } from '../../domain/domain.js';
import type { Handlers } from '../../http/endpoint.js';
import { clusterPage, selectionOf } from './cluster-page.js';
import { type namespaceEndpoints, namespaceList } from './namespaces.js';
import { originOf } from './origin.js';

export function namespaceHandlers({ kubernetes }: Domain): Handlers<typeof namespaceEndpoints> {
  return {
    listNamespaces({ params, query }, context) {
      const asked = namespaceList.read(query);
      const found = () =>
        kubernetes.namespaces.list(originOf(context), params.cluster_id, selectionOf(query), context.signal);
      return clusterPage(found, asked, namespaceList.fields, render);
    },

    async createNamespace({ params, body }, context) {
      context.audit.details = { name: body.name };
      return render(await kubernetes.namespaces.create(originOf(context), params.cluster_id, body));
    },
  };
}

function render({ name, status, createdAt, labels, annotations }: NamespaceView) {
  return { name, status, created_at: isoTime(createdAt), labels: { ...labels }, annotations: { ...annotations } };
}
