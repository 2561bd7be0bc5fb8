import type { RequestOrigin } from '../access/caller.js';
import { maySeeSite } from '../access/grants.js';
import type { DeviceRecord } from './record.js';

/** Whether a caller's grants cover a device; the hub itself sees everything. */
export function isVisible({ caller }: RequestOrigin, { site }: Pick<DeviceRecord, 'site'>): boolean {
  return caller === null || maySeeSite(caller, site);
}
