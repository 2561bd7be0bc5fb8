import { collection } from '../store.js';

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
