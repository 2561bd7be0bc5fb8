import { Type } from 'typebox';
import type { DeploymentView } from '../../../../domain/clusters/resources/answers.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { tellNotes } from '../docker/container-runs.js';
import { granted, operation } from '../operation.js';
import { deployment, place, placeOf, selection, several } from './input.js';

const open = { additionalProperties: true } as const;

/** Deployments of Kubernetes clusters: listing, making and scaling them. */
export const deploymentOperations = [
  operation({
    name: 'roundhouse_list_deployments',
    title: 'List deployments',
    description: 'List the deployments of a namespace of a Kubernetes cluster with their images and replicas.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({ ...place, ...selection }),
    async run({ kubernetes }, input, { origin, signal }) {
      const { place, labelSelector, limit } = placeOf(input);
      const found = await kubernetes.deployments.list(granted(origin), place, { labelSelector }, signal);
      const { items, ...rest } = several(found, limit, brief);
      return { deployments: items, ...rest };
    },
  }),
  operation({
    name: 'roundhouse_get_deployment',
    title: 'A deployment',
    description: 'How one deployment of a Kubernetes cluster is: images, replicas, conditions, why it does not go on.',
    permission: 'cluster.read',
    effect: 'read',
    limit: 'kubernetes',
    input: Type.Object({ ...place, deployment }),
    async run({ kubernetes }, input, { origin, signal }) {
      const { place, deployment } = placeOf(input);
      return details(await kubernetes.deployments.get(granted(origin), place, deployment, signal));
    },
  }),
  operation({
    name: 'roundhouse_create_deployment',
    title: 'Create a deployment',
    description:
      'Create a deployment in a Kubernetes cluster: containers with their images, and how many replicas. Fields of containers and volumes are named as Kubernetes names them.',
    permission: 'cluster.execute',
    effect: 'destructive',
    limit: 'kubernetes',
    audit: {
      action: 'deployment.create',
      subject: 'name',
      details: (_domain, { cluster, namespace, replicas }) => ({ cluster, namespace, replicas }),
    },
    input: Type.Object({
      ...place,
      name: Type.String({ minLength: 1, maxLength: 253 }),
      replicas: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: 1 }),
      labels: Type.Optional(Type.Record(Type.String(), Type.String(), { maxProperties: 1000 })),
      podLabels: Type.Optional(
        Type.Record(Type.String(), Type.String(), {
          maxProperties: 1000,
          description: 'Of the pods, which are found by them; default: app=NAME',
        }),
      ),
      containers: Type.Array(
        Type.Object({ name: Type.String({ minLength: 1, maxLength: 63 }), image: Type.String({ minLength: 1 }) }, open),
        {
          minItems: 1,
          maxItems: 100,
          description: 'Each with name and image, and ports, env, resources, volumeMounts, command, args, …',
        },
      ),
      volumes: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, open), { maxItems: 1000 })),
    }),
    async run({ kubernetes }, input, { origin }) {
      const { place, containers, volumes, podLabels, ...rest } = placeOf(input);
      const metadata = podLabels ? { metadata: { labels: podLabels } } : {};
      const template = { ...metadata, spec: { containers, ...(volumes ? { volumes } : {}) } };
      return details(await kubernetes.deployments.create(granted(origin), place, { ...rest, template }));
    },
  }),
  operation({
    name: 'roundhouse_scale_deployment',
    title: 'Scale a deployment',
    description:
      'Set the number of replicas of a deployment in a Kubernetes cluster; with wait, until they are available. Fewer replicas end pods.',
    permission: 'cluster.operate',
    effect: 'destructive',
    idempotent: true,
    limit: 'kubernetes',
    audit: {
      action: 'deployment.scale',
      subject: 'deployment',
      details: (_domain, { cluster, namespace, replicas }) => ({ cluster, namespace, replicas }),
    },
    input: Type.Object({
      ...place,
      deployment,
      replicas: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
      wait: Type.Integer({ minimum: 0, maximum: 600, default: 0, description: 'Seconds to wait for them at most' }),
    }),
    async run({ kubernetes }, input, call) {
      const { place, deployment, replicas, wait } = placeOf(input);
      const waiting = { signal: call.signal, onProgress: tellNotes(call) };
      const wanted = { replicas, waitMs: wait * 1000 };
      const scaled = await kubernetes.deployments.scale(granted(call.origin), place, deployment, wanted, waiting);
      return { ...brief(scaled), waited: scaled.waited, scaledAt: isoTime(scaled.scaledAt) };
    },
  }),
];

function brief(one: DeploymentView) {
  const { name, replicas, readyReplicas, availableReplicas, updatedReplicas, strategy, images, paused, labels } = one;
  const counts = { replicas, readyReplicas, availableReplicas, updatedReplicas };
  return { name, ...counts, strategy, images, paused, labels, createdAt: isoTime(one.createdAt) };
}

function details(one: DeploymentView) {
  const conditions = one.conditions.map(({ changedAt, ...condition }) => ({
    ...condition,
    changedAt: isoTimeOrNull(changedAt),
  }));
  return { ...brief(one), namespace: one.namespace, selector: one.selector, conditions };
}
