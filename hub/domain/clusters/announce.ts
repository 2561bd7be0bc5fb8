import { isoTime } from '../clock.js';
import { type EventType, newEvent } from '../events/types.js';
import { type NewEvent, onRemoved, type Store } from '../store.js';
import type { ObservedClusters } from './observed.js';
import { type ClusterRecord, clusterRecords } from './record.js';

/** An event about a cluster. `data` holds no secret. */
export function clusterEvent(
  type: EventType,
  { id, name, site }: ClusterRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  return newEvent(type, { clusterId: id, clusterName: name, site, ...data, timestamp: isoTime(Date.now()) });
}

/**
 * Puts every change of an observed state into the journal: `cluster.connected`, `.disconnected`, `.error`. A cluster that fails again in
 * the same way is no news.
 */
export function announceClusters(store: Store, observed: ObservedClusters): void {
  const told = new Map<string, string>();
  observed.onChange((clusterId, { state, error, reason }) => {
    const news = state === 'error' ? `${state} ${reason}` : state;
    if (news === (told.get(clusterId) ?? 'disconnected')) return;
    const record = store.get(clusterRecords, clusterId);
    if (!record) return;
    told.set(clusterId, news);
    const why = error === '' ? {} : { error, ...(reason ? { reason } : {}) };
    store.record({ writes: [], events: [clusterEvent(`cluster.${state}`, record, why)] });
  });
  onRemoved(store, clusterRecords, (id) => told.delete(id));
}
