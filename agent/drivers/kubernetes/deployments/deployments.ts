import type { V1Deployment, V1DeploymentList } from '@kubernetes/client-node';
import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { list, type Page } from '../list.js';
import { type ConditionView, conditionView } from '../pods/pod-details.js';
import { msOf } from '../values.js';
import { imagesOf, readDeployment, withGivenPaths } from './deployment-manifest.js';

/** @param namespace empty: all that are `allowed`. */
export function listDeployments(
  client: Client,
  namespace: string,
  options: ListOptions | undefined,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<Page<DeploymentView>> {
  return client.understand(() =>
    list(
      options,
      (part) => client.read<V1DeploymentList>(deploymentsPath(namespace), signal, part),
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
  return client.understand(async () => deploymentView(await readOne(client, namespace, name, signal)));
}

/** The images of a deployment that exists. @throws AgentFailure `not_found`. */
export function readImages(
  client: Client,
  namespace: string,
  name: string,
  signal: Cancellation,
): Promise<readonly string[]> {
  return client.understand(async () => imagesOf((await readOne(client, namespace, name, signal)).spec));
}

function readOne(client: Client, namespace: string, name: string, signal: Cancellation): Promise<V1Deployment> {
  return client.read<V1Deployment>(`${deploymentsPath(namespace)}/${encodeURIComponent(name)}`, signal);
}

/** @param namespace empty: all */
function deploymentsPath(namespace: string): string {
  const place = namespace === '' ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/apps/v1/${place}deployments`;
}

/**
 * @param body see CreateDeployment in `kubernetes.proto`.
 * @param judge throws if the site does not allow the deployment.
 * @throws AgentFailure `invalid`, `already_exists`, `policy`.
 */
export async function createDeployment(
  client: Client,
  namespace: string,
  body: Uint8Array,
  judge: (deployment: V1Deployment) => void,
  signal: Cancellation,
): Promise<DeploymentView> {
  const { deployment, paths } = readDeployment(client.library, body);
  judge(deployment);
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

/** A deployment whose pods Kubernetes replaces. */
export interface RestartedDeployment extends DeploymentView {
  readonly restartedAt: number;
}

/**
 * Has Kubernetes replace all pods of a deployment, as `kubectl rollout restart` does: a changed annotation changes the pod template.
 * @throws AgentFailure `not_found`, `conflict` for a paused deployment: Kubernetes would replace its pods later, when it is resumed.
 */
export async function restartDeployment(
  client: Client,
  namespace: string,
  name: string,
  signal: Cancellation,
): Promise<RestartedDeployment> {
  const { paused } = await getDeployment(client, namespace, name, signal);
  if (paused) throw clusterFailure('conflict', 'conflict', `the deployment ${name} is paused`);
  const { setHeaderOptions, PatchStrategy } = client.library;
  const restartedAt = Date.now();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date(restartedAt).toISOString() };
  const body = { spec: { template: { metadata: { annotations } } } };
  const asMerge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  const { apps } = client.apis(signal);
  const patched = await client.understand(() => apps.patchNamespacedDeployment({ namespace, name, body }, asMerge));
  return { ...deploymentView(patched), restartedAt };
}

/** How a deployment is to be scaled; see ScaleDeployment in `kubernetes.proto`. */
export interface ScaleRequest {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** How long the call waits, milliseconds. With 0 it does not wait. */
  readonly waitMs: number;
}

/** A deployment that was scaled. */
export interface ScaledDeployment extends DeploymentView {
  readonly waited: boolean;
  readonly scaledAt: number;
}

/** How far a scale has come. */
export interface ScaleProgress {
  readonly progress: number;
  readonly total: number;
  readonly message: string;
}

/** The time between two looks at the deployment, milliseconds. */
const askMs = 500;

/**
 * @param onProgress called at each change while the call waits.
 * @throws AgentFailure `not_found`, `timeout` (`details.deployment`; the scale remains).
 */
export async function scaleDeployment(
  client: Client,
  { namespace, name, replicas, waitMs }: ScaleRequest,
  onProgress: (progress: ScaleProgress) => void,
  signal: Cancellation,
): Promise<ScaledDeployment> {
  if (replicas > 2 ** 31 - 1) throw invalid('replicas', 'replicas must be less than 2,147,483,648');
  const { apps } = client.apis(signal);
  // `add` replaces a value, too. A scale of 0 has no value to replace.
  const body = [{ op: 'add', path: '/spec/replicas', value: replicas }];
  await client.understand(() => apps.patchNamespacedDeploymentScale({ namespace, name, body }));
  const scaledAt = Date.now();
  const until = performance.now() + waitMs;
  let told = '';
  for (;;) {
    const deployment = await getDeployment(client, namespace, name, signal);
    const done = isScaled(deployment, replicas);
    if (done || waitMs === 0) return { ...deployment, waited: waitMs > 0, scaledAt };
    const progress = progressOf(deployment, replicas);
    if (progress.message !== told) onProgress(progress);
    told = progress.message;
    if (performance.now() >= until) {
      const message = `the deployment ${name} is not scaled yet after ${waitMs} ms: ${told}`;
      throw clusterFailure('timeout', 'timeout', message, { deployment });
    }
    await pause(Math.min(askMs, Math.max(0, until - performance.now())), signal);
  }
}

/** Whether Kubernetes has seen the wanted scale and reached it. Another client may have asked for another scale meanwhile. */
function isScaled(deployment: DeploymentView, replicas: number): boolean {
  const { generation, observedGeneration, updatedReplicas, availableReplicas, currentReplicas } = deployment;
  if (deployment.replicas !== replicas) return observedGeneration >= generation;
  const all = updatedReplicas === replicas && availableReplicas === replicas && currentReplicas === replicas;
  return observedGeneration >= generation && all;
}

function progressOf({ availableReplicas, currentReplicas }: DeploymentView, replicas: number): ScaleProgress {
  const tooMany = Math.max(0, currentReplicas - replicas);
  const message =
    tooMany > 0
      ? `${tooMany} of ${currentReplicas} replicas are still to go`
      : `${availableReplicas} of ${replicas} replicas are available`;
  return { progress: Math.max(0, Math.min(availableReplicas, replicas) - tooMany), total: replicas, message };
}

function pause(ms: number, signal: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}
