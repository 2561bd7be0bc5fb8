import { idsFrom } from '../ids.js';
import type { Store } from '../store.js';
import { Trimmer } from '../trimmer.js';
import { auditLog } from './audit.js';

/** How long, and how many. */
export interface AuditRetention {
  readonly maxAgeMs: number;
  readonly maxEntries: number;
}

export const defaultRetention: AuditRetention = { maxAgeMs: 90 * 86_400_000, maxEntries: 10_000_000 };

/** Removes the audit log's oldest entries when they are too old, or too many. */
export function auditTrimmer(store: Store, retention: AuditRetention, onError?: (error: unknown) => void): Trimmer {
  const { maxAgeMs, maxEntries } = retention;
  const ids = (range: { readonly to?: string; readonly limit: number }) =>
    Array.from(store.list(auditLog, range), ({ id }) => id);
  const trimming = {
    old: (now: number, limit: number) => ids({ to: idsFrom(now - maxAgeMs), limit }),
    surplus: () => store.count(auditLog) - maxEntries,
    oldest: (limit: number) => ids({ limit }),
  };
  return new Trimmer(store, auditLog, trimming, onError);
}
