import type { Cancellation } from '../cancellation.js';
import type { Store } from '../store.js';
import { isOver, type JobRecord, type JobStatus, type JobStep, jobRecords } from './record.js';

/** Something that happened to a job. Times are milliseconds since 1970. */
export type JobMoment =
  | { readonly kind: 'status'; readonly time: number; readonly status: JobStatus }
  | {
      readonly kind: 'step';
      readonly time: number;
      readonly step: string;
      readonly became: 'running' | 'completed' | 'failed' | 'skipped';
      /** Why it failed or was skipped; empty otherwise. */
      readonly reason: string;
    }
  | { readonly kind: 'result'; readonly time: number; readonly step: string; readonly result: unknown };

/**
 * All that has happened to a job so far, in order. Later moments come at the end, so a place is a number that holds over restarts of the
 * hub: steps that run side by side are in the order of the revisions of the job. A step that begins again is in the list once.
 */
export function historyOf(job: JobRecord): JobMoment[] {
  const { createdAt, dueAt, startedAt, completedAt } = job;
  const first = dueAt > createdAt ? 'scheduled' : 'queued';
  const moments: JobMoment[] = [{ kind: 'status', time: createdAt, status: first }];
  if (startedAt !== null) moments.push({ kind: 'status', time: startedAt, status: 'running' });
  const ofSteps = job.steps.flatMap((step) => ofStep(step));
  ofSteps.sort((a, b) => a.at - b.at);
  moments.push(...ofSteps.map(({ moment }) => moment));
  if (isOver(job)) moments.push({ kind: 'status', time: completedAt ?? createdAt, status: job.status });
  return moments;
}

/** The moments of a step, each with the revision of the job; 0 in jobs of earlier versions, whose steps follow each other. */
function ofStep({ name, status, startedAt, completedAt, reason, result, begun = 0, ended }: JobStep) {
  const moments: { readonly at: number; readonly moment: JobMoment }[] = [];
  const add = (at: number, moment: JobMoment) => moments.push({ at, moment });
  const started = startedAt ?? 0;
  if (status === 'pending') return moments;
  // A step that a person skips has begun, and readers have seen that it began.
  if (status === 'skipped' && (ended ?? begun) === begun) {
    add(begun, { kind: 'step', time: started, step: name, became: status, reason });
    return moments;
  }
  add(begun, { kind: 'step', time: started, step: name, became: 'running', reason: '' });
  if (status === 'running') return moments;
  const time = completedAt ?? started;
  const end = ended ?? (begun === 0 ? 0 : Number.MAX_SAFE_INTEGER);
  add(end, { kind: 'step', time, step: name, became: status, reason });
  if (status === 'completed') add(end, { kind: 'result', time, step: name, result });
  return moments;
}

type Listener = (job: JobRecord) => void;

/** Tells listeners about jobs' progress. One subscription to the store serves all listeners. */
export class JobFollowing {
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(store: Pick<Store, 'observe'>) {
    store.observe(({ writes }) => {
      if (this.#listeners.size === 0) return;
      for (const { collection, id, value } of writes)
        if (collection === jobRecords.name && value !== undefined)
          for (const listener of this.#listeners.get(id) ?? []) listener(value as JobRecord);
    }, jobRecords);
  }

  /** Calls back with every change of a job that is on disk. Returns a function that stops it. */
  follow(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }
}

/**
 * Waits until all given jobs are over; gives them in the order of their ids, `undefined` for jobs that are not kept any more.
 * @throws the signal's reason once it is aborted.
 */
export function jobsOver(
  store: Pick<Store, 'get' | 'observe'>,
  ids: readonly string[],
  signal: Cancellation,
): Promise<(JobRecord | undefined)[]> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = ids.map((id) => store.get(jobRecords, id));
      if (found.every((job) => job === undefined || isOver(job))) end(() => resolve(found));
    };
    const unsubscribe = store.observe(({ writes }) => {
      if (writes.some(({ collection, id }) => collection === jobRecords.name && ids.includes(id))) look();
    }, jobRecords);
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

/** How many jobs of a kind ended in one way since the hub started. */
interface JobCount {
  readonly kind: string;
  readonly status: string;
  count: number;
}

/** Counts jobs that end, for metrics and the engine's status. */
export class JobTally {
  readonly #counts = new Map<string, JobCount>();
  readonly #listeners: ((record: JobRecord) => void)[] = [];
  /** Completed jobs: the jobs that were kept when the hub started, and all since. */
  completed: number;

  constructor(store: Store) {
    this.completed = store.count(jobRecords, { index: 'status', equals: ['completed'] });
  }

  ended(record: JobRecord): void {
    const { kind, status } = record;
    if (status === 'completed') this.completed += 1;
    const key = `${kind} ${status}`;
    const count = this.#counts.get(key) ?? { kind, status, count: 0 };
    count.count += 1;
    this.#counts.set(key, count);
    for (const listener of this.#listeners) listener(record);
  }

  /** Calls back with each job that ends. */
  onEnded(listener: (record: JobRecord) => void): void {
    this.#listeners.push(listener);
  }

  all(): Iterable<Readonly<JobCount>> {
    return this.#counts.values();
  }
}
