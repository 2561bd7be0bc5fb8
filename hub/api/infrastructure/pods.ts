import { Type } from 'typebox';
import {
  type ConditionView,
  type ContainerView,
  type PodDetails,
  type PodView,
  podFields,
} from '../../domain/clusters/resources/answers.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { acceptsGzip, gzipped } from '../../http/answer/gzip.js';
import { endpoint, type Handlers, StreamReply } from '../../http/endpoint.js';
import { snakeCase } from '../shared/members.js';
import { Time, TimeOrNever } from '../shared/values.js';
import {
  Condition,
  clusterPage,
  NamespaceParams,
  PodParams,
  placeOf,
  resourceOf,
  selectionOf,
  selectors,
  Texts,
} from './cluster-shared.js';
import { listing, PageMetadata } from './listing.js';
import { renderTicket, SHELL, TERMINAL, TerminalCommand, TerminalTicket } from './terminals.js';

const container = {
  name: Type.String(),
  image: Type.String(),
  ready: Type.Boolean(),
  restart_count: Type.Integer(),
  state: Type.String({ description: '`running`, `waiting` or `terminated`' }),
  reason: Type.String({ description: 'Extension: why it does not run, such as `CrashLoopBackOff`; else empty' }),
  message: Type.String({ description: 'Extension' }),
  exit_code: Type.Union([Type.Integer(), Type.Null()], { description: 'Extension: where it has ended' }),
};
const Container = Type.Object(
  {
    ...container,
    ports: Type.Array(Type.Object({ container_port: Type.Integer(), protocol: Type.String(), name: Type.String() })),
    resources: Type.Object({ requests: Texts, limits: Texts }),
  },
  { title: 'Container' },
);
const pod = {
  name: Type.String(),
  namespace: Type.String({ description: 'Extension' }),
  status: Type.String({ description: 'The phase, or the reason for a delay: `CrashLoopBackOff`, `Terminating`, …' }),
  phase: Type.String(),
  ip: Type.String({ description: 'Empty: none yet' }),
  node: Type.String({ description: 'Empty: none yet' }),
  ready: Type.Boolean({ description: 'Extension' }),
  restart_count: Type.Integer({ description: 'Extension: of all containers' }),
  created_at: Time,
};

export const podList = listing(podFields, { sort: 'name', further: selectors });

