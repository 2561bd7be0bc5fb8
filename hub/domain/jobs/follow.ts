import type { Store } from '../store.js';
import { type JobRecord, jobRecords } from './record.js';

type Listener = (job: JobRecord) => void;

/** Tells listeners about jobs' progress. One subscription to the store serves all listeners. */
export class JobFollowing {
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(store: Pick<Store, 'subscribe'>) {
    store.subscribe(({ writes }) => {
      if (this.#listeners.size === 0) return;
      for (const { collection, id, value } of writes)
        if (collection === jobRecords.name && value !== undefined)
          for (const listener of this.#listeners.get(id) ?? []) listener(value as JobRecord);
    });
  }

  /** Calls back with every change of a job that is on disk. Returns the way to stop. */
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
