import { expecting, form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import type { Grants, RequestOrigin } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import { isUuid } from '../../domain/ids.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { ApiKeyRecord, ApiKeys } from '../../domain/people/keys/keys.js';
import { PASSWORD_RULE } from '../../domain/people/users/users.js';
import { endpoint, type Handlers, reply, StreamReply } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';
import { Name } from './schemas.js';

const Role = Type.Union(
  [Type.Literal('viewer'), Type.Literal('user'), Type.Literal('operator'), Type.Literal('admin')],
  { title: 'Role' },
);
const Tier = Type.Union([Type.Literal('free'), Type.Literal('pro'), Type.Literal('enterprise')], { title: 'Tier' });
const names = (description?: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 1000, ...(description && { description }) }),
  );
const GrantsSchema = Type.Object(
  {
    servers: names('Ids or names; the hub keeps ids'),
    groups: names('Ids or names; the hub keeps ids'),
    tools: names(),
    sites: names(),
  },
  { title: 'Grants' },
);

const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 }));
/** Numbers of requests. An absent limit is that of the tier. */
const Limits = Type.Object({ perMinute: Limit, perDay: Limit }, { title: 'KeyLimits' });

const keyFields = {
  id: Id,
  name: Type.String(),
  prefix: Type.String(),
  role: Role,
  tier: Tier,
  grants: Type.Union([GrantsSchema, Type.Null()]),
  limits: Type.Union([Limits, Type.Null()]),
  createdAt: Time,
  expiresAt: TimeOrNull,
  lastUsedAt: TimeOrNull,
};

const Username = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_', '@' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9._@-]*$'),
});
const Password = Type.String({ minLength: 8, maxLength: 256, ...expecting(PASSWORD_RULE) });
const User = Type.Object(
  { id: Id, username: Type.String(), role: Role, createdAt: Time, lastLogin: TimeOrNull },
  { title: 'User' },
);

