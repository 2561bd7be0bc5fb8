import type { Store } from '../store.js';
import { type JobRecord, jobRecords } from './record.js';

/** How many jobs of a kind ended in one way since the hub started. */
export interface JobCount {
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
