import type { ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import { listBound } from '@roundhouse/proto/bounds';
import { jsonCost } from '@roundhouse/proto/json-cost';
import { clusterFailure } from './cluster/failure.js';

/** A part of a list, as `kubernetes.proto` has it. */
export interface Page<V> {
  readonly items: V[];
  /** Whether the list ends here. */
  readonly complete: boolean;
  readonly continue?: string;
}

/** One answer as Kubernetes wrote it. The library's types name the member `continue` differently. */
interface Part<T> {
  readonly metadata?: object;
  readonly items: readonly T[];
}

/** The query of a request for one part. */
export interface PartRequest {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit: number;
  readonly continue?: string;
}

/** Objects in one answer of Kubernetes, which may have some thousand values each. */
const partSize = 100;
/** The most that a list without a limit holds. */
const mostItems = 20_000;
/** The values of a list in addition to its items. */
const frameValues = 10;

/**
 * Lists objects, part by part.
 * @param ask asks Kubernetes for one part.
 * @param view makes the result of each object; `undefined` leaves the object out.
 */
export async function list<T, V>(
  options: ListOptions | undefined,
  ask: (part: PartRequest) => Promise<Part<T>>,
  view: (item: T) => V | undefined,
): Promise<Page<V>> {
  const selectors = {
    ...some('labelSelector', options?.labelSelector),
    ...some('fieldSelector', options?.fieldSelector),
  };
  const most = Math.min(options?.limit || mostItems, mostItems);
  const items: V[] = [];
  let valuesLeft = listBound.values - frameValues;
  let token = options?.continue ?? '';
  for (let seen = 0; ; ) {
    const limit = Math.min(partSize, most - seen);
    const part = await ask({ ...selectors, limit, ...some('continue', token) });
    const { length } = part.items;
    if (length > limit)
      throw clusterFailure('upstream', 'failed', `the cluster sent ${length} objects, and was asked for ${limit}`);
    seen += length;
    const viewed = part.items.map(view).filter((one) => one !== undefined);
    valuesLeft -= jsonCost(JSON.stringify(viewed)) ?? 0;
    // The hub refuses a longer list as a whole. One part is never that long.
    if (valuesLeft < 0) return { items, complete: false, continue: token };
    items.push(...viewed);
    token = (part.metadata as { readonly continue?: string } | undefined)?.continue ?? '';
    if (token === '') return { items, complete: true };
    // Kubernetes never sends an empty answer that has a continuation.
    if (seen >= most || length === 0) return { items, complete: false, continue: token };
  }
}

const some = (name: string, value: string | undefined): object => (value ? { [name]: value } : {});