/** `seeds/001`, "Kubernetes Module API", "Pods". */
export const podEndpoints = {
  listPods: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods',
    summary: 'List all pods in a namespace',
    description:
      'Each pod has its state and its containers. Kubernetes applies the selectors, and the hub the filters.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: NamespaceParams,
    query: podList.query,
    response: Type.Array(
      Type.Object(
        { ...pod, containers: Type.Array(Type.Object(container, { title: 'ContainerSummary' })) },
        { title: 'Pod' },
      ),
    ),
    extra: PageMetadata,
  }),
  getPod: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}',
    summary: 'Get a pod',
    description: 'The answer adds labels, volumes, conditions and the newest 50 events of the pod.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: PodParams,
    response: Type.Object({
      ...pod,
      containers: Type.Array(Container),
      labels: Texts,
      annotations: Texts,
      volumes: Type.Array(
        Type.Object({
          name: Type.String(),
          type: Type.String({ description: 'Such as `config_map`' }),
          details: Type.Record(Type.String(), Type.Unknown()),
        }),
      ),
      init_containers: Type.Array(Container, { description: 'Extension' }),
      host_ip: Type.String({ description: 'Extension' }),
      qos_class: Type.String({ description: 'Extension' }),
      service_account: Type.String({ description: 'Extension' }),
      owner: Type.Union([Type.Object({ kind: Type.String(), name: Type.String() }), Type.Null()]),
      started_at: TimeOrNever,
      conditions: Type.Array(Condition, { description: 'Extension' }),
      events: Type.Array(
        Type.Object(
          {
            type: Type.String(),
            reason: Type.String(),
            message: Type.String(),
            count: Type.Integer(),
            first_at: TimeOrNever,
            last_at: TimeOrNever,
          },
          { title: 'PodEvent' },
        ),
        { description: 'Extension: the newest 50, oldest first' },
      ),
    }),
  }),
  readPodLog: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs',
    summary: 'Get logs for a pod',
    description:
      'Without `follow` the answer is JSON with up to 8 MiB of the log. With `follow` the answer is the text of the log, for as long as the client stays and the container runs. This needs role operator.',
    permission: 'cluster.logs',
    limit: 'kubernetes',
    params: PodParams,
    query: Type.Object({
      container: Type.Optional(
        Type.String({ minLength: 1, maxLength: 253, description: 'Required if the pod has several' }),
      ),
      tail_lines: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'How many of the last lines; default: all' }),
      ),
      since_seconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Only lines of this many past seconds' }),
      ),
      timestamps: Type.Boolean({ default: false, description: 'Each line begins with its time' }),
      follow: Type.Boolean({ default: false, description: 'Answer with the log as it goes on, chunk by chunk' }),
      previous: Type.Boolean({ default: false, description: "Extension: of the container's life before its restart" }),
    }),
    response: Type.Object({
      logs: Type.String(),
      truncated: Type.Boolean({ description: 'Extension: it is longer than 8 MiB, and its last part is left out' }),
    }),
    headers: ['accept-encoding'],
    produces: ['text/plain'],
  }),
  execInPod: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec',
    summary: 'Execute a command in a pod',
    description:
      'The command runs once and is never repeated. A client that hangs up ends it. A command that fails is an answer with its exit code, not an error. This needs role admin.',
    permission: 'cluster.execute',
    limit: 'kubernetes',
    audit: 'pod.exec',
    params: PodParams,
    body: Type.Object({
      container: Type.Optional(
        Type.String({ minLength: 1, maxLength: 253, description: 'Required if the pod has several' }),
      ),
      command: Type.Array(Type.String({ maxLength: 65_536 }), {
        minItems: 1,
        maxItems: 1024,
        description: 'The program and its arguments; no shell reads them',
      }),
      stdin: Type.Optional(Type.String({ maxLength: 1_048_576, description: "The command's input, which ends there" })),
      tty: Type.Optional(Type.Boolean({ description: 'Give it a terminal: all output is in `stdout` then' })),
      timeout: Type.Optional(
        Type.Number({ minimum: 1, maximum: 3600, description: 'Extension: seconds; then it is ended; default 60' }),
      ),
    }),
    example: { command: ['ls', '-l', '/tmp'], timeout: 10 },
    response: Type.Object({
      stdout: Type.String(),
      stderr: Type.String(),
      exit_code: Type.Integer(),
      truncated: Type.Boolean({ description: 'Extension: of each output only the first MiB is kept' }),
      container: Type.String({ description: 'Extension' }),
      duration_ms: Type.Integer({ description: 'Extension' }),
    }),
  }),
  openPodTerminal: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/terminals',
    summary: 'Open a terminal in a pod',
    description: `${TERMINAL} The hub notes in the audit log when the terminal is opened and closed. This needs role admin.`,
    permission: 'cluster.execute',
    limit: 'kubernetes',
    audit: 'pod.terminal.open',
    params: PodParams,
    body: Type.Object({
      container: Type.Optional(
        Type.String({ minLength: 1, maxLength: 253, description: 'Required if the pod has several' }),
      ),
      command: TerminalCommand,
    }),
    bodyOptional: true,
    example: { command: ['/bin/bash'] },
    response: TerminalTicket,
    status: 201,
    extension: true,
  }),
};

const LOG_TYPE = 'text/plain; charset=utf-8';

export function podHandlers({ kubernetes, terminals }: Domain): Handlers<typeof podEndpoints> {
  return {
    listPods({ params, query }, context) {
      const asked = podList.read(query, context);
      const found = () => kubernetes.pods.list(context.origin, placeOf(params), selectionOf(query), context.signal);
      return clusterPage(found, asked, podList.fields, listed);
    },

    async getPod({ params }, context) {
      return details(await kubernetes.pods.get(context.origin, placeOf(params), params.pod_name, context.signal));
    },

    async readPodLog({ params, query }, context) {
      const { container, tail_lines: tailLines, since_seconds: sinceSeconds, timestamps, follow, previous } = query;
      const wanted = { container, tailLines, sinceSeconds, timestamps, previous };
      const origin = context.origin;
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
        context.origin,
        placeOf(params),
        params.pod_name,
        wanted,
        context.signal,
      );
      const { stdout, stderr, exitCode, truncated, container, durationMs } = output;
      return { stdout, stderr, exit_code: exitCode, truncated, container, duration_ms: durationMs };
    },

    openPodTerminal({ params, body: { container, command = SHELL } }, context) {
      const { caller, origin, audit } = context;
      audit.resource = resourceOf('pod', params, params.pod_name);
      const target = kubernetes.terminals.target(origin, placeOf(params), params.pod_name, { container, command });
      return renderTicket(terminals.ticket(caller, origin, target));
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

/** Members whose keys are chosen by the users of the cluster. */
const userMaps = new Set(['labels', 'annotations', 'matchLabels', 'volumeAttributes', 'options', 'requests', 'limits']);

/** Renames members from Kubernetes' names to those of this API, which it also takes for a new deployment. */
function snakeCased(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [snakeCase(name), userMaps.has(name) ? value : below(value)]),
  );
}

function below(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(below);
  if (typeof value !== 'object' || value === null) return value;
  return snakeCased(value as Readonly<Record<string, unknown>>);
}
