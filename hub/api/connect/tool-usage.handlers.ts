import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { ToolCall } from '../../domain/tools/history.js';
import { type Handlers, Json } from '../../http/endpoint.js';
import { timeRange } from './time-range.js';
import type { toolUsageEndpoints } from './tool-usage.js';

export function toolUsageHandlers({ statistics, toolHistory, toolList }: Domain): Handlers<typeof toolUsageEndpoints> {
  return {
    listToolCategories: (_input, { caller }) => statistics.categories(caller),

    getToolStatistics: (_input, { caller }) => statistics.of(caller),

    async listRecentTools({ query }, { caller }) {
      const recent = await toolHistory.recent(caller, query.limit);
      return new Json(`[${recent.map(({ found, lastUsedAt }) => toolList.entry(found, lastUsedAt)).join(',')}]`);
    },

    async getToolHistory({ params, query }, { caller }) {
      const { limit } = query;
      return (await toolHistory.of(caller, params.name, { limit, ...timeRange(query) })).map(render);
    },
  };
}

const NOBODY = { type: 'system', id: '', name: '' };

function render({ entry, serverId, serverName, error, cached }: ToolCall) {
  const { id, time, durationMs, success, actor } = entry;
  const timestamp = isoTime(time);
  const failure = error === undefined ? {} : { error };
  return { id, timestamp, serverId, serverName, durationMs, success, ...failure, caller: actor ?? NOBODY, cached };
}
