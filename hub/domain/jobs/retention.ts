import { remove, type Store } from '../store.js';
import type { JobSettings } from './kind.js';
import { jobRecords } from './record.js';

/** Jobs removed in one change: others get in between. */
const PORTION = 500;
const INTERVAL_MS = 10 * 60_000;

/** Removes finished jobs that are too old, or too many. */
export class JobTrimmer {
  readonly #store: Store;
  readonly #settings: Pick<JobSettings, 'keepMs' | 'keepCount'>;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;
  #stopped = false;

  constructor(
    store: Store,
    settings: Pick<JobSettings, 'keepMs' | 'keepCount'>,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#settings = settings;
    this.#onError = onError;
  }

  /** Trims now, and every ten minutes from now on. */
  start(): void {
    this.#timer = setInterval(() => this.#run(), INTERVAL_MS).unref();
    this.#run();
  }

  /** Resolves once nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Resolves with how many went. */
  async trim(now = Date.now()): Promise<number> {
    const { keepMs, keepCount } = this.#settings;
    let removed = await this.#remove(() => this.#oldest({ to: now - keepMs, limit: PORTION }));
    removed += await this.#remove(() => {
      const surplus = this.#store.count(jobRecords, { index: 'completed' }) - keepCount;
      return surplus > 0 ? this.#oldest({ limit: Math.min(surplus, PORTION) }) : [];
    });
    return removed;
  }

  #oldest(range: { readonly to?: number; readonly limit: number }): string[] {
    return Array.from(this.#store.list(jobRecords, { index: 'completed', ...range }), ({ id }) => id);
  }

  async #remove(next: () => readonly string[]): Promise<number> {
    let removed = 0;
    for (let ids = next(); ids.length > 0 && !this.#stopped; ids = next()) {
      await this.#store.apply({ writes: ids.map((id) => remove(jobRecords, id)) });
      removed += ids.length;
    }
    return removed;
  }

  #run(): void {
    this.#running ??= this.trim()
      .catch(this.#onError)
      .finally(() => {
        this.#running = undefined;
      });
  }
}
