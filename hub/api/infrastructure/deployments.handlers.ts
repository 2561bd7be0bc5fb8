import { isoTime } from '../../domain/clock.js';
import type { DeploymentView } from '../../domain/clusters/answers.js';
import type { Domain } from '../../domain/domain.js';
import type { Handlers } from '../../http/endpoint.js';
import { clusterPage, selectionOf } from './cluster-page.js';
import { placeOf, resourceOf } from './cluster-place.js';
import { type deploymentEndpoints, deploymentList } from './deployments.js';
import { originOf } from './origin.js';
import { renderCondition } from './pods.handlers.js';

export function deploymentHandlers({ kubernetes }: Domain): Handlers<typeof deploymentEndpoints> {
  return {
    listDeployments({ params, query }, context) {
      const asked = deploymentList.read(query);
      const found = () =>
        kubernetes.deployments.list(originOf(context), placeOf(params), selectionOf(query), context.signal);
      return clusterPage(found, asked, deploymentList.fields, render);
    },

    async createDeployment({ params, body }, context) {
      context.audit.resource = resourceOf('deployment', params, body.name);
      return render(await kubernetes.deployments.create(originOf(context), placeOf(params), body));
    },

    async getDeployment({ params }, context) {
      const { deployment_name: name } = params;
      const found = await kubernetes.deployments.get(originOf(context), placeOf(params), name, context.signal);
      const { selector, annotations, conditions } = found;
      return {
        ...render(found),
        selector: { ...selector },
        annotations: { ...annotations },
        conditions: conditions.map(renderCondition),
      };
    },

    async scaleDeployment({ params, body }, context) {
      const { replicas, wait = 0 } = body;
      context.audit.details = { replicas };
      context.audit.resource = resourceOf('deployment', params, params.deployment_name);
      const wanted = { replicas, waitMs: Math.ceil(wait * 1000) };
      const waiting = { signal: context.signal };
      const { deployment_name } = params;
      const scaled = await kubernetes.deployments.scale(
        originOf(context),
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
