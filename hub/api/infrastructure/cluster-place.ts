import type { Place } from '../../domain/clusters/reading.js';

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
