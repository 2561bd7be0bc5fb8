import type {
  V1Container,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1Pod,
  V1PodList,
} from '@kubernetes/client-node';
import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, reasonOf } from '../cluster/failure.js';
import { checkLabel, checkName } from '../cluster/policy.js';
import { list, type Page } from '../list.js';
import { msOf, named, timed } from '../values.js';

/** Which pods are listed. */
export interface PodFilter {
  /** Empty: all. */
  readonly namespace: string;
  readonly options: ListOptions | undefined;
  /** Statuses or phases; none for all. */
  readonly status: readonly string[];
}

/** @param allowed which namespaces to show in a list of all namespaces. */
export function listPods(
  client: Client,
  { namespace, options, status }: PodFilter,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<Page<PodView>> {
  const wanted = new Set(status.map((name) => name.toLowerCase()));
  return client.understand(() =>
    list(
      options,
      (part) => client.read<V1PodList>(podsPath(namespace), signal, part),
      (pod) => {
        if (!allowed(pod.metadata?.namespace ?? namespace)) return undefined;
        const view = podView(pod);
        const fits = wanted.has(view.status.toLowerCase()) || wanted.has(view.phase.toLowerCase());
        return wanted.size === 0 || fits ? view : undefined;
      },
    ),
  );
}

/** Reads one pod. @throws AgentFailure `not_found`, and the failures of every request. */
export function readPod(client: Client, namespace: string, name: string, signal: Cancellation): Promise<V1Pod> {
  return client.read<V1Pod>(`${podsPath(namespace)}/${encodeURIComponent(name)}`, signal);
}

/** @param namespace empty: all */
function podsPath(namespace: string): string {
  return namespace === '' ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

/** A container, as `kubernetes.proto` has it. */
export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: 'running' | 'waiting' | 'terminated';
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly lastEnd?: { readonly reason: string; readonly exitCode: number; readonly finishedAt: number };
  readonly ports: readonly { readonly containerPort: number; readonly protocol: string; readonly name?: string }[];
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
}

/** A pod of a list, as `kubernetes.proto` has it. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly status: string;
  readonly phase: string;
  readonly ip: string;
  readonly node: string;
  readonly createdAt: number;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerView[];
  readonly initContainers: readonly ContainerView[];
}

export function podView(pod: V1Pod): PodView {
  const { metadata, spec, status } = pod;
  const containers = views(spec?.containers, status?.containerStatuses);
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    status: podStatus(pod),
    phase: status?.phase ?? 'Unknown',
    ip: status?.podIP ?? '',
    node: spec?.nodeName ?? '',
    createdAt: msOf(metadata?.creationTimestamp),
    ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    restartCount: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    labels: metadata?.labels ?? {},
    containers,
    initContainers: views(spec?.initContainers, status?.initContainerStatuses),
  };
}

function views(containers: readonly V1Container[] = [], statuses: readonly V1ContainerStatus[] = []): ContainerView[] {
  const byName = new Map(statuses.map((status) => [status.name, status]));
  return containers.map((container) => containerView(container, byName.get(container.name)));
}

function containerView(container: V1Container, status: V1ContainerStatus | undefined): ContainerView {
  const { running, terminated, waiting } = status?.state ?? {};
  const last = status?.lastState?.terminated;
  return {
    name: container.name,
    image: container.image ?? '',
    ready: status?.ready ?? false,
    restartCount: status?.restartCount ?? 0,
    state: running !== undefined ? 'running' : terminated !== undefined ? 'terminated' : 'waiting',
    ...named('reason', terminated?.reason ?? waiting?.reason),
    ...named('message', terminated?.message ?? waiting?.message),
    ...(terminated === undefined ? {} : { exitCode: terminated.exitCode }),
    ...timed('startedAt', running?.startedAt ?? terminated?.startedAt),
    ...timed('finishedAt', terminated?.finishedAt),
    ...(last === undefined
      ? {}
      : { lastEnd: { reason: last.reason ?? '', exitCode: last.exitCode, finishedAt: msOf(last.finishedAt) } }),
    ports: (container.ports ?? []).map(({ containerPort, protocol, name }) => ({
      containerPort,
      protocol: protocol ?? 'TCP',
      ...named('name', name),
    })),
    resources: { requests: container.resources?.requests ?? {}, limits: container.resources?.limits ?? {} },
  };
}

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
  const policies = new Map(containers.map(({ name, restartPolicy }) => [name, restartPolicy]));
  for (const [index, container] of (status?.initContainerStatuses ?? []).entries()) {
    const { state } = container;
    const sidecar = policies.get(container.name) === 'Always';
    if (state?.terminated?.exitCode === 0 || (sidecar && container.started)) continue;
    if (state?.terminated !== undefined) return `Init:${endOf(state.terminated)}`;
    const waiting = state?.waiting?.reason;
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

/** The problem of the first container that has one. */
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

/** A container, as a command names it. */
export interface ContainerPlace {
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the only container, or the pod's default. */
  readonly container: string;
}

/** A container that was chosen. */
export interface ChosenContainer {
  readonly name: string;
  /** As its pod names it; `undefined` where pods cannot be read. */
  readonly image: string | undefined;
}

const defaultAnnotation = 'kubectl.kubernetes.io/default-container';

/**
 * Finds the container that a command names.
 * @param running whether the container has to run.
 * @throws AgentFailure `not_found`, `container_required`, `container_not_found`, `not_running`.
 */
export async function chooseContainer(
  client: Client,
  place: ContainerPlace,
  running: boolean,
  signal: Cancellation,
): Promise<ChosenContainer> {
  const { namespace, pod: name, container } = place;
  checkName(name, 'pod');
  if (container !== '') checkLabel(container, 'container');
  let pod: V1Pod;
  try {
    pod = await client.understand(() => readPod(client, namespace, name, signal));
  } catch (error) {
    // A user who may read logs need not be allowed to see pods.
    if (container !== '' && reasonOf(error) === 'forbidden') return { name: container, image: undefined };
    throw error;
  }
  return client.understand(() => {
    const chosen = choose(pod, container);
    if (running) checkRunning(pod, chosen);
    return { name: chosen, image: imageOf(pod, chosen) };
  });
}

function imageOf({ spec }: V1Pod, container: string): string | undefined {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])];
  return all.find(({ name }) => name === container)?.image;
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
