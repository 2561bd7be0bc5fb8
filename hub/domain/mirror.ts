import type { Collection, Store } from './store.js';

/** All records of a collection in memory, always equal to the store: requests find a record without waiting for the disk. */
export class Mirror<T extends { readonly id: string }> {
  readonly #byId = new Map<string, T>();

  constructor(store: Pick<Store, 'list' | 'observe'>, records: Collection<T>) {
    for (const record of store.list(records)) this.#byId.set(record.id, record);
    store.observe(({ writes }) => {
      for (const { collection, id, value } of writes)
        if (collection === records.name) this.#follow(id, value as T | undefined);
    }, records);
  }

  byId(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /** In the order in which they were made. */
  all(): Iterable<T> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Called after a record was made, changed (`before` and `now`) or removed. */
  protected changed(_before: T | undefined, _now: T | undefined): void {}

  #follow(id: string, now: T | undefined): void {
    const before = this.#byId.get(id);
    if (now) this.#byId.set(id, now);
    else this.#byId.delete(id);
    this.changed(before, now);
  }
}
