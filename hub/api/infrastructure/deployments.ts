import { Type } from 'typebox';
import { type DeploymentView, deploymentFields } from '../../domain/clusters/resources/answers.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import {
  Condition,
  clusterPage,
  DeploymentParams,
  GivenTexts,
  NamespaceParams,
  placeOf,
  resourceOf,
  selectionOf,
  selectors,
  Texts,
} from './cluster-shared.js';
import { listing, PageMetadata } from './listing.js';
import { renderCondition } from './pods.js';

const Replicas = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });

/** Further members of the Kubernetes object, by their own names or with underscores. The cluster's agent refuses unknown ones. */
const open = { additionalProperties: true } as const;

const deployment = {
  name: Type.String(),
  namespace: Type.String({ description: 'Extension' }),
  replicas: Type.Integer({ description: 'The desired number' }),
  available_replicas: Type.Integer(),
  ready_replicas: Type.Integer({ description: 'Extension' }),
  updated_replicas: Type.Integer({ description: 'Extension' }),
  strategy: Type.String(),
  paused: Type.Boolean({ description: 'Extension' }),
  images: Type.Array(Type.String(), { description: 'Extension' }),
  created_at: Time,
  labels: Texts,
};
const Deployment = Type.Object(deployment, { title: 'Deployment' });

const Container = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 63 }),
    image: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  {
    title: 'NewContainer',
    ...open,
    description: '`ports`, `resources`, `env`, `volume_mounts`, and everything else that Kubernetes knows',
  },
);

const Template = Type.Object(
  {
    metadata: Type.Optional(Type.Object({ labels: Type.Optional(GivenTexts) }, open)),
    spec: Type.Object(
      {
        containers: Type.Array(Container, { minItems: 1, maxItems: 100 }),
        volumes: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, open), { maxItems: 1000 })),
      },
      open,
    ),
  },
  { title: 'PodTemplate', ...open },
);

export const deploymentList = listing(deploymentFields, { sort: 'name', further: selectors });

/** `seeds/001`, "Kubernetes Module API", "Deployments". */
export const deploymentEndpoints = {
  listDeployments: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments',
    summary: 'List all deployments in a namespace',
    description: 'Kubernetes applies the selectors, and the hub the filters.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: NamespaceParams,
    query: deploymentList.query,
    response: Type.Array(Deployment),
    extra: PageMetadata,
  }),
  createDeployment: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments',
    summary: 'Create a deployment',
    description:
      'The body is as in Kubernetes, with names in snake case. The hub does not wait until the pods run. This needs role admin, because it runs programs in the cluster.',
    permission: 'cluster.execute',
    limit: 'kubernetes',
    audit: 'deployment.create',
    params: NamespaceParams,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 253 }),
      replicas: Type.Optional(Replicas),
      labels: Type.Optional(GivenTexts),
      annotations: Type.Optional(GivenTexts),
      selector: Type.Optional(Type.Object({ match_labels: Type.Optional(GivenTexts) }, open)),
      template: Template,
      strategy: Type.Optional(
        Type.Object({ type: Type.Optional(Type.String()) }, { ...open, description: 'Extension' }),
      ),
      min_ready_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })),
      progress_deadline_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })),
      revision_history_limit: Type.Optional(Replicas),
      paused: Type.Optional(Type.Boolean()),
    }),
    example: {
      name: 'web',
      replicas: 2,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] } },
    },
    response: Deployment,
    status: 201,
  }),
  getDeployment: endpoint({
    method: 'GET',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}',
    summary: 'Get a deployment',
    description: 'The answer adds the selector, the annotations and the conditions of the deployment.',
    permission: 'cluster.read',
    limit: 'kubernetes',
    params: DeploymentParams,
    response: Type.Object({ ...deployment, selector: Texts, annotations: Texts, conditions: Type.Array(Condition) }),
    extension: true,
  }),
  scaleDeployment: endpoint({
    method: 'PUT',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/scale',
    summary: 'Scale a deployment',
    description:
      'Without `wait` the answer comes as soon as Kubernetes has accepted the number. With `wait` the hub waits until the replicas are available; if they are not in time, the answer is an error, and the new number stays.',
    permission: 'cluster.operate',
    limit: 'kubernetes',
    audit: 'deployment.scale',
    params: DeploymentParams,
    body: Type.Object({
      replicas: Replicas,
      wait: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 600,
          description: 'Extension: answer once they are available, after this many seconds at most',
        }),
      ),
    }),
    example: { replicas: 3, wait: 60 },
    response: Type.Object({
      name: Type.String(),
      replicas: Type.Integer(),
      available_replicas: Type.Integer(),
      updated_at: Time,
    }),
  }),
  restartDeployment: endpoint({
    method: 'POST',
    path: '/api/v1/kubernetes/{cluster_id}/namespaces/{namespace}/deployments/{deployment_name}/restart',
    summary: 'Restart a deployment',
    description:
      'Kubernetes replaces all pods, as the strategy of the deployment says: what `kubectl rollout restart` does. The hub does not wait for the new pods. A paused deployment is refused. This needs role operator.',
    permission: 'cluster.operate',
    limit: 'kubernetes',
    audit: 'deployment.restart',
    params: DeploymentParams,
    response: Type.Object({ ...deployment, restarted_at: Time }),
    extension: true,
  }),
};

