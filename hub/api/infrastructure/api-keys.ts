import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { type KeyView, keyFields } from '../../domain/people/keys/own-keys.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNever } from '../shared/values.js';
import { listing, PageMetadata, pageReply } from './listing.js';

/** Ten years. */
const LONGEST_SECONDS = 315_360_000;

const keyMembers = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  prefix: Type.String({ description: 'The first characters of the key' }),
  created_at: Time,
  expires_at: TimeOrNever,
};

export const keyList = listing(keyFields, { sort: 'created_at', limit: 100 });

/** `seeds/001`, "API Keys". A key has the rights that its user has at the time of a request. */
export const apiKeyEndpoints = {
  listApiKeys: endpoint({
    method: 'GET',
    path: '/api/v1/api-keys',
    summary: "List the current user's API keys",
    description: 'The list shows the first characters of each key, never the whole key.',
    permission: 'authenticated',
    query: keyList.query,
    response: Type.Array(Type.Object({ ...keyMembers, last_used: TimeOrNever }, { title: 'ApiKey' })),
    extra: PageMetadata,
  }),
  createApiKey: endpoint({
    method: 'POST',
    path: '/api/v1/api-keys',
    summary: 'Create an API key',
    description:
      'The key has the rights that the caller has at the time of each request. The answer shows the whole key, once. A user may have 100 keys; one more is refused with 409.',
    permission: 'authenticated',
    audit: 'api_key.create',
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 256 }),
      expires_in: Type.Integer({ minimum: 0, maximum: LONGEST_SECONDS, default: 0, description: 'Seconds; 0: never' }),
    }),
    example: { name: 'ci', expires_in: 2_592_000 },
    response: Type.Object({ ...keyMembers, key: Type.String({ description: 'Shown only once' }) }),
    status: 201,
  }),
  deleteApiKey: endpoint({
    method: 'DELETE',
    path: '/api/v1/api-keys/{key_id}',
    summary: "Delete one of the current user's API keys; it is refused from the next request on",
    description: 'The keys of other users count as unknown (404).',
    permission: 'authenticated',
    audit: 'api_key.revoke',
    params: Type.Object({ key_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the key' }) }),
    response: Type.Object({ message: Type.String() }),
  }),
};

export function apiKeyHandlers({ ownKeys }: Domain): Handlers<typeof apiKeyEndpoints> {
  return {
    async listApiKeys({ query }, context) {
      const asked = keyList.read(query, context);
      const page = await pageOf(ownKeys.source(context.caller), keyList.fields, asked);
      return pageReply(asked, page, ({ key, lastUsed }) => ({
        ...render(key),
        last_used: isoTimeOrNull(lastUsed ?? undefined),
      }));
    },

    async createApiKey({ body }, context) {
      const wanted = { api: 'infrastructure', name: body.name, expiresIn: body.expires_in } as const;
      const { key, record } = await ownKeys.create(context.origin, context.caller, wanted);
      return { ...render(record), key };
    },

    async deleteApiKey({ params }, context) {
      await ownKeys.delete(context.origin, context.caller, params.key_id);
      return { message: 'API key successfully deleted' };
    },
  };
}

function render({ id, name, prefix, createdAt, expiresAt }: KeyView['key']) {
  return {
    id,
    name,
    prefix,
    created_at: isoTime(createdAt),
    expires_at: isoTimeOrNull(expiresAt ?? undefined),
  };
}
