import { isoTime } from '../clock.js';
import { type EventType, newEvent } from '../events/types.js';
import type { NewEvent } from '../store.js';
import type { ClusterRecord } from './record.js';

/** An event about a cluster. `data` holds no secret. */
export function clusterEvent(
  type: EventType,
  { id, name, site }: ClusterRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  return newEvent(type, { clusterId: id, clusterName: name, site, ...data, timestamp: isoTime(Date.now()) });
}
