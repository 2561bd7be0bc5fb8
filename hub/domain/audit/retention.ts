import { idsFrom } from '../ids.js';
import type { Range, Store } from '../store.js';
import { Trimmer } from '../trimmer.js';
import { auditLog, outsiders } from './audit.js';

/** How long, and how many. */
export interface AuditRetention {
  readonly maxAgeMs: number;
  readonly maxEntries: number;
}

export const defaultRetention: AuditRetention = { maxAgeMs: 90 * 86_400_000, maxEntries: 10_000_000 };

/** The part of the log that the entries of each outsider may take, and their number at most: they are counted one by one. */
const outsiderShare = 0.1;
const mostOfOutsider = 100_000;

/**
 * Removes the audit log's oldest entries when they are too old, or too many. Entries of agents, and of callers without a good credential, go
 * first when they are too many: a flood of them pushes out no entry of a person.
 */
export function auditTrimmer(store: Store, retention: AuditRetention, onError?: (error: unknown) => void): Trimmer {
  const { maxAgeMs, maxEntries } = retention;
  const ids = (range: Range) => Array.from(store.list(auditLog, range), ({ id }) => id);
  const share = Math.min(Math.ceil(maxEntries * outsiderShare), mostOfOutsider);
  /** Counted once in each round: `now` tells the rounds apart. */
  let surplus: { readonly now: number; readonly left: Map<string, number> } | undefined;
  const beyondShare = (now: number, limit: number) => {
    const range = (outsider: string) => ({ index: 'outsider', equals: [outsider] });
    if (surplus?.now !== now) {
      const counted = outsiders.map((outsider) => [outsider, store.count(auditLog, range(outsider)) - share] as const);
      surplus = { now, left: new Map(counted) };
    }
    const { left } = surplus;
    return outsiders.flatMap((outsider) => {
      const most = Math.min(left.get(outsider) ?? 0, limit);
      left.set(outsider, (left.get(outsider) ?? 0) - most);
      return most > 0 ? ids({ ...range(outsider), limit: most }) : [];
    });
  };
  const trimming = {
    old: (now: number, limit: number) => [
      ...new Set([...ids({ to: idsFrom(now - maxAgeMs), limit }), ...beyondShare(now, limit)]),
    ],
    surplus: () => store.count(auditLog) - maxEntries,
    oldest: (limit: number) => ids({ limit }),
  };
  return new Trimmer(store, auditLog, trimming, onError);
}
