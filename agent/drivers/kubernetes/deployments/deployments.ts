import type { V1Deployment } from '@kubernetes/client-node';
import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { list, type Page } from '../list.js';
import { type ConditionView, conditionView } from '../pods/pod-details.js';
import { msOf } from '../values.js';
import { readDeployment, withGivenPaths } from './deployment-manifest.js';

/** @param namespace empty: all that are `allowed`. */
export function listDeployments(
  client: Client,
  namespace: string,
  options: ListOptions | undefined,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<Page<DeploymentView>> {
  const { apps } = client.apis(signal);
  return client.understand(() =>
    list(
      options,
      (part) =>
        namespace === ''
          ? apps.listDeploymentForAllNamespaces(part)
          : apps.listNamespacedDeployment({ ...part, namespace }),
      (item) => (allowed(item.metadata?.namespace ?? namespace) ? deploymentView(item) : undefined),
    ),
  );
}

/** @throws AgentFailure `not_found`. */
export function getDeployment(
  client: Client,
  namespace: string,
  name: string,
  signal: Cancellation,
): Promise<DeploymentView> {
  const { apps } = client.apis(signal);
  return client.understand(async () => deploymentView(await apps.readNamespacedDeployment({ namespace, name })));
}

/**
 * @param body as CreateDeployment has it.
 * @param checkImages throws where the site does not allow one of them.
 * @throws AgentFailure `invalid`, `already_exists`, `policy`.
 */
export async function createDeployment(
  client: Client,
  namespace: string,
  body: Uint8Array,
  checkImages: (images: readonly string[]) => void,
  signal: Cancellation,
): Promise<DeploymentView> {
  const { deployment, images, paths } = readDeployment(client.library, body);
  checkImages(images);
  const { apps } = client.apis(signal);
  try {
    return await client.understand(async () =>
      deploymentView(await apps.createNamespacedDeployment({ namespace, body: deployment })),
    );
  } catch (error) {
    throw withGivenPaths(error, paths);
  }
}

/** A deployment, as `kubernetes.proto` has it. */
export interface DeploymentView {
  readonly name: string;
  readonly namespace: string;
  /** The wanted number. */
  readonly replicas: number;
  /** The existing pods, healthy or not. */
  readonly currentReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly updatedReplicas: number;
  readonly strategy: string;
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  readonly generation: number;
  readonly observedGeneration: number;
  readonly paused: boolean;
  readonly conditions: readonly ConditionView[];
}

function deploymentView({ metadata, spec, status }: V1Deployment): DeploymentView {
  return {
    name: metadata?.name ?? '',
    namespace: metadata?.namespace ?? '',
    replicas: spec?.replicas ?? 1,
    currentReplicas: status?.replicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
    updatedReplicas: status?.updatedReplicas ?? 0,
    strategy: spec?.strategy?.type ?? 'RollingUpdate',
    createdAt: msOf(metadata?.creationTimestamp),
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    selector: spec?.selector?.matchLabels ?? {},
    images: (spec?.template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
    generation: metadata?.generation ?? 0,
    observedGeneration: status?.observedGeneration ?? 0,
    paused: spec?.paused ?? false,
    conditions: (status?.conditions ?? []).map(conditionView),
  };
}
