import type { ApiKeyRecord, ApiKeys } from '../../domain/access/keys.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { type Handlers, reply, StreamReply } from '../../http/endpoint.js';
import type { accessEndpoints } from './access.js';
import { originOf } from './origin.js';

export function accessHandlers({ keys, users, backups }: Domain): Handlers<typeof accessEndpoints> {
  return {
    listKeys: (_, { caller }) => keys.list(caller).map((record) => renderKey(keys, record)),

    async createKey({ body }, context) {
      const { name, role = 'user', tier = 'free', grants, limits, expiresInSeconds } = body;
      const expiresAt = expiresInSeconds === undefined ? null : Date.now() + expiresInSeconds * 1000;
      const userId = context.caller.userId;
      const wanted = { name, role, tier, grants, limits, expiresAt, userId };
      const { key, record } = await keys.create(originOf(context), wanted);
      return { ...renderKey(keys, record), key };
    },

    async revokeKey({ params }, context) {
      await keys.revoke(originOf(context), params.id);
      return reply(undefined, { message: 'API key revoked' });
    },

    async createUser({ body }, context) {
      const { username, password, role = 'user' } = body;
      const user = await users.create(originOf(context), { username, password, role });
      return { id: user.id, username, role, createdAt: isoTime(user.createdAt), lastLogin: null };
    },

    async setPassword({ params, body }, context) {
      await users.setPassword(originOf(context), params.username, body.password);
      return reply(undefined, { message: 'Password set' });
    },

    async createBackup({ body }, context) {
      const { name, chunks } = await backups.create(originOf(context), { withSealingKey: body.withSealingKey });
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
