import type { V1Container, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { msOf, named, timed } from '../values.js';
import { podStatus } from './pod-status.js';

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
  return containers.map((container) =>
    containerView(
      container,
      statuses.find(({ name }) => name === container.name),
    ),
  );
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
