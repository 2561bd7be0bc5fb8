import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Lists the pods of a namespace, or of all. */
export function listPods(kubernetes: Kubernetes): Operation<'listPods'> {
  return {
    name: 'listPods',
    run: async (asked, { signal }) => json(await kubernetes.listPods(asked, signal)),
  };
}
