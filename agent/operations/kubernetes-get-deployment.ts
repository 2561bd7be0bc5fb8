import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Reads a deployment by itself. */
export function getDeployment(kubernetes: Kubernetes): Operation<'getDeployment'> {
  return {
    name: 'getDeployment',
    run: async (asked, { signal }) => json(await kubernetes.getDeployment(asked, signal)),
  };
}
