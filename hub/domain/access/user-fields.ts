import type { Fields } from '../lists/field.js';
import { byId, byTimeOfId } from '../lists/source.js';
import type { UserView } from './users.js';

/** The fields by which a list of users can be filtered and sorted. */
export const userFields = {
  id: { type: 'string', of: ({ user }) => user.id, index: byId },
  username: {
    type: 'string',
    of: ({ user }) => user.username,
    index: { name: 'username', key: (value) => String(value).toLowerCase() },
  },
  email: {
    type: 'string',
    of: ({ user }) => user.email,
    index: { name: 'email', key: (value) => String(value).toLowerCase() },
  },
  role: { type: 'string', of: ({ user }) => user.role, index: { name: 'role', key: (value) => value } },
  createdAt: { type: 'date', of: ({ user }) => user.createdAt, index: byTimeOfId },
  lastLogin: { type: 'date', of: ({ lastLogin }) => lastLogin },
} satisfies Fields<UserView>;
