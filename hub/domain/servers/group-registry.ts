import { invalid } from '../errors.js';
import { Mirror } from '../mirror.js';
import { collection, put, type Store, type Write } from '../store.js';

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

/** All groups, in memory. */
export class GroupRegistry extends Mirror<GroupRecord> {
  constructor(store: Store) {
    super(store, groupRecords);
  }

  find(idOrName: string): GroupRecord | undefined {
    const name = idOrName.toLowerCase();
    return this.byId(idOrName) ?? [...this.all()].find((group) => group.name.toLowerCase() === name);
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
