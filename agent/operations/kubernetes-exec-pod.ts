import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Runs a command in a container of a pod, and answers with its output. */
export function execPod(kubernetes: Kubernetes): Operation<'execPod'> {
  return {
    name: 'execPod',
    run: async (asked, { signal }) => json(await kubernetes.exec(asked, signal)),
  };
}
