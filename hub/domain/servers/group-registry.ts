import { invalid } from '../errors.js';
import { type Committed, collection, put, type Store, type Write } from '../store.js';

/** A named set of servers; a server is in one group or in none (its `groupId`). */
export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `#rrggbb`. */
  readonly color: string;
  /** The name of an icon, for user interfaces. */
  readonly icon: string;
  /** Groups are listed by this, then by name. */
  readonly sortOrder: number;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const groupRecords = collection<GroupRecord>('groups', 'group', {
  name: { of: (group) => group.name.toLowerCase(), unique: true },
});

/** All groups, in memory and always as the store has them. */
export class GroupRegistry {
  readonly #byId = new Map<string, GroupRecord>();

  constructor(store: Store) {
    for (const record of store.list(groupRecords)) this.#byId.set(record.id, record);
    store.subscribe((committed) => this.#follow(committed));
  }

  byId(id: string): GroupRecord | undefined {
    return this.#byId.get(id);
  }

  find(idOrName: string): GroupRecord | undefined {
    const known = this.#byId.get(idOrName);
    if (known) return known;
    const name = idOrName.toLowerCase();
    for (const group of this.#byId.values()) if (group.name.toLowerCase() === name) return group;
    return undefined;
  }

  all(): Iterable<GroupRecord> {
    return this.#byId.values();
  }

  #follow(committed: Committed): void {
    for (const { collection, id, value } of committed.writes) {
      if (collection !== groupRecords.name) continue;
      if (value) this.#byId.set(id, value as GroupRecord);
      else this.#byId.delete(id);
    }
  }
}

/**
 * Goes into a change that puts a server into a group: the group as it is, so that the change fails (`conflict`)
 * where the group was changed or deleted meanwhile. @throws DomainError `invalid_input` where there is no such group.
 */
export function groupGuard(groups: GroupRegistry, groupId: string): Write {
  const group = groups.byId(groupId);
  if (!group) throw unknownGroup(groupId);
  return put(groupRecords, group, group.revision);
}

export function unknownGroup(groupId: string) {
  return invalid('groupId', `no group '${groupId}'`);
}
