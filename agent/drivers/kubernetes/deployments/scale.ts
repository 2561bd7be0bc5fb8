import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { type DeploymentView, getDeployment } from './deployments.js';

/** How a deployment is to be scaled; see ScaleDeployment in `kubernetes.proto`. */
export interface ScaleRequest {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** How long the call waits, milliseconds. With 0 it does not wait. */
  readonly waitMs: number;
}

/** A deployment that was scaled. */
export interface ScaledDeployment extends DeploymentView {
  readonly waited: boolean;
  readonly scaledAt: number;
}

/** How far a scale has come. */
export interface ScaleProgress {
  readonly progress: number;
  readonly total: number;
  readonly message: string;
}

/** How often Kubernetes is asked how far it is, milliseconds. */
const askMs = 500;

/**
 * @param onProgress is called whenever something has changed, while it is waited for.
 * @throws AgentFailure `not_found`, `timeout` (`details.deployment`; the scale remains).
 */
export async function scaleDeployment(
  client: Client,
  { namespace, name, replicas, waitMs }: ScaleRequest,
  onProgress: (progress: ScaleProgress) => void,
  signal: Cancellation,
): Promise<ScaledDeployment> {
  if (replicas > 2 ** 31 - 1) throw invalid('replicas', 'replicas must be less than 2,147,483,648');
  const { apps } = client.apis(signal);
  // `add` replaces a value, too. A scale of 0 has no value to replace.
  const body = [{ op: 'add', path: '/spec/replicas', value: replicas }];
  await client.understand(() => apps.patchNamespacedDeploymentScale({ namespace, name, body }));
  const scaledAt = Date.now();
  const until = performance.now() + waitMs;
  let told = '';
  for (;;) {
    const deployment = await getDeployment(client, namespace, name, signal);
    const done = isScaled(deployment, replicas);
    if (done || waitMs === 0) return { ...deployment, waited: waitMs > 0, scaledAt };
    const progress = progressOf(deployment, replicas);
    if (progress.message !== told) onProgress(progress);
    told = progress.message;
    if (performance.now() >= until) {
      const message = `the deployment ${name} is not scaled yet after ${waitMs} ms: ${told}`;
      throw clusterFailure('timeout', 'timeout', message, { deployment });
    }
    await pause(Math.min(askMs, Math.max(0, until - performance.now())), signal);
  }
}

/** Whether Kubernetes has seen the wanted scale and reached it. Another client may have asked for another scale meanwhile. */
function isScaled(deployment: DeploymentView, replicas: number): boolean {
  const { generation, observedGeneration, updatedReplicas, availableReplicas, currentReplicas } = deployment;
  if (deployment.replicas !== replicas) return observedGeneration >= generation;
  const all = updatedReplicas === replicas && availableReplicas === replicas && currentReplicas === replicas;
  return observedGeneration >= generation && all;
}

function progressOf({ availableReplicas, currentReplicas }: DeploymentView, replicas: number): ScaleProgress {
  const tooMany = Math.max(0, currentReplicas - replicas);
  const message =
    tooMany > 0
      ? `${tooMany} of ${currentReplicas} replicas are still to go`
      : `${availableReplicas} of ${replicas} replicas are available`;
  return { progress: Math.max(0, Math.min(availableReplicas, replicas) - tooMany), total: replicas, message };
}

function pause(ms: number, signal: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}
