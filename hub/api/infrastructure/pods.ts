import { Type } from 'typebox';
import { podFields } from '../../domain/clusters/fields.js';
import { endpoint } from '../../http/endpoint.js';
import { Condition, NamespaceParams, PodParams, selectors, Texts, Time, TimeOrNull } from './cluster-schemas.js';
import { listing, PageMetadata } from './listing.js';

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
  status: Type.String({ description: 'The phase, or what is in its way: `CrashLoopBackOff`, `Terminating`, …' }),
  phase: Type.String(),
  ip: Type.String({ description: 'Empty: none yet' }),
  node: Type.String({ description: 'Empty: none yet' }),
  ready: Type.Boolean({ description: 'Extension' }),
  restart_count: Type.Integer({ description: 'Extension: of all containers' }),
  created_at: Time,
};

export const podList = listing(podFields, { sort: 'name', beside: selectors });

/** `seeds/001`, "Kubernetes Module API", "Pods". */
export const podEndpoints = {
  listPods: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods',
    summary: 'List all pods in a namespace',
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
      started_at: TimeOrNull,
      conditions: Type.Array(Condition, { description: 'Extension' }),
      events: Type.Array(
        Type.Object(
          {
            type: Type.String(),
            reason: Type.String(),
            message: Type.String(),
            count: Type.Integer(),
            first_at: TimeOrNull,
            last_at: TimeOrNull,
          },
          { title: 'PodEvent' },
        ),
        { description: 'Extension: the newest 50, oldest first' },
      ),
    }),
  }),
  /** With `follow` the log itself, as text, for as long as the client stays and the container runs. */
  readPodLog: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/logs',
    summary: 'Get logs for a pod',
    permission: 'cluster.logs',
    limit: 'kubernetes',
    params: PodParams,
    query: Type.Object({
      container: Type.Optional(
        Type.String({ minLength: 1, maxLength: 253, description: 'Required if the pod has several' }),
      ),
      tail_lines: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'The last so many lines; default: all' }),
      ),
      since_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
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
  /** Never runs twice. A client that hangs up ends the command. A command that fails is an answer, not an error. */
  execInPod: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/pods/{pod_name}/exec',
    summary: 'Execute a command in a pod',
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
      stdin: Type.Optional(Type.String({ maxLength: 1_048_576, description: 'What the command reads; it ends there' })),
      tty: Type.Optional(Type.Boolean({ description: 'Give it a terminal: all output is in `stdout` then' })),
      timeout: Type.Optional(
        Type.Number({ minimum: 1, maximum: 3600, description: 'Extension: seconds; then it is ended; default 60' }),
      ),
    }),
    response: Type.Object({
      stdout: Type.String(),
      stderr: Type.String(),
      exit_code: Type.Integer(),
      truncated: Type.Boolean({ description: 'Extension: of each output only the first MiB is kept' }),
      container: Type.String({ description: 'Extension' }),
      duration_ms: Type.Integer({ description: 'Extension' }),
    }),
  }),
};
