import type { V1Pod } from '@kubernetes/client-node';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, reasonOf } from '../cluster/failure.js';
import { checkLabel, checkName } from '../cluster/policy.js';
import { readPod } from './pods.js';

/** A container, as a command names it. */
export interface ContainerPlace {
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the only one, or the pod's default. */
  readonly container: string;
}

const defaultAnnotation = 'kubectl.kubernetes.io/default-container';

/**
 * Which container is meant.
 * @param running whether it has to run.
 * @throws AgentFailure `not_found`, `container_required`, `container_not_found`, `not_running`.
 */
export async function chooseContainer(
  client: Client,
  place: ContainerPlace,
  running: boolean,
  signal: Cancellation,
): Promise<string> {
  const { namespace, pod: name, container } = place;
  checkName(name, 'pod');
  if (container !== '') checkLabel(container, 'container');
  let pod: V1Pod;
  try {
    pod = await client.understand(() => readPod(client, namespace, name, signal));
  } catch (error) {
    // A user who may read logs need not be allowed to see pods.
    if (container !== '' && reasonOf(error) === 'forbidden') return container;
    throw error;
  }
  return client.understand(() => {
    const chosen = choose(pod, container);
    if (running) checkRunning(pod, chosen);
    return chosen;
  });
}

function choose({ metadata, spec }: V1Pod, container: string): string {
  const main = (spec?.containers ?? []).map(({ name }) => name);
  const others = [...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].map(({ name }) => name);
  const pod = metadata?.name ?? '';
  if (container !== '') {
    if (main.includes(container) || others.includes(container)) return container;
    const message = `the pod ${pod} has no container '${container}'; it has ${main.join(', ')}`;
    throw clusterFailure('not_found', 'container_not_found', message, { field: 'container', containers: main });
  }
  const named = metadata?.annotations?.[defaultAnnotation];
  if (named !== undefined && main.includes(named)) return named;
  if (main.length === 1 && main[0] !== undefined) return main[0];
  const message = `the pod ${pod} has several containers: choose one of ${main.join(', ')}`;
  throw clusterFailure('invalid_argument', 'container_required', message, { field: 'container', containers: main });
}

function checkRunning({ metadata, status }: V1Pod, container: string): void {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const state = all.find(({ name }) => name === container)?.state;
  if (state?.running !== undefined) return;
  const why = state?.waiting?.reason ?? state?.terminated?.reason ?? status?.phase ?? 'unknown';
  const message = `the container ${container} of the pod ${metadata?.name ?? ''} does not run (${why})`;
  throw clusterFailure('conflict', 'not_running', message, { container, outcome: 'not_run' });
}
