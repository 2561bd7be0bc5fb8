import type { Caller } from '../../domain/access/caller.js';
import type { UserRecord } from '../../domain/access/users.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { notFound } from '../../domain/errors.js';
import { pageOf } from '../../domain/lists/page.js';
import type { Handlers } from '../../http/endpoint.js';
import { pageReply } from './listing.js';
import { originOf } from './origin.js';
import { type userEndpoints, userList } from './users.js';

export function userHandlers({ users }: Domain): Handlers<typeof userEndpoints> {
  const show = (user: UserRecord, lastLogin: number | null) => ({
    ...render(user),
    created_at: isoTime(user.createdAt),
    last_login: isoTimeOrNull(lastLogin ?? undefined),
  });
  return {
    async listUsers({ query }, { caller }) {
      const asked = userList.read(query);
      const page = await pageOf(users.source(caller), userList.fields, asked);
      return pageReply(asked, page, ({ user, lastLogin }) => show(user, lastLogin));
    },

    async createUser({ body }, context) {
      const user = await users.create(originOf(context), body);
      return { ...render(user), created_at: isoTime(user.createdAt) };
    },

    getUser({ params }, { caller }) {
      const { user, lastLogin } = users.view(caller, idOf(params.user_id, caller));
      return show(user, lastLogin);
    },

    async updateUser({ params, body }, context) {
      const id = idOf(params.user_id, context.caller);
      const { current_password: currentPassword, ...changes } = body;
      const user = await users.update(originOf(context), context.caller, id, { ...changes, currentPassword });
      return { ...render(user), updated_at: isoTime(user.updatedAt) };
    },

    async deleteUser({ params }, context) {
      await users.delete(originOf(context), context.caller, idOf(params.user_id, context.caller));
      return { message: 'User successfully deleted' };
    },
  };
}

/** @throws DomainError `not_found` for `me` of a key without a user. */
function idOf(text: string, { userId }: Caller): string {
  if (text !== 'me') return text;
  if (userId === null) throw notFound('user', text);
  return userId;
}

function render({ id, username, email, role }: UserRecord) {
  return { id, username, email, role };
}
