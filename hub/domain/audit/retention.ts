import { idsFrom } from '../ids.js';
import { remove, type Store } from '../store.js';
import { auditLog } from './audit.js';

/** How long, and how many. */
export interface AuditRetention {
  readonly maxAgeMs: number;
  readonly maxEntries: number;
}

export const defaultRetention: AuditRetention = { maxAgeMs: 90 * 86_400_000, maxEntries: 10_000_000 };

/** Entries removed in one change: each is a commit of its own, so that others get in between. */
const PORTION = 500;
const INTERVAL_MS = 10 * 60_000;

/** Removes the audit log's oldest entries when they are too old, or too many. */
export class AuditTrimmer {
  readonly #store: Store;
  readonly #retention: AuditRetention;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;
  #stopped = false;

  constructor(store: Store, retention: AuditRetention, onError: (error: unknown) => void) {
    this.#store = store;
    this.#retention = retention;
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

  /** Resolves with how many entries went. */
  async trim(now = Date.now()): Promise<number> {
    const { maxAgeMs, maxEntries } = this.#retention;
    const old = { to: idsFrom(now - maxAgeMs) };
    let removed = await this.#remove(() => this.#ids({ ...old, limit: PORTION }));
    removed += await this.#remove(() => {
      const surplus = this.#store.count(auditLog) - maxEntries;
      return surplus > 0 ? this.#ids({ limit: Math.min(surplus, PORTION) }) : [];
    });
    return removed;
  }

  #ids(range: { readonly to?: string; readonly limit: number }): string[] {
    return Array.from(this.#store.list(auditLog, range), ({ id }) => id);
  }

  async #remove(next: () => readonly string[]): Promise<number> {
    let removed = 0;
    for (let ids = next(); ids.length > 0 && !this.#stopped; ids = next()) {
      await this.#store.apply({ writes: ids.map((id) => remove(auditLog, id)) });
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
