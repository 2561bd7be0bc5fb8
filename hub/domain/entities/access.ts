import { isAllowed } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { isoTime, isoTimeOrNull } from '../clock.js';
import { notFound } from '../errors.js';
import { type EntityKind, related } from './entity.js';
import type { EntityParts } from './parts.js';

/** Users and API keys: the caller's own, and for admins all. */
export function accessKinds({ users, keys, ownKeys }: EntityParts): Record<'user' | 'api_key', EntityKind> {
  const own = (caller: Caller) => [...ownKeys.source(caller).list({})].map(({ key }) => key);
  const keyOf = (caller: Caller, id: string) => {
    const mine = own(caller).find((key) => key.id === id);
    if (mine) return mine;
    const other = isAllowed(caller, 'key.manage') && keys.list(caller).find((key) => key.id === id);
    if (!other) throw notFound('API key', id);
    return other;
  };
  return {
    user: {
      permission: 'user.manage',
      own: true,
      find: ({ caller }, id) => users.view(caller, id),
      read({ caller }, id) {
        const { user, lastLogin } = users.view(caller, id);
        const { username, email, role } = user;
        const times = { createdAt: isoTime(user.createdAt), lastLogin: isoTimeOrNull(lastLogin ?? undefined) };
        return {
          id: user.id,
          data: { username, email, role, ...times },
          related: keys.ofUser(user.id).flatMap((key) => related('api_key', key.id, 'api_key')),
        };
      },
    },
    api_key: {
      permission: 'key.manage',
      own: true,
      find: ({ caller }, id) => keyOf(caller, id),
      read({ caller }, id) {
        const key = keyOf(caller, id);
        const { name, prefix, role, tier } = key;
        return {
          id: key.id,
          data: {
            name,
            prefix,
            role,
            tier,
            createdAt: isoTime(key.createdAt),
            expiresAt: isoTimeOrNull(key.expiresAt ?? undefined),
            lastUsedAt: isoTimeOrNull(keys.lastUsedAt(key.id) ?? undefined),
          },
          related: [...related('user', key.userId, 'user'), ...related('api_key', key.madeBy, 'made_by')],
        };
      },
    },
  };
}
