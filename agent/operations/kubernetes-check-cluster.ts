import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Asks a Kubernetes cluster for a sign of life, and for the facts about it. */
export function checkCluster(kubernetes: Kubernetes): Operation<'checkCluster'> {
  return {
    name: 'checkCluster',
    run: async (asked, { signal }) => json(await kubernetes.check(asked, signal)),
  };
}
