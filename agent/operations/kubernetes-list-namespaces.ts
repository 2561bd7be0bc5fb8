import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Lists the namespaces of a Kubernetes cluster. */
export function listNamespaces(kubernetes: Kubernetes): Operation<'listNamespaces'> {
  return {
    name: 'listNamespaces',
    run: async (asked, { signal }) => json(await kubernetes.listNamespaces(asked, signal)),
  };
}
