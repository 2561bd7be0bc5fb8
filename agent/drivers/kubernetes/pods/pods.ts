import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Cancellation } from '../../../cancellation.js';
import type { Client } from '../cluster/client.js';
import { list, type Page } from '../list.js';
import { type PodView, podView } from './pod-view.js';

/** Which pods are listed. */
export interface PodFilter {
  /** Empty: all. */
  readonly namespace: string;
  readonly options: ListOptions | undefined;
  /** Statuses or phases; none for all. */
  readonly status: readonly string[];
}

/** @param allowed which namespaces to show in a list of all namespaces. */
export function listPods(
  client: Client,
  { namespace, options, status }: PodFilter,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<Page<PodView>> {
  const { core } = client.apis(signal);
  const wanted = new Set(status.map((name) => name.toLowerCase()));
  return client.understand(() =>
    list(
      options,
      (part) =>
        namespace === '' ? core.listPodForAllNamespaces(part) : core.listNamespacedPod({ ...part, namespace }),
      (pod) => {
        if (!allowed(pod.metadata?.namespace ?? namespace)) return undefined;
        const view = podView(pod);
        const fits = wanted.has(view.status.toLowerCase()) || wanted.has(view.phase.toLowerCase());
        return wanted.size === 0 || fits ? view : undefined;
      },
    ),
  );
}
