import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { ConditionView, ContainerView, PodDetails, PodView } from '../../domain/clusters/answers.js';
import type { Domain } from '../../domain/domain.js';
import { type Handlers, StreamReply } from '../../http/endpoint.js';
import { acceptsGzip, gzipped } from '../../http/gzip.js';
import { snakeCase } from '../../http/snake-case.js';
import { clusterPage, selectionOf } from './cluster-page.js';
import { placeOf, resourceOf } from './cluster-place.js';
import { originOf } from './origin.js';
import { type podEndpoints, podList } from './pods.js';

const LOG_TYPE = 'text/plain; charset=utf-8';

export function podHandlers({ kubernetes }: Domain): Handlers<typeof podEndpoints> {
  return {
    listPods({ params, query }, context) {
      const asked = podList.read(query);
      const found = () => kubernetes.pods.list(originOf(context), placeOf(params), selectionOf(query), context.signal);
      return clusterPage(found, asked, podList.fields, listed);
    },

    async getPod({ params }, context) {
      return details(await kubernetes.pods.get(originOf(context), placeOf(params), params.pod_name, context.signal));
    },

    async readPodLog({ params, query }, context) {
      const { container, tail_lines: tailLines, since_seconds: sinceSeconds, timestamps, follow, previous } = query;
      const wanted = { container, tailLines, sinceSeconds, timestamps, previous };
      const origin = originOf(context);
      const { signal } = context;
      if (!follow) return kubernetes.logs.read(origin, placeOf(params), params.pod_name, wanted, { signal });
      const stream = await kubernetes.logs.follow(origin, placeOf(params), params.pod_name, wanted, signal);
      const headers = { 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' };
      return acceptsGzip(context.header('accept-encoding'))
        ? new StreamReply(LOG_TYPE, gzipped(stream), { ...headers, 'Content-Encoding': 'gzip' })
        : new StreamReply(LOG_TYPE, stream, headers);
    },

    async execInPod({ params, body }, context) {
      const { timeout, ...input } = body;
      context.audit.details = { ...kubernetes.exec.audited(body) };
      context.audit.resource = resourceOf('pod', params, params.pod_name);
      const wanted = { ...input, timeoutMs: timeout === undefined ? undefined : timeout * 1000 };
      const output = await kubernetes.exec.run(
        originOf(context),
        placeOf(params),
        params.pod_name,
        wanted,
        context.signal,
      );
      const { stdout, stderr, exitCode, truncated, container, durationMs } = output;
      return { stdout, stderr, exit_code: exitCode, truncated, container, duration_ms: durationMs };
    },
  };
}

function summary({ name, namespace, status, phase, ip, node, ready, restartCount, createdAt }: PodView) {
  const created_at = isoTime(createdAt);
  return { name, namespace, status, phase, ip, node, ready, restart_count: restartCount, created_at };
}

function listed(pod: PodView) {
  return { ...summary(pod), containers: pod.containers.map(brief) };
}

function brief({ name, image, ready, restartCount, state, reason, message, exitCode }: ContainerView) {
  return {
    name,
    image,
    ready,
    restart_count: restartCount,
    state,
    reason: reason ?? '',
    message: message ?? '',
    exit_code: exitCode ?? null,
  };
}

function whole(container: ContainerView) {
  const { ports, resources } = container;
  return {
    ...brief(container),
    ports: ports.map(({ containerPort, protocol, name = '' }) => ({ container_port: containerPort, protocol, name })),
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
  };
}

function details(pod: PodDetails) {
  const { labels, annotations, volumes, owner, conditions, events } = pod;
  return {
    ...summary(pod),
    containers: pod.containers.map(whole),
    labels: { ...labels },
    annotations: { ...annotations },
    volumes: volumes.map(({ name, type, details }) => ({ name, type: snakeCase(type), details: snakeCased(details) })),
    init_containers: pod.initContainers.map(whole),
    host_ip: pod.hostIp,
    qos_class: pod.qosClass,
    service_account: pod.serviceAccount,
    owner: owner ? { kind: owner.kind, name: owner.name } : null,
    started_at: isoTimeOrNull(pod.startedAt),
    conditions: conditions.map(renderCondition),
    events: events.map(({ type, reason, message, count, firstAt, lastAt }) => ({
      type,
      reason,
      message,
      count,
      first_at: isoTimeOrNull(firstAt),
      last_at: isoTimeOrNull(lastAt),
    })),
  };
}

export function renderCondition({ type, status, reason = '', message = '', changedAt }: ConditionView) {
  return { type, status, reason, message, changed_at: isoTimeOrNull(changedAt) };
}

/** Keys in these are the cluster's users' own. */
const theirs = new Set(['labels', 'annotations', 'matchLabels', 'volumeAttributes', 'options', 'requests', 'limits']);

/** Kubernetes' names as this API writes them, as it takes them when a deployment is made. */
function snakeCased(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [snakeCase(name), theirs.has(name) ? value : below(value)]),
  );
}

function below(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(below);
  if (typeof value !== 'object' || value === null) return value;
  return snakeCased(value as Readonly<Record<string, unknown>>);
}
