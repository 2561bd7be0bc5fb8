import type { Caller } from '../access/caller.js';
import type { RequestOrigin } from '../audit/audit.js';
import type { DeviceRecord } from './record.js';

/** Whether a caller's grants cover a device. Grants that name servers, groups or tools cover nothing else. */
export function maySeeDevice({ grants }: Pick<Caller, 'grants'>, { site }: Pick<DeviceRecord, 'site'>): boolean {
  if (!grants) return true;
  if (grants.servers || grants.groups || grants.tools) return false;
  return !grants.sites || grants.sites.includes(site);
}

/** The same for who asks; the hub itself sees everything. */
export function isVisible({ caller }: RequestOrigin, device: Pick<DeviceRecord, 'site'>): boolean {
  return caller === null || maySeeDevice(caller, device);
}
