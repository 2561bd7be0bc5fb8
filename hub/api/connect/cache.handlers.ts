import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { type Handlers, reply } from '../../http/endpoint.js';
import { inBytes } from './bytes.js';
import type { cacheEndpoints } from './cache.js';
import { originOf } from './origin.js';

export function cacheHandlers({ cache, cacheControl }: Domain): Handlers<typeof cacheEndpoints> {
  return {
    getCacheStats() {
      const { bytes, oldest, ...counts } = cache.stats();
      return { ...counts, memoryUsage: inBytes(bytes), oldestEntry: oldest === null ? null : isoTime(oldest) };
    },

    clearCache({ query }, context) {
      const cleared = cacheControl.clear(originOf(context), query);
      const message = cleared === 1 ? '1 entry cleared' : `${cleared} entries cleared`;
      return reply({ cleared }, { message });
    },
  };
}
