import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import { type Caller, roles } from '../../domain/access/caller.js';
import { ownerOf } from '../../domain/access/grants.js';
import type { Domain } from '../../domain/domain.js';
import { notFound } from '../../domain/errors.js';
import { pageOf } from '../../domain/lists/page.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { type UserRecord, userFields } from '../../domain/people/users/users.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { listing, PageMetadata, pageReply } from './listing.js';

const Role = Type.Enum(roles, { title: 'Role' });
const UserParams = Type.Object({ user_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id, or `me`' }) });

const identity = {
  id: Type.String({ format: 'uuid' }),
  username: Type.String(),
  email: Type.Union([Type.String(), Type.Null()]),
  role: Role,
};
const User = Type.Object(
  {
    ...identity,
    created_at: Time,
    last_login: Type.Union([Time, Type.Null()], { description: '`null` for never' }),
  },
  { title: 'User' },
);

const Username = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_', '@' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9._@-]*$'),
});
const Email = Type.String({ format: 'email', maxLength: 254 });
const Password = Type.String({
  maxLength: 1024,
  description: '8 to 256 characters; neither user name nor e-mail address, nor one of the most common passwords',
});

export const userList = listing(userFields, { sort: 'created_at' });

/** `seeds/001`, "User Management". */
export const userEndpoints = {
  listUsers: endpoint({
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List all users',
    description: 'This needs role admin. The list has filters for each field, and never shows passwords.',
    permission: 'user.manage',
    query: userList.query,
    response: Type.Array(User),
    extra: PageMetadata,
  }),
  createUser: endpoint({
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Create a user',
    description: 'This needs role admin. User names and e-mail addresses are unique; a taken one is refused with 409.',
    permission: 'user.manage',
    audit: 'user.create',
    body: Type.Object({ username: Username, email: Email, password: Password, role: Role }),
    example: {
      username: 'alice',
      email: 'alice@example.com',
      password: 'correct horse battery staple',
      role: 'operator',
    },
    response: Type.Object({ ...identity, created_at: Time }),
    status: 201,
  }),
  getUser: endpoint({
    method: 'GET',
    path: '/api/v1/users/{user_id}',
    summary: 'Get a user',
    description: "Every signed-in user may read the user's own record, also as `me`. Other records need role admin.",
    permission: 'authenticated',
    params: UserParams,
    response: User,
  }),
  updateUser: endpoint({
    method: 'PUT',
    path: '/api/v1/users/{user_id}',
    summary: 'Update a user',
    description:
      "Absent fields stay. A user may change the user's own e-mail address and password, and has to give the current password. Only admins change a role, and the last admin keeps it. A new password or role ends all sign-ins of the user.",
    permission: 'authenticated',
    audit: 'user.update',
    params: UserParams,
    body: Type.Object(
      {
        email: Type.Optional(Email),
        password: Type.Optional(Password),
        role: Type.Optional(Role),
        current_password: Type.Optional(
          Type.String({
            maxLength: 1024,
            description:
              'Extension: the password as it is; needed to change your own e-mail address or password, but for admins',
          }),
        ),
      },
      { minProperties: 1 },
    ),
    example: { email: 'alice@example.org' },
    response: Type.Object({ ...identity, updated_at: Time }),
  }),
  deleteUser: endpoint({
    method: 'DELETE',
    path: '/api/v1/users/{user_id}',
    summary: 'Delete a user',
    description:
      "The hub ends the user's sign-ins and revokes the user's keys. The last admin cannot be deleted (409).",
    permission: 'user.manage',
    audit: 'user.delete',
    params: UserParams,
    response: Type.Object({ message: Type.String() }),
  }),
};

export function userHandlers({ users }: Domain): Handlers<typeof userEndpoints> {
  const show = (user: UserRecord, lastLogin: number | null) => ({
    ...render(user),
    created_at: isoTime(user.createdAt),
    last_login: isoTimeOrNull(lastLogin ?? undefined),
  });
  return {
    async listUsers({ query }, context) {
      const asked = userList.read(query, context);
      const page = await pageOf(users.source(context.caller), userList.fields, asked);
      return pageReply(asked, page, ({ user, lastLogin }) => show(user, lastLogin));
    },

    async createUser({ body }, context) {
      const user = await users.create(context.origin, body);
      return { ...render(user), created_at: isoTime(user.createdAt) };
    },

    getUser({ params }, { caller }) {
      const { user, lastLogin } = users.view(caller, idOf(params.user_id, caller));
      return show(user, lastLogin);
    },

    async updateUser({ params, body }, context) {
      const id = idOf(params.user_id, context.caller);
      const { current_password: currentPassword, ...changes } = body;
      const user = await users.update(context.origin, context.caller, id, { ...changes, currentPassword });
      return { ...render(user), updated_at: isoTime(user.updatedAt) };
    },

    async deleteUser({ params }, context) {
      await users.delete(context.origin, context.caller, idOf(params.user_id, context.caller));
      return { message: 'User successfully deleted' };
    },
  };
}

/** @throws DomainError `not_found` for `me` of a key that belongs to no user. */
function idOf(text: string, caller: Caller): string {
  if (text !== 'me') return text;
  const { userId } = caller;
  if (userId === null || ownerOf(caller) !== userId) throw notFound('user', text);
  return userId;
}

function render({ id, username, email, role }: UserRecord) {
  return { id, username, email, role };
}
