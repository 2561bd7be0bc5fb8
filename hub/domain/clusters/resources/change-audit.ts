import type { RequestOrigin } from '../../access/caller.js';
import { changeAudit } from '../../audit/audit.js';
import type { Store } from '../../store.js';
import type { ClusterRecord } from '../record.js';

/** A change in a cluster. */
export interface Changed {
  /** Such as `deployment.scale`; its first word is the resource's kind. */
  readonly action: string;
  /** The place of a thing in its cluster: `namespace/name`. */
  readonly place: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the entry of a change that succeeded, on disk before the answer. The cluster keeps the state; the hub keeps who changed it. */
export async function noteChange(
  store: Pick<Store, 'apply'>,
  origin: RequestOrigin,
  { id: clusterId, name: cluster, site }: ClusterRecord,
  { action, place, details }: Changed,
): Promise<void> {
  const [type = action] = action.split('.', 1);
  const resource = { type, id: placeOf(clusterId, place) };
  await store.apply({
    by: null,
    writes: [changeAudit(origin, action, resource, { cluster, clusterId, site, ...details })],
  });
}

/** How an audit entry names a thing in a cluster. */
export function placeOf(clusterId: string, place: string): string {
  return `${clusterId}/${place}`;
}
