import type { RequestOrigin } from '../access/caller.js';
import { maySeeSite } from '../access/grants.js';
import { DomainError } from '../errors.js';
import type { DeviceRecord } from './record.js';

/** Whether a caller's grants cover a device; the hub itself sees everything. */
export function isVisible({ caller }: RequestOrigin, { site }: Pick<DeviceRecord, 'site'>): boolean {
  return caller === null || maySeeSite(caller, site);
}

/**
 * Checks before a device or cluster is placed. The error says nothing about sites outside the grants, not even whether they exist.
 * @throws DomainError `forbidden` if the caller's grants cover no site, or not the one that it names.
 */
export function checkSite(origin: RequestOrigin, site: string | undefined, noun: string): void {
  if (isVisible(origin, { site: site ?? origin.caller?.grants?.sites?.[0] ?? '' })) return;
  const where = site === undefined ? '' : ` at site '${site}'`;
  throw new DomainError('forbidden', `this key's grants do not cover a ${noun}${where}`);
}
