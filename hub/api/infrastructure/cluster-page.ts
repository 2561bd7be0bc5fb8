import type { ClusterItems } from '../../domain/clusters/resources/answers.js';
import type { Place, Selection } from '../../domain/clusters/resources/reading.js';
import type { Fields } from '../../domain/lists/field.js';
import { type ListQuery, pageOf } from '../../domain/lists/page.js';
import { sourceOf } from '../../domain/lists/source.js';
import { pageReply } from './listing.js';

/**
 * A page of a cluster's content: Kubernetes selects, the hub filters and sorts. `complete` is `false` where the cluster has more than is
 * asked for.
 */
export async function clusterPage<T, R>(
  list: () => Promise<ClusterItems<T>>,
  asked: ListQuery<T>,
  fields: Fields<T>,
  render: (item: T) => R,
) {
  const { items, complete } = await list();
  const page = await pageOf(sourceOf(items), fields, asked);
  return pageReply(asked, { ...page, complete: page.complete && complete }, render);
}

/** The selectors of a query. */
export function selectionOf({
  label_selector: labelSelector,
  field_selector: fieldSelector,
}: {
  readonly label_selector?: string;
  readonly field_selector?: string;
}): Selection {
  return { labelSelector, fieldSelector };
}

interface PlaceParams {
  readonly cluster_id: string;
  readonly namespace: string;
}

/** Where a path leads: a namespace of a cluster. */
export function placeOf({ cluster_id: cluster, namespace }: PlaceParams): Place {
  return { cluster, namespace };
}

/** The resource of an audit entry about a refused or failed request. */
export function resourceOf(type: string, { cluster_id, namespace }: PlaceParams, name: string) {
  return { type, id: `${cluster_id}/${namespace}/${name}` };
}
