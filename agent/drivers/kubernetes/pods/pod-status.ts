import type { V1ContainerStateTerminated, V1Pod } from '@kubernetes/client-node';

/** The column STATUS of `kubectl get pods`: the phase, or the obstacle. */
export function podStatus({ metadata, spec, status }: V1Pod): string {
  const phase = status?.phase ?? 'Unknown';
  const over = phase === 'Succeeded' || phase === 'Failed';
  if (metadata?.deletionTimestamp !== undefined && !over) {
    return status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  }
  const gated = status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  const reason = status?.reason || (gated === undefined ? phase : 'SchedulingGated');
  return initStatus({ spec, status }) ?? runStatus(reason, { status });
}

/** The reason why the pod does not start; `undefined` if nothing keeps it from starting. */
function initStatus({ spec, status }: V1Pod): string | undefined {
  const containers = spec?.initContainers ?? [];
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    const { state } = container;
    const sidecar = containers.find(({ name }) => name === container.name)?.restartPolicy === 'Always';
    if (state?.terminated?.exitCode === 0 || (sidecar && container.started)) continue;
    if (state?.terminated !== undefined) return `Init:${endOf(state.terminated)}`;
    const waiting = state?.waiting?.reason;
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

/** The first container's trouble, where any has one. */
function runStatus(otherwise: string, { status }: V1Pod): string {
  let reason = otherwise;
  let running = false;
  for (const { state, ready } of [...(status?.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated !== undefined) reason = endOf(state.terminated);
    else if (ready && state?.running !== undefined) running = true;
  }
  if (reason !== 'Completed' || !running) return reason;
  const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return ready ? 'Running' : 'NotReady';
}

function endOf({ reason, signal, exitCode }: V1ContainerStateTerminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}
