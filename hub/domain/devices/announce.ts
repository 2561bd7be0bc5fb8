import { isoTime } from '../clock.js';
import { type EventType, newEvent } from '../events/types.js';
import { type NewEvent, onRemoved, type Store } from '../store.js';
import type { ObservedDevices } from './observed.js';
import { type DeviceRecord, deviceRecords } from './record.js';

/** An event about a device. `data` holds no secret, and nothing of its configuration. */
export function deviceEvent(
  type: EventType,
  { id, name, site, type: platform }: DeviceRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  const timestamp = isoTime(Date.now());
  return newEvent(type, { deviceId: id, deviceName: name, deviceType: platform, site, ...data, timestamp });
}

/**
 * Puts every change of an observed state into the journal: `device.connected`, `.disconnected`, `.error`. A device that fails again in the
 * same way is no news.
 */
export function announceDevices(store: Store, observed: ObservedDevices): void {
  const told = new Map<string, string>();
  observed.onChange((deviceId, { state, error, reason }) => {
    if (state === 'connecting') return;
    const news = state === 'error' ? `${state} ${reason}` : state;
    if (news === (told.get(deviceId) ?? 'disconnected')) return;
    const record = store.get(deviceRecords, deviceId);
    if (!record) return;
    told.set(deviceId, news);
    const why = error === '' ? {} : { error, ...(reason ? { reason } : {}) };
    store.record({ writes: [], events: [deviceEvent(`device.${state}`, record, why)] });
  });
  onRemoved(store, deviceRecords, (id) => told.delete(id));
}
