import type { Store } from '../store.js';
import { Trimmer } from '../trimmer.js';
import type { JobSettings } from './kind.js';
import { jobRecords } from './record.js';

/** Removes finished jobs that are too old, or too many. */
export function jobTrimmer(
  store: Store,
  { keepMs, keepCount }: Pick<JobSettings, 'keepMs' | 'keepCount'>,
  onError?: (error: unknown) => void,
): Trimmer {
  const ids = (range: { readonly to?: number; readonly limit: number }) =>
    Array.from(store.list(jobRecords, { index: 'completed', ...range }), ({ id }) => id);
  const trimming = {
    old: (now: number, limit: number) => ids({ to: now - keepMs, limit }),
    surplus: () => store.count(jobRecords, { index: 'completed' }) - keepCount,
    oldest: (limit: number) => ids({ limit }),
  };
  return new Trimmer(store, jobRecords, trimming, onError);
}
