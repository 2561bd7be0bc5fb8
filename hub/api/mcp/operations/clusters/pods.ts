import { Type } from 'typebox';
import type { ContainerView, PodView } from '../../../../domain/clusters/resources/answers.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';
import { place, placeOf, pod, podContainer, selection, several } from './input.js';

/** The longest log and command output: a model reads it. */
const TEXT_BYTES = 256 * 1024;

/** Pods of Kubernetes clusters: lists, logs, and commands in them. */
export const podOperations = [
  operation({
    name: 'roundhouse_list_pods',
    title: 'List pods',
    description:
      'List the pods of a namespace of a Kubernetes cluster with their status, node, restarts and containers.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({
      ...place,
      status: Type.Optional(
        Type.String({ maxLength: 64, description: 'Such as Running, Pending, CrashLoopBackOff; default: all' }),
      ),
      ...selection,
    }),
    async run({ kubernetes }, input, { origin, signal }) {
      const { place, status, labelSelector, limit } = placeOf(input);
      const found = await kubernetes.pods.list(granted(origin), place, { labelSelector }, signal);
      const wanted = status?.toLowerCase();
      const fits = (one: PodView) =>
        wanted === undefined || one.status.toLowerCase() === wanted || one.phase.toLowerCase() === wanted;
      const { items, ...rest } = several({ ...found, items: found.items.filter(fits) }, limit, brief);
      return { pods: items, ...rest };
    },
  }),
  operation({
    name: 'roundhouse_get_pod',
    title: 'A pod',
    description:
      'All about one pod of a Kubernetes cluster: why it does not run, its containers, volumes, conditions and latest events.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({ ...place, pod }),
    async run({ kubernetes }, input, { origin, signal }) {
      const { place, pod } = placeOf(input);
      const found = await kubernetes.pods.get(granted(origin), place, pod, signal);
      return {
        ...found,
        createdAt: isoTime(found.createdAt),
        startedAt: isoTimeOrNull(found.startedAt),
        containers: found.containers.map(timed),
        initContainers: found.initContainers.map(timed),
        conditions: found.conditions.map(({ changedAt, ...condition }) => ({
          ...condition,
          changedAt: isoTimeOrNull(changedAt),
        })),
        events: found.events.map(({ firstAt, lastAt, ...event }) => ({
          ...event,
          firstAt: isoTimeOrNull(firstAt),
          lastAt: isoTimeOrNull(lastAt),
        })),
      };
    },
  }),
  operation({
    name: 'roundhouse_get_pod_logs',
    title: 'Logs of a pod',
    description:
      'Read the last lines that a container of a pod in a Kubernetes cluster printed, oldest first; also of its life before its last restart. With follow, wait for new ones for a while.',
    permission: 'cluster.logs',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({
      ...place,
      pod,
      container: podContainer,
      lines: Type.Integer({ minimum: 1, maximum: 2000, default: 100, description: 'The last so many' }),
      sinceSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
      timestamps: Type.Boolean({ default: false }),
      previous: Type.Boolean({ default: false, description: 'Before the last restart' }),
      follow: Type.Integer({
        minimum: 0,
        maximum: 600,
        default: 0,
        description: 'Seconds that new lines are waited for; they are told as progress, too',
      }),
    }),
    run({ kubernetes }, input, { origin, signal, onProgress }) {
      const { place, pod, lines: tailLines, follow, ...query } = placeOf(input);
      let progress = 0;
      const tell = (text: string) => {
        progress += 1;
        onProgress?.(JSON.stringify({ progress, message: text.trimEnd() }));
      };
      const onText = follow > 0 && onProgress ? tell : undefined;
      const options = { signal, mostBytes: TEXT_BYTES, followMs: follow * 1000, onText };
      return kubernetes.logs.read(granted(origin), place, pod, { ...query, tailLines }, options);
    },
  }),
  operation({
    name: 'roundhouse_exec_in_pod',
    title: 'Run a command in a pod',
    description:
      'Run a command in a container of a pod in a Kubernetes cluster and get what it prints and its exit code. No shell reads it: use ["sh", "-c", "…"] for one. Cancelling ends the command.',
    permission: 'cluster.execute',
    effect: 'destructive',
    limit: 'kubernetes',
    audit: {
      action: 'pod.exec',
      subject: 'pod',
      details: ({ kubernetes }, input) => ({
        cluster: input.cluster,
        namespace: input.namespace,
        ...kubernetes.exec.audited(input),
      }),
    },
    input: Type.Object({
      ...place,
      pod,
      container: podContainer,
      command: Type.Array(Type.String({ maxLength: 32_768 }), {
        minItems: 1,
        maxItems: 256,
        description: 'The program and its arguments',
      }),
      stdin: Type.Optional(
        Type.String({ maxLength: 1024 * 1024, description: "The command's input, which ends there" }),
      ),
      timeout: Type.Integer({ minimum: 1, maximum: 3600, default: 60, description: 'Seconds; then it is ended' }),
    }),
    run({ kubernetes }, input, { origin, signal }) {
      const { place, pod, timeout, ...command } = placeOf(input);
      const limits = { timeoutMs: timeout * 1000, maxOutputBytes: TEXT_BYTES };
      return kubernetes.exec.run(granted(origin), place, pod, { ...command, ...limits }, signal);
    },
  }),
];

function brief({ name, status, phase, ip, node, ready, restartCount, createdAt, containers }: PodView) {
  return {
    name,
    status,
    phase,
    ip: ip || null,
    node: node || null,
    ready,
    restartCount,
    createdAt: isoTime(createdAt),
    containers: containers.map((one) => ({ name: one.name, image: one.image, ready: one.ready, state: one.state })),
  };
}

function timed({ startedAt, ...container }: ContainerView) {
  return { ...container, startedAt: isoTimeOrNull(startedAt) };
}
