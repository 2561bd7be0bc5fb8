import type { Collection, Write } from './store.js';

/** A kind of record. */
type Kind = Pick<Collection<never>, 'name'>;

/** The writes that remove the records which depend on the record with this id. */
type Removal = (id: string) => readonly Write[];

/**
 * Says which records go together with a removed record. A kind of record registers with the kind that it depends on, so that the owner of a
 * record need not know all that others keep for it.
 */
export class Dependants {
  readonly #removals = new Map<string, Removal[]>();

  /** Has the records that a removal finds go with each record of a collection. */
  register({ name }: Kind, removal: Removal): void {
    this.#removals.set(name, [...(this.#removals.get(name) ?? []), removal]);
  }

  /** The writes that go into the change which removes a record, or which revokes a key. */
  of({ name }: Kind, id: string): Write[] {
    return (this.#removals.get(name) ?? []).flatMap((removal) => removal(id));
  }
}
