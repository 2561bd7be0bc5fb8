import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Creates a namespace in a Kubernetes cluster. */
export function createNamespace(kubernetes: Kubernetes): Operation<'createNamespace'> {
  return {
    name: 'createNamespace',
    run: async (asked, { signal }) => json(await kubernetes.createNamespace(asked, signal)),
  };
}
