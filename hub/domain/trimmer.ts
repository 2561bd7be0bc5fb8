import { Periodic } from './periodic.js';
import { type Collection, remove, type Store } from './store.js';

/** Records that one change removes. Each change is a separate commit, so that other writers get their turn. */
const PORTION = 500;
const INTERVAL_MS = 10 * 60_000;

/** Which records are removed. */
export interface Trimming {
  /** Ids of records that are removed whatever their number, such as records that are too old: about `limit` of them; none when no more are left. */
  old(now: number, limit: number): readonly string[];
  /** How many records there are beyond the number that is kept. */
  surplus(): number;
  /** Ids of the oldest; at most `limit`. */
  oldest(limit: number): readonly string[];
}

/** Removes a collection's oldest records when they are too old, or too many. */
export class Trimmer {
  readonly #store: Store;
  readonly #collection: Collection<{ readonly id: string }, 'registry'>;
  readonly #trimming: Trimming;
  readonly #periodic: Periodic;
  #stopped = false;

  constructor(
    store: Store,
    collection: Collection<never>,
    trimming: Trimming,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#collection = collection as unknown as Collection<{ readonly id: string }, 'registry'>;
    this.#trimming = trimming;
    this.#periodic = new Periodic(() => this.trim(), onError);
  }

  /** Trims now, and every ten minutes from now on. */
  start(): void {
    this.#periodic.start(INTERVAL_MS);
    this.#periodic.run();
  }

  /** Resolves when no run is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#periodic.stop();
  }

  /** Resolves with the number of removed records. */
  async trim(now = Date.now()): Promise<number> {
    const { old, surplus, oldest } = this.#trimming;
    const removed = await this.#remove(() => old(now, PORTION));
    const most = () => Math.min(surplus(), PORTION);
    return removed + (await this.#remove(() => (most() > 0 ? oldest(most()) : [])));
  }

  async #remove(next: () => readonly string[]): Promise<number> {
    let removed = 0;
    for (let ids = next(); ids.length > 0 && !this.#stopped; ids = next()) {
      // These records do not change any more.
      await this.#store.apply({ by: null, writes: ids.map((id) => remove(this.#collection, id, 'any')) });
      removed += ids.length;
    }
    return removed;
  }
}
