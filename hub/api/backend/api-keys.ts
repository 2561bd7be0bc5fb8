import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { KeyView } from '../../domain/people/keys/own-keys.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time, TimeOrNever } from '../shared/values.js';
import { Message, Name, PageOf, pageOf, pageQuery } from './schemas.js';

/** Ten years. */
const LONGEST_SECONDS = 315_360_000;
const prefix = Type.String({ description: 'The first characters of the key' });

/** `seeds/004`, "API Key Management": the caller's own keys. A key has the rights that its creator has at the time of a request. */
export const apiKeyEndpoints = {
  listApiKeys: endpoint({
    method: 'GET',
    path: '/api/v1/api-keys',
    summary: "List the caller's API keys",
    description: 'The list shows the first characters of each key, never the whole key.',
    permission: 'authenticated',
    query: Type.Object(pageQuery),
    response: PageOf(
      Type.Object(
        { id: Id, name: Type.String(), prefix, created_at: Time, last_used_at: TimeOrNever },
        { title: 'ApiKey' },
      ),
    ),
  }),
  createApiKey: endpoint({
    method: 'POST',
    path: '/api/v1/api-keys',
    summary: 'Create an API key',
    description:
      'The key has the rights that the caller has at the time of each request. The answer shows the whole key, once. A caller may have 100 keys; one more is refused with 409.',
    permission: 'authenticated',
    audit: 'api_key.create',
    body: Type.Object({
      name: Name,
      expires_in: Type.Integer({
        minimum: 0,
        maximum: LONGEST_SECONDS,
        default: 0,
        description: 'Extension: seconds; 0: never',
      }),
    }),
    example: { name: 'dashboard', expires_in: 2_592_000 },
    response: Type.Object({
      id: Id,
      name: Type.String(),
      key: Type.String({ description: 'Shown only once' }),
      prefix,
      created_at: Time,
    }),
    status: 201,
  }),
  deleteApiKey: endpoint({
    method: 'DELETE',
    path: '/api/v1/api-keys/{key_id}',
    summary: "Delete one of the caller's API keys; it is refused from the next request on",
    description: 'The keys of other users count as unknown (404).',
    permission: 'authenticated',
    audit: 'api_key.revoke',
    params: Type.Object({ key_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the key' }) }),
    response: Message,
  }),
};

export function apiKeyHandlers({ ownKeys }: Domain): Handlers<typeof apiKeyEndpoints> {
  return {
    listApiKeys: ({ query }, { caller }) =>
      pageOf([...ownKeys.source(caller).list({})], query, ({ key, lastUsed }: KeyView) => ({
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        created_at: isoTime(key.createdAt),
        last_used_at: isoTimeOrNull(lastUsed ?? undefined),
      })),

    async createApiKey({ body }, context) {
      const wanted = { api: 'backend', name: body.name, expiresIn: body.expires_in } as const;
      const { key, record } = await ownKeys.create(context.origin, context.caller, wanted);
      const { id, name, prefix, createdAt } = record;
      return { id, name, key, prefix, created_at: isoTime(createdAt) };
    },

    async deleteApiKey({ params }, context) {
      await ownKeys.delete(context.origin, context.caller, params.key_id);
      return { message: 'API key deleted successfully' };
    },
  };
}
