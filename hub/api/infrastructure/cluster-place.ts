import type { Place } from '../../domain/clusters/reading.js';

interface PlaceParams {
  readonly cluster_id: string;
  readonly namespace: string;
}

/** Where a path leads: a namespace of a cluster. */
export function placeOf({ cluster_id: cluster, namespace }: PlaceParams): Place {
  return { cluster, namespace };
}

/** What an audit entry says that a refused or failed request was about. */
export function resourceOf(type: string, { cluster_id, namespace }: PlaceParams, name: string) {
  return { type, id: `${cluster_id}/${namespace}/${name}` };
}
