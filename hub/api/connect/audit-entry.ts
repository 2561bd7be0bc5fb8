import type { AuditEntry } from '../../domain/audit/audit.js';
import { isoTime } from '../../domain/clock.js';

/** An entry as `seeds/003` prints it. */
export function renderEntry({
  id,
  time,
  action,
  actor,
  resource,
  details,
  success,
  durationMs,
  ip,
  userAgent,
  api,
}: AuditEntry) {
  return {
    id,
    timestamp: isoTime(time),
    action,
    // Only the hub itself acts through no API.
    actor: actor ?? { type: api === null ? ('system' as const) : ('anonymous' as const), id: '', name: '' },
    resource,
    details: { ...details, durationMs, success },
    ip,
    userAgent,
  };
}
