import { isoTime } from '../clock.js';
import { type EventType, newEvent } from '../events/types.js';
import type { NewEvent } from '../store.js';
import type { DeviceRecord } from './record.js';

/** An event about a device. `data` holds no secret, and nothing of its configuration. */
export function deviceEvent(
  type: EventType,
  { id, name, site, type: platform }: DeviceRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  const timestamp = isoTime(Date.now());
  return newEvent(type, { deviceId: id, deviceName: name, deviceType: platform, site, ...data, timestamp });
}
