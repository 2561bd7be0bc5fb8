import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { entityTypes } from '../../domain/entities/entity.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { renamed, snakeCase } from '../shared/members.js';
import { Id, Time } from '../shared/values.js';
import { definitionOf } from './workflow-runs.js';

const Health = Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('unhealthy')], {
  title: 'ComponentHealth',
});
const EntityType = Type.Enum(entityTypes, { title: 'EntityType' });
const Rate = Type.Number({ minimum: 0, maximum: 1, description: '0 to 1; 0 while there was none' });
const Seconds = Type.Number({ minimum: 0, description: 'Seconds' });

/** `seeds/004`, "Dashboard", "Entity Details" and "Performance Metrics". */
export const dashboardEndpoints = {
  getDashboardSummary: endpoint({
    method: 'GET',
    path: '/api/v1/dashboard/summary',
    summary: 'Key figures of the hub',
    description: "The figures stay within the caller's grants. `system_health` names the components that are not well.",
    permission: 'monitor.read',
    response: Type.Object({
      total_mcps: Type.Integer({ description: 'MCP definitions' }),
      active_workflows: Type.Integer({ description: 'Runs that wait for a worker or run' }),
      recent_workflow_runs: Type.Array(
        Type.Object({ id: Id, workflow_definition_id: Type.String(), status: Type.String(), created_at: Time }),
        { description: 'The newest ten, newest first' },
      ),
      system_health: Type.Object({
        status: Health,
        metrics: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])),
        components: Type.Record(Type.String(), Health, { description: 'Extension' }),
      }),
    }),
  }),
  getEntity: endpoint({
    method: 'GET',
    path: '/api/v1/entities/{entity_type}/{entity_id}',
    summary: 'Any record of the hub, with the records that it belongs to',
    description:
      "The answer lists only related entities that the caller may look up. A user sees the user's own record and keys; only admins see other users and keys.",
    permission: 'authenticated',
    params: Type.Object({
      entity_type: Type.String({
        minLength: 1,
        maxLength: 64,
        description: `One of ${entityTypes.join(', ')}; \`mcp-definitions\` is \`mcp_definition\``,
      }),
      entity_id: Type.String({ minLength: 1, maxLength: 128, description: 'Id of the entity' }),
    }),
    response: Type.Object(
      {
        id: Type.String(),
        type: EntityType,
        data: Type.Record(Type.String(), Type.Unknown()),
        related_entities: Type.Array(Type.Object({ id: Type.String(), type: EntityType, relationship: Type.String() })),
      },
      { title: 'RelatedEntity' },
    ),
  }),
  getMetricsSummary: endpoint({
    method: 'GET',
    path: '/api/v1/metrics/summary',
    summary: 'Numbers, success rates and durations of calls, runs and requests',
    description:
      'The figures count from the start of the hub. Workflow steps of runs that the hub has kept from before count, too. Keys with grants are refused.',
    permission: 'performance.read',
    response: Type.Object({
      http_requests: Type.Object({
        total: Type.Integer(),
        success_rate: Rate,
        average_latency: Seconds,
      }),
      database_operations: Type.Object({ total: Type.Integer(), average_latency: Seconds }),
      workflow_steps: Type.Object({
        total: Type.Integer(),
        success_rate: Rate,
        average_duration: { ...Seconds, description: 'Seconds; of those that completed' },
      }),
    }),
  }),
};

export function dashboardHandlers({ summary, entities }: Domain): Handlers<typeof dashboardEndpoints> {
  return {
    async getDashboardSummary(_, context) {
      const found = await summary.of(context.origin);
      return {
        total_mcps: found.definitions,
        active_workflows: found.activeWorkflows,
        recent_workflow_runs: found.recentRuns.map((job) => ({
          id: job.id,
          workflow_definition_id: definitionOf(job),
          status: job.status,
          created_at: isoTime(job.createdAt),
        })),
        system_health: {
          status: found.health,
          metrics: renamed(found.metrics, snakeCase) as Record<string, number | null>,
          components: renamed(found.components, snakeCase) as Record<string, typeof found.health>,
        },
      };
    },

    async getEntity({ params }, context) {
      const { id, type, data, related } = await entities.get(context.origin, params.entity_type, params.entity_id);
      return {
        id,
        type,
        data: renamed(data, snakeCase),
        related_entities: related.map((other) => ({ ...other })),
      };
    },

    getMetricsSummary(_, context) {
      const { operations, steps, requests } = summary.performance(context.origin);
      return {
        http_requests: {
          total: requests.total,
          success_rate: requests.successRate,
          average_latency: requests.average,
        },
        database_operations: { total: operations.total, average_latency: operations.average },
        workflow_steps: {
          total: steps.total,
          success_rate: steps.successRate,
          average_duration: steps.average,
        },
      };
    },
  };
}
