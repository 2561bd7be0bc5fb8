import type { connect } from '@roundhouse/sdk';
import { pick } from '../../frame/values.js';
import type { GroupEntry } from '../format.js';
import type { Found, KindOf } from './kind.js';

/** Groups of servers. */
export const groups: KindOf<GroupEntry> = {
  section: 'groups',
  noun: 'group',
  isPlain: true,
  read: async (access) => (await access.listGroups()).map(foundOf),
  look: async (access, { id }) => (await groups.read(access)).find((group) => group.id === id),
  stateOf: (entry) => ({ ...entry }),
  needsSecrets: () => false,
  create: ({ hub, options }, name, entry) => hub.connect.groups.create({ name, ...entry }, options),
  update: ({ hub, options }, { id }, entry, { fields }) => hub.connect.groups.update(id, pick(entry, fields), options),
  remove: ({ hub, options }, { id }) => hub.connect.groups.delete(id, options),
  entryOf: (state) => state,
};

function foundOf({ id, name, description, color, icon, sortOrder }: connect.Group): Found {
  return { id, name, state: { description, color, icon, sortOrder } };
}
