import type { Cancellation } from '../cancellation.js';
import type { Store } from '../store.js';
import { isOver, type JobRecord, jobRecords } from './record.js';

/**
 * Waits until all given jobs are over; gives them in the order of their ids, `undefined` for jobs that are not kept any more.
 * @throws the signal's reason once it is aborted.
 */
export function jobsOver(
  store: Pick<Store, 'get' | 'subscribe'>,
  ids: readonly string[],
  signal: Cancellation,
): Promise<(JobRecord | undefined)[]> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = ids.map((id) => store.get(jobRecords, id));
      if (found.every((job) => job === undefined || isOver(job))) end(() => resolve(found));
    };
    const unsubscribe = store.subscribe(({ writes }) => {
      if (writes.some(({ collection, id }) => collection === jobRecords.name && ids.includes(id))) look();
    });
    const abort = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      unsubscribe();
      signal.removeEventListener('abort', abort);
      settle();
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    else look();
  });
}
