import type { CoreV1Event, CoreV1EventList, V1Pod, V1Volume } from '@kubernetes/client-node';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { Client } from '../cluster/client.js';
import { podUsage } from '../metrics.js';
import { type Amount, msOf, named, timed } from '../values.js';
import { type PodView, podView, readPod } from './pods.js';

/** A condition of a pod or a deployment. */
export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly changedAt?: number;
}

interface EventView {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly source: string;
}

/** The details of one pod, as `kubernetes.proto` has them. */
export interface PodDetails extends PodView {
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostIp: string;
  readonly qosClass: string;
  readonly serviceAccount: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly startedAt?: number;
  readonly volumes: readonly { readonly name: string; readonly type: string; readonly details: object }[];
  readonly conditions: readonly ConditionView[];
  readonly events: readonly EventView[];
  readonly usage?: readonly ({ readonly container: string } & Amount)[];
}

const mostEvents = 50;

/** @throws AgentFailure `not_found`, and the failures of every request. */
export async function getPod(
  client: Client,
  namespace: string,
  name: string,
  signal: Cancellation,
): Promise<PodDetails> {
  return client.understand(async () => {
    const pod = await readPod(client, namespace, name, signal);
    const [events, usage] = await Promise.all([
      eventsOf(client, pod, namespace, signal),
      podUsage(client, namespace, name, signal),
    ]);
    return { ...details(pod), events, ...(usage === undefined ? {} : { usage }) };
  });
}

function details(pod: V1Pod): Omit<PodDetails, 'events' | 'usage'> {
  const { metadata, spec, status } = pod;
  const owners = metadata?.ownerReferences ?? [];
  const owner = owners.find(({ controller }) => controller) ?? owners[0];
  return {
    ...podView(pod),
    uid: metadata?.uid ?? '',
    annotations: metadata?.annotations ?? {},
    hostIp: status?.hostIP ?? '',
    qosClass: status?.qosClass ?? '',
    serviceAccount: spec?.serviceAccountName ?? '',
    ...(owner === undefined ? {} : { owner: { kind: owner.kind, name: owner.name } }),
    ...timed('startedAt', status?.startTime),
    volumes: (spec?.volumes ?? []).map(volumeView),
    conditions: (status?.conditions ?? []).map(conditionView),
  };
}

/** Kubernetes' events about the pod. The pod is shown even if the credentials may not see events. */
async function eventsOf(client: Client, pod: V1Pod, namespace: string, signal: Cancellation): Promise<EventView[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const fieldSelector = `involvedObject.uid=${pod.metadata?.uid ?? ''}`;
  try {
    const { items } = await client.read<CoreV1EventList>(path, signal, { fieldSelector, limit: 500 });
    const views = items.map(eventView).sort((a, b) => a.lastAt - b.lastAt);
    return views.slice(-mostEvents);
  } catch (error) {
    if (error instanceof AgentFailure && !signal.aborted) return [];
    throw error;
  }
}

function eventView(event: CoreV1Event): EventView {
  const firstAt = msOf(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
  return {
    type: event.type ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: event.count ?? event.series?.count ?? 1,
    firstAt,
    lastAt: msOf(event.lastTimestamp ?? event.series?.lastObservedTime) || firstAt,
    source: event.source?.component ?? event.reportingComponent ?? '',
  };
}

/** A volume has its name, and one further field, whose name is the type. */
function volumeView({ name, ...sources }: V1Volume): PodDetails['volumes'][number] {
  const [type, details] = Object.entries(sources).find(([, value]) => value !== undefined && value !== null) ?? [];
  return { name, type: type ?? '', details: typeof details === 'object' ? details : {} };
}

export function conditionView(condition: {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: Date;
}): ConditionView {
  return {
    type: condition.type,
    status: condition.status,
    ...named('reason', condition.reason),
    ...named('message', condition.message),
    ...timed('changedAt', condition.lastTransitionTime),
  };
}
