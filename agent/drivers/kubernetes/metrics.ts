import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { Client } from './cluster/client.js';
import { type Amount, amountOf } from './values.js';

interface Metric {
  readonly metadata?: { readonly name?: string };
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly containers?: readonly { readonly name?: string; readonly usage?: Readonly<Record<string, unknown>> }[];
}

const base = '/apis/metrics.k8s.io/v1beta1';

/** The usage of nodes, by name; `undefined` if the cluster has no metrics server, or refuses these credentials. */
export async function nodeUsage(
  client: Client,
  signal: Cancellation,
): Promise<ReadonlyMap<string, Amount> | undefined> {
  const answer = (await metrics(client, `${base}/nodes`, signal)) as { items?: readonly Metric[] } | undefined;
  if (!Array.isArray(answer?.items)) return undefined;
  return new Map((answer.items as Metric[]).map(({ metadata, usage }) => [metadata?.name ?? '', amountOf(usage)]));
}

/** The usage of a pod's containers; `undefined` as for {@link nodeUsage}. */
export async function podUsage(
  client: Client,
  namespace: string,
  name: string,
  signal: Cancellation,
): Promise<({ readonly container: string } & Amount)[] | undefined> {
  const answer = (await metrics(client, `${base}/namespaces/${namespace}/pods/${name}`, signal)) as Metric | undefined;
  if (!Array.isArray(answer?.containers)) return undefined;
  return answer.containers.map(({ name: container = '', usage }) => ({ container, ...amountOf(usage) }));
}

/** Reads metrics; `undefined` if they cannot be read: no operation fails because of missing metrics. */
async function metrics(client: Client, path: string, signal: Cancellation): Promise<unknown> {
  try {
    return await client.read<unknown>(path, signal);
  } catch (error) {
    if (error instanceof AgentFailure && !signal.aborted) return undefined;
    throw error;
  }
}
