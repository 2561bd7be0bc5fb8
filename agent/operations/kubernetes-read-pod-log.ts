import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import type { Operation } from './operation.js';

/** Sends the log of a container in a pod, no faster than it is taken. */
export function readPodLog(kubernetes: Kubernetes): Operation<'readPodLog'> {
  return {
    name: 'readPodLog',
    transfer: (asked, { signal }, output) => kubernetes.readLog(asked, (chunk) => output.write(chunk), signal),
  };
}
