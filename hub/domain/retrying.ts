import { DomainError } from './errors.js';
import type { Store } from './store.js';

/** The most attempts for a change of a record that other writers change at the same moment. */
export const MAX_RACES = 20;

/**
 * Runs a change that reads before it writes, and runs it again if another change came between reading and writing. The store then refuses it
 * with `conflict`, or with `already_exists` if both make the same record. That other change may still be on its way to the disk, so the
 * store is flushed before the next attempt.
 * @param attempts the most attempts to make, the first included
 * @throws the change's own error; the store's error if every attempt met another change
 */
export async function retrying<T>(store: Store, attempts: number, change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!wasOvertaken(error) || attempt === attempts) throw error;
      await store.flush();
    }
  }
}

function wasOvertaken(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  return error.code === 'conflict' || (error.code === 'already_exists' && error.details?.field === 'id');
}

/** Changes that read before they write, one after the other for each key. */
export class InTurn {
  /** Resolves once the last change of a key is over. */
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    const done = turn
      .catch(() => {})
      .then(() => {
        if (this.#last.get(key) === done) this.#last.delete(key);
      });
    this.#last.set(key, done);
    return turn;
  }
}
