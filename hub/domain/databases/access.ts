import type { RequestOrigin } from '../access/caller.js';
import { isNarrowed, seesSite } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import { DomainError } from '../errors.js';
import type { DatabaseRecord } from './record.js';

/** Whether a caller's grants cover a database: narrowed ones only that of a site which they name. */
export function covers(origin: RequestOrigin, { site }: Pick<DatabaseRecord, 'site'>): boolean {
  if (site !== null) return seesSite(origin, { site });
  return origin.caller === null || !isNarrowed(origin.caller.grants);
}

/**
 * A caller who sets a program's environment can make the program reveal it. So only callers who may run any command at a site may name a
 * database there: their servers could sign in to it anyway. @throws DomainError `forbidden`.
 */
export function checkMayName({ caller }: RequestOrigin, field: string): void {
  const permission = 'server.execute';
  if (!caller || allows(caller.role, permission)) return;
  const message = `${field}: external databases are named by those who may register commands, not by role ${caller.role}`;
  throw new DomainError('forbidden', message, { permission, field });
}
