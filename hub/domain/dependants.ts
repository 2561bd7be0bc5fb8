import type { Collection, Write } from './store.js';

/** A kind of record. */
type Kind = Pick<Collection<never>, 'name'>;

/** The writes that remove the records which depend on the record with this id. */
type Removal = (id: string) => readonly Write[];

/**
 * The records that are removed together with another record. The dependent kind registers here, so the code that removes a record does not need
 * to know the kinds that depend on it.
 */
export class Dependants {
  readonly #removals = new Map<string, Removal[]>();

  /** Registers the removal of records that depend on the records of a collection. */
  register({ name }: Kind, removal: Removal): void {
    this.#removals.set(name, [...(this.#removals.get(name) ?? []), removal]);
  }

  /** The writes to add to the change that removes a record or revokes a key. */
  of({ name }: Kind, id: string): Write[] {
    return (this.#removals.get(name) ?? []).flatMap((removal) => removal(id));
  }
}
