import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { activitySteps } from '../../domain/tools/activity.js';
import type { ToolCall } from '../../domain/tools/history.js';
import { endpoint, type Handlers, Json } from '../../http/endpoint.js';
import { Id, Time } from '../shared/values.js';
import { timeRange, timeRangeFields } from './schemas.js';
import { Tool } from './tools.js';

const Count = Type.Integer({ minimum: 0 });

/** `seeds/003`, "Tool Operations": how tools are used, within the caller's grants. */
export const toolUsageEndpoints = {
  listToolCategories: endpoint({
    method: 'GET',
    path: '/api/tools/categories',
    summary: 'Get all tool categories with counts; tools without one count as uncategorized',
    description: 'The counts cover the tools of connected servers that the caller may see.',
    permission: 'tool.read',
    response: Type.Array(Type.Object({ name: Type.String(), count: Count }, { title: 'ToolCategory' })),
  }),
  getToolStatistics: endpoint({
    method: 'GET',
    path: '/api/tools/stats',
    summary: 'Get tool usage statistics; days are UTC, the newest of 30 first',
    description:
      'The counts cover the tools that the caller may see. Tools of the same name count together. Of each server 1,000 tools are counted apart, and 100 on each day. Calls of further tools count in the sums, for keys whose grants name no tools. Calls of deleted servers count in the sums, for keys whose grants narrow nothing; those of deleted private servers count for admins only.',
    permission: 'tool.read',
    response: Type.Object({
      totalTools: Count,
      totalInvocations: Count,
      topTools: Type.Array(Type.Object({ name: Type.String(), invocations: Count })),
      invocationsByDay: Type.Array(Type.Object({ date: Type.String({ format: 'date' }), count: Count })),
    }),
  }),
  getToolActivity: endpoint({
    method: 'GET',
    path: '/api/tools/activity',
    summary: 'Calls of tools, their errors and durations over the last hour or day, in steps, oldest first',
    description:
      'The answer counts calls of tools that the caller may see. An hour has 60 steps, and a day has 48. The hub keeps the figures in memory: they begin with its start. A key whose grants name tools sees the calls of 100 tools of each server at most.',
    permission: 'tool.read',
    query: Type.Object({
      period: Type.Union([Type.Literal('hour'), Type.Literal('day')], {
        default: 'hour',
        description: 'The last hour or the last day',
      }),
    }),
    response: Type.Object({
      stepSeconds: Type.Integer(),
      points: Type.Array(
        Type.Object(
          {
            start: Time,
            calls: Count,
            errors: Count,
            averageMs: Type.Union([Type.Number(), Type.Null()], { description: '`null` without calls' }),
            slowestMs: Type.Union([Type.Number(), Type.Null()], { description: '`null` without calls' }),
          },
          { title: 'ToolActivityPoint' },
        ),
      ),
    }),
    extension: true,
  }),
  listRecentTools: endpoint({
    method: 'GET',
    path: '/api/tools/recent',
    summary: 'Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use',
    description: 'The list leaves out tools that no longer exist, and tools that the caller may no longer see.',
    permission: 'tool.read',
    query: Type.Object({
      limit: Type.Integer({ minimum: 1, maximum: 50, default: 10, description: 'Tools to return at most' }),
    }),
    response: Type.Array(Tool),
  }),
  getToolHistory: endpoint({
    method: 'GET',
    path: '/api/tools/{name}/history',
    summary: 'Get invocation history for a specific tool, newest first; below operator the caller’s own calls',
    description:
      'The history comes from the audit log. Callers below role operator see only their own calls, among their last 20,000 audited actions.',
    permission: 'tool.read',
    params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 256, description: 'Name of the tool' }) }),
    query: Type.Object({
      limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Calls to return at most' }),
      ...timeRangeFields,
    }),
    response: Type.Array(
      Type.Object(
        {
          id: Id,
          timestamp: Time,
          serverId: Id,
          serverName: Type.String(),
          durationMs: Type.Number(),
          success: Type.Boolean(),
          error: Type.Optional(Type.String()),
          caller: Type.Object({ type: Type.String(), id: Type.String(), name: Type.String() }),
          cached: Type.Boolean(),
        },
        { title: 'ToolCall' },
      ),
    ),
  }),
};

export function toolUsageHandlers({ statistics, toolHistory, toolList }: Domain): Handlers<typeof toolUsageEndpoints> {
  return {
    listToolCategories: (_input, { caller, signal }) => statistics.categories(caller, signal),

    getToolStatistics: (_input, { caller, signal }) => statistics.of(caller, Date.now(), signal),

    async getToolActivity({ query: { period } }, { caller, signal }) {
      const points = await statistics.activity(caller, period, Date.now(), signal);
      return {
        stepSeconds: activitySteps[period] / 1000,
        points: points.map(({ start, ...counts }) => ({ start: isoTime(start), ...counts })),
      };
    },

    async listRecentTools({ query }, { caller, signal }) {
      const recent = await toolHistory.recent(caller, query.limit, signal);
      return new Json(`[${recent.map(({ found, lastUsedAt }) => toolList.entry(found, lastUsedAt)).join(',')}]`);
    },

    async getToolHistory({ params, query }, { caller, signal }) {
      const { limit } = query;
      return (await toolHistory.of(caller, params.name, { limit, ...timeRange(query) }, signal)).map(render);
    },
  };
}

const THE_HUB = { type: 'system', id: '', name: '' };

function render({ entry, serverId, serverName, error, cached }: ToolCall) {
  const { id, time, durationMs, success, actor } = entry;
  const timestamp = isoTime(time);
  const failure = error === undefined ? {} : { error };
  return { id, timestamp, serverId, serverName, durationMs, success, ...failure, caller: actor ?? THE_HUB, cached };
}
