import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Runs a command in a container of a pod, and sends its output as it comes. */
export function streamExecPod(kubernetes: Kubernetes): Operation<'streamExecPod'> {
  return {
    name: 'streamExecPod',
    async transfer({ exec }, { signal }, output) {
      if (exec === undefined) throw new AgentFailure('invalid_argument', 'exec is missing', { field: 'exec' });
      await kubernetes.execStream(exec, (line) => output.write(line), signal);
    },
  };
}
