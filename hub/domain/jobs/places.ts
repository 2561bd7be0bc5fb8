import { payerOf } from '../access/caller.js';
import { DomainError } from '../errors.js';
import type { JobRecord } from './record.js';

/** When a caller may try again, seconds. */
export const RETRY_AFTER_S = 5;

/** One payer below admin has at most one of so many places of the callers below admin. */
const SHARES = 4;

/** Jobs that have begun, for each place of the queue: most of them wait for a time, a person or other jobs. */
const MOST_BEGUN = 10;

/** The jobs that have places. */
export interface TakenPlaces {
  /** Jobs that wait for a worker. */
  readonly waiting: readonly JobRecord[];
  /** Jobs that wait for their time. */
  readonly scheduled: readonly JobRecord[];
  readonly begun: readonly JobRecord[];
  /** Jobs on their way to the disk. */
  readonly coming: Iterable<JobRecord>;
}

/**
 * Checks that there is a place for a new job. Jobs of callers below admin take no places of admins and the hub, and one payer
 * (`payerOf`) leaves places for others. Scheduled jobs take no places of waiting jobs.
 * @param queueSize the places for waiting jobs: of admins and the hub, and as many of all other callers
 * @throws DomainError `unavailable`
 */
export function checkPlaces(record: JobRecord, taken: TakenPlaces, queueSize: number): void {
  const { waiting, scheduled, begun } = taken;
  const coming = [...taken.coming].filter(({ status }) => status === record.status);
  const [others, verb] = record.status === 'scheduled' ? [scheduled, 'are scheduled'] : [waiting, 'wait'];
  const refuse = (count: number, noun: string, state: string) => {
    const details = { retryAfter: RETRY_AFTER_S, queueSize };
    throw new DomainError('unavailable', `${count} ${noun} ${state} already`, details);
  };
  for (const { jobs, most, state } of [
    { jobs: [...others, ...coming], most: queueSize, state: verb },
    { jobs: begun, most: queueSize * MOST_BEGUN, state: 'have begun' },
  ]) {
    const { all, own } = countFor(record, jobs);
    if (all >= most) refuse(all, 'jobs', state);
    if (!isOfAdmin(record) && own >= Math.max(1, Math.floor(most / SHARES))) refuse(own, 'of your jobs', state);
  }
}

/** How many jobs share the places of a new job, and how many of them have the same payer. */
function countFor(record: JobRecord, jobs: readonly JobRecord[]) {
  const { caller } = record.origin;
  const payer = caller && payerOf(caller);
  const sharing = jobs.filter((job) => isOfAdmin(job) === isOfAdmin(record));
  const own = sharing.filter(({ origin: { caller } }) => caller && payerOf(caller) === payer);
  return { all: sharing.length, own: own.length };
}

function isOfAdmin({ origin: { caller } }: JobRecord): boolean {
  return caller === null || caller.role === 'admin';
}
