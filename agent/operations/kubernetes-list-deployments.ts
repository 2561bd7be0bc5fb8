import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Lists the deployments of a namespace, or of all. */
export function listDeployments(kubernetes: Kubernetes): Operation<'listDeployments'> {
  return {
    name: 'listDeployments',
    run: async (asked, { signal }) => json(await kubernetes.listDeployments(asked, signal)),
  };
}
