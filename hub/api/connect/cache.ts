import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers, reply } from '../../http/endpoint.js';
import { TimeOrNull } from '../shared/values.js';

/** `seeds/003`, "Cache Management". */
export const cacheEndpoints = {
  getCacheStats: endpoint({
    method: 'GET',
    path: '/api/cache/stats',
    summary: 'Get cache statistics; hits and misses since the hub started',
    description: "The hub caches the answers of tools only where a server's `cache` setting names the tool.",
    permission: 'cache.read',
    response: Type.Object({
      enabled: Type.Boolean(),
      entries: Type.Integer(),
      hits: Type.Integer(),
      misses: Type.Integer(),
      hitRate: Type.Number({ minimum: 0, maximum: 1, description: 'Hits per look-up; 0 before the first one' }),
      memoryUsage: Type.String({ description: 'For people, such as "2.5 MB"' }),
      oldestEntry: TimeOrNull,
    }),
  }),
  clearCache: endpoint({
    method: 'DELETE',
    path: '/api/cache',
    summary: "Clear the response cache: all entries within the key's grants, or those that the parameters name",
    description:
      "The hub clears only entries of servers that the caller's grants cover. Without parameters it clears all of them.",
    permission: 'cache.clear',
    audit: 'cache.clear',
    query: Type.Object({
      pattern: Type.Optional(
        Type.String({ minLength: 1, maxLength: 256, description: 'Tool names: `*` any characters, `?` one character' }),
      ),
      serverId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' })),
    }),
    response: Type.Object({ cleared: Type.Integer({ description: 'How many entries were removed' }) }),
    extra: Type.Object({ message: Type.String() }),
  }),
};

export function cacheHandlers({ cache, cacheControl }: Domain): Handlers<typeof cacheEndpoints> {
  return {
    getCacheStats() {
      const { bytes, oldest, ...counts } = cache.stats();
      return { ...counts, memoryUsage: inBytes(bytes), oldestEntry: oldest === null ? null : isoTime(oldest) };
    },

    clearCache({ query }, context) {
      const cleared = cacheControl.clear(context.origin, query);
      const message = cleared === 1 ? '1 entry cleared' : `${cleared} entries cleared`;
      return reply({ cleared }, { message });
    },
  };
}

const units = ['B', 'KB', 'MB', 'GB'] as const;

/** A number of bytes for people, as `seeds/003` prints it: `2.5 MB`. A unit has 1,024 of the next smaller unit. */
function inBytes(bytes: number): string {
  let amount = bytes;
  let unit: (typeof units)[number] = 'B';
  for (const next of units.slice(1)) {
    if (amount < 1024) break;
    amount /= 1024;
    unit = next;
  }
  return `${Math.round(amount * 10) / 10} ${unit}`;
}
