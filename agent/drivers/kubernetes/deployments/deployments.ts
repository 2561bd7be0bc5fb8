import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { list, type Page } from '../list.js';
import { readDeployment, withGivenPaths } from './deployment-manifest.js';
import { type DeploymentView, deploymentView } from './deployment-view.js';

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
