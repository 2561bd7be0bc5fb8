import type { V1Deployment } from '@kubernetes/client-node';
import { type ConditionView, conditionView } from '../pods/pod-details.js';
import { msOf } from '../values.js';

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

export function deploymentView({ metadata, spec, status }: V1Deployment): DeploymentView {
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
