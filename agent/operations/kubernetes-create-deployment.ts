import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Creates a deployment. */
export function createDeployment(kubernetes: Kubernetes): Operation<'createDeployment'> {
  return {
    name: 'createDeployment',
    run: async (asked, { signal }) => json(await kubernetes.createDeployment(asked, signal)),
  };
}