/** Keys and users: extensions, which `roundhouse key` and `roundhouse user` call. */
export const accessEndpoints = {
  listKeys: endpoint({
    method: 'GET',
    path: '/api/keys',
    summary: 'List the API keys that are not revoked',
    description:
      'The list shows the first characters of each key, never the whole key. A narrowed key sees only keys with no more rights than its own.',
    permission: 'key.manage',
    response: Type.Array(Type.Object(keyFields, { title: 'Key' })),
    extension: true,
  }),
  createKey: endpoint({
    method: 'POST',
    path: '/api/keys',
    summary: 'Make an API key',
    description:
      'The answer shows the whole key, once. Grants narrow the key to servers, groups, tools or sites. A name of a server or group that does not exist is refused. A key cannot make a key with more rights, a longer life or higher limits than its own.',
    permission: 'key.manage',
    audit: 'api_key.create',
    body: Type.Object({
      name: Name,
      role: Type.Optional(Role),
      tier: Type.Optional(Tier),
      grants: Type.Optional(GrantsSchema),
      limits: Type.Optional(Limits),
      expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 315_360_000 })),
    }),
    example: {
      name: 'pipeline',
      role: 'user',
      tier: 'pro',
      grants: { servers: ['files'] },
      expiresInSeconds: 2_592_000,
    },
    response: Type.Object({ ...keyFields, key: Type.String({ description: 'Shown only once' }) }),
    status: 201,
    extension: true,
  }),
  revokeKey: endpoint({
    method: 'DELETE',
    path: '/api/keys/{id}',
    summary: 'Revoke an API key; refused from the next request on',
    description: 'A key that may do more than the caller counts as unknown (404).',
    permission: 'key.manage',
    audit: 'api_key.revoke',
    params: Type.Object({ id: Type.String({ ...Id, description: 'Id of the key' }) }),
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
  createUser: endpoint({
    method: 'POST',
    path: '/api/users',
    summary: 'Make a user',
    description: 'The user can sign in at the Automation and MCP Server APIs. A taken name is refused with 409.',
    permission: 'user.manage',
    audit: 'user.create',
    body: Type.Object({ username: Username, password: Password, role: Type.Optional(Role) }),
    example: { username: 'bob', password: 'correct horse battery staple', role: 'user' },
    response: User,
    status: 201,
    extension: true,
  }),
  setPassword: endpoint({
    method: 'PUT',
    path: '/api/users/{username}/password',
    summary: "Set a user's password; earlier sign-ins of this user end",
    description: 'The hub asks for no earlier password, so this needs role admin.',
    permission: 'user.manage',
    audit: 'user.password',
    params: Type.Object({ username: Type.String({ minLength: 1, maxLength: 64, description: 'Name of the user' }) }),
    body: Type.Object({ password: Password }),
    example: { password: 'correct horse battery staple' },
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
  createBackup: endpoint({
    method: 'POST',
    path: '/api/backups',
    summary: 'A consistent copy of the live store, as one file',
    description:
      'The answer is a file for `roundhouse restore`. Without `withSealingKey` the secrets in it can be read only with the sealing key of this hub. With it the file also holds the authority of the agents’ certificates.',
    permission: 'backup.create',
    audit: 'backup.create',
    body: Type.Object({ withSealingKey: Type.Boolean({ default: false }) }),
    example: { withSealingKey: false },
    bodyOptional: true,
    produces: ['application/octet-stream'],
    extension: true,
  }),
};

/**
 * Grants with the ids of servers and groups in place of their names. An id that the hub does not know covers nothing.
 * @throws DomainError `invalid_input` naming the field, if a name is unknown to the caller.
 */
function grantsByName({ servers, groups }: Domain, origin: RequestOrigin, grants: Grants): Grants {
  const idsOf = (field: 'servers' | 'groups', idOf: (name: string) => string) =>
    grants[field]?.map((text, at) => {
      if (isUuid(text)) return text;
      try {
        return idOf(text);
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'not_found')) throw error;
        throw invalid(
          `grants.${field}.${at}`,
          `is no id and no name of a ${field.slice(0, -1)}: '${text.slice(0, 128)}'`,
        );
      }
    });
  const [serverIds, groupIds] = [
    idsOf('servers', (name) => servers.get(origin, name).record.id),
    idsOf('groups', (name) => groups.get(origin, name).record.id),
  ];
  return { ...grants, ...(serverIds && { servers: serverIds }), ...(groupIds && { groups: groupIds }) };
}

export function accessHandlers(domain: Domain): Handlers<typeof accessEndpoints> {
  const { keys, users, backups } = domain;
  return {
    listKeys: (_, { caller }) => keys.list(caller).map((record) => renderKey(keys, record)),

    async createKey({ body }, context) {
      const { name, role = 'user', tier = 'free', grants, limits, expiresInSeconds } = body;
      const expiresAt = expiresInSeconds === undefined ? null : Date.now() + expiresInSeconds * 1000;
      const userId = context.caller.userId;
      const byId = grants && grantsByName(domain, context.origin, grants);
      const wanted = { name, role, tier, grants: byId, limits, expiresAt, userId };
      const { key, record } = await keys.create(context.origin, wanted);
      return { ...renderKey(keys, record), key };
    },

    async revokeKey({ params }, context) {
      await keys.revoke(context.origin, params.id);
      return reply(undefined, { message: 'API key revoked' });
    },

    async createUser({ body }, context) {
      const { username, password, role = 'user' } = body;
      const user = await users.create(context.origin, { username, password, role });
      return { id: user.id, username, role, createdAt: isoTime(user.createdAt), lastLogin: null };
    },

    async setPassword({ params, body }, context) {
      await users.setPassword(context.origin, params.username, body.password);
      return reply(undefined, { message: 'Password set' });
    },

    async createBackup({ body }, context) {
      const { name, chunks } = await backups.create(context.origin, { withSealingKey: body.withSealingKey });
      return new StreamReply('application/octet-stream', chunks, {
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    },
  };
}

function renderKey(keys: ApiKeys, record: ApiKeyRecord) {
  const { id, name, prefix, role, tier, grants, limits, createdAt, expiresAt } = record;
  return {
    id,
    name,
    prefix,
    role,
    tier,
    grants: grants && {
      ...(grants.servers ? { servers: [...grants.servers] } : {}),
      ...(grants.groups ? { groups: [...grants.groups] } : {}),
      ...(grants.tools ? { tools: [...grants.tools] } : {}),
      ...(grants.sites ? { sites: [...grants.sites] } : {}),
    },
    limits: limits && { ...limits },
    createdAt: isoTime(createdAt),
    expiresAt: isoTimeOrNull(expiresAt ?? undefined),
    lastUsedAt: isoTimeOrNull(keys.lastUsedAt(id) ?? undefined),
  };
}
