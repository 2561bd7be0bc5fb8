import { Type } from 'typebox';
import { roles } from '../../domain/access/caller.js';
import { userFields } from '../../domain/access/user-fields.js';
import { endpoint } from '../../http/endpoint.js';
import { form } from '../../http/wording.js';
import { listing, PageMetadata } from './listing.js';

const Time = Type.String({ format: 'date-time' });
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
    permission: 'user.manage',
    query: userList.query,
    response: Type.Array(User),
    extra: PageMetadata,
  }),
  createUser: endpoint({
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Create a user',
    permission: 'user.manage',
    audit: 'user.create',
    body: Type.Object({ username: Username, email: Email, password: Password, role: Role }),
    response: Type.Object({ ...identity, created_at: Time }),
    status: 201,
  }),
  /** Every user may see the user's own record. */
  getUser: endpoint({
    method: 'GET',
    path: '/api/v1/users/{user_id}',
    summary: 'Get a user',
    permission: 'authenticated',
    params: UserParams,
    response: User,
  }),
  /**
   * Absent fields stay. Every signed-in user may change the user's own e-mail address and password, and has to give the current password.
   * Only admins change a role, and the last admin keeps its role. A new password or role ends all sign-ins of the user.
   */
  updateUser: endpoint({
    method: 'PUT',
    path: '/api/v1/users/{user_id}',
    summary: 'Update a user',
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
    response: Type.Object({ ...identity, updated_at: Time }),
  }),
  /** Ends the user's sign-ins and revokes the user's keys. The last admin cannot be deleted. */
  deleteUser: endpoint({
    method: 'DELETE',
    path: '/api/v1/users/{user_id}',
    summary: 'Delete a user',
    permission: 'user.manage',
    audit: 'user.delete',
    params: UserParams,
    response: Type.Object({ message: Type.String() }),
  }),
};
