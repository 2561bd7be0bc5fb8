import type { Committed } from '../domain/store.js';
import type { StoreLog } from './log.js';

type Listener = (committed: Committed) => void;

/** Tells listeners of every commit. */
export class Feed {
  readonly #log: StoreLog;
  /** Replaced, never changed: a listener may come or go while the feed calls others. */
  #listeners: readonly Listener[] = [];

  constructor(log: StoreLog) {
    this.#log = log;
  }

  /** Returns the way to stop. */
  subscribe(listener: Listener): () => void {
    const own: Listener = (committed) => listener(committed);
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
    };
  }

  publish(committed: Committed): void {
    for (const listener of this.#listeners) {
      try {
        const result: unknown = listener(committed);
        // An async listener's failure would otherwise end the process.
        if (result instanceof Promise) result.catch((error) => this.#failed(error));
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    this.#log.error({ err: error }, 'a listener of the change feed failed');
  }
}