export function deploymentHandlers({ kubernetes }: Domain): Handlers<typeof deploymentEndpoints> {
  return {
    listDeployments({ params, query }, context) {
      const asked = deploymentList.read(query, context);
      const found = () =>
        kubernetes.deployments.list(context.origin, placeOf(params), selectionOf(query), context.signal);
      return clusterPage(found, asked, deploymentList.fields, render);
    },

    async createDeployment({ params, body }, context) {
      context.audit.resource = resourceOf('deployment', params, body.name);
      return render(await kubernetes.deployments.create(context.origin, placeOf(params), body));
    },

    async getDeployment({ params }, context) {
      const { deployment_name: name } = params;
      const found = await kubernetes.deployments.get(context.origin, placeOf(params), name, context.signal);
      const { selector, annotations, conditions } = found;
      return {
        ...render(found),
        selector: { ...selector },
        annotations: { ...annotations },
        conditions: conditions.map(renderCondition),
      };
    },

    async restartDeployment({ params }, context) {
      const { deployment_name: name } = params;
      context.audit.resource = resourceOf('deployment', params, name);
      const restarted = await kubernetes.deployments.restart(context.origin, placeOf(params), name);
      return { ...render(restarted), restarted_at: isoTime(restarted.restartedAt) };
    },

    async scaleDeployment({ params, body }, context) {
      const { replicas, wait = 0 } = body;
      context.audit.details = { replicas };
      context.audit.resource = resourceOf('deployment', params, params.deployment_name);
      const wanted = { replicas, waitMs: Math.ceil(wait * 1000) };
      const waiting = { signal: context.signal };
      const { deployment_name } = params;
      const scaled = await kubernetes.deployments.scale(
        context.origin,
        placeOf(params),
        deployment_name,
        wanted,
        waiting,
      );
      return {
        name: scaled.name,
        replicas: scaled.replicas,
        available_replicas: scaled.availableReplicas,
        updated_at: isoTime(scaled.scaledAt),
      };
    },
  };
}

function render(deployment: DeploymentView) {
  const { name, namespace, replicas, strategy, paused, images, createdAt, labels } = deployment;
  return {
    name,
    namespace,
    replicas,
    available_replicas: deployment.availableReplicas,
    ready_replicas: deployment.readyReplicas,
    updated_replicas: deployment.updatedReplicas,
    strategy,
    paused,
    images: [...images],
    created_at: isoTime(createdAt),
    labels: { ...labels },
  };
}
