import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { ComponentHealth } from '../../domain/monitor/status.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';

const Service = Type.String({ title: 'ServiceStatus', enum: ['operational', 'degraded', 'outage', 'unavailable'] });

/** `seeds/002`, "Health & Status"; health is the same in all APIs. */
export const statusEndpoints = {
  getStatus: endpoint({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'Detailed system status',
    description:
      "`cache` is the hub's own. `docker` is `unavailable` while no connected agent has a Docker Engine, which only images need.",
    permission: 'monitor.read',
    response: Type.Object({
      services: Type.Object({ api: Service, database: Service, cache: Service, docker: Service }),
      metrics: Type.Object({
        response_time_ms: Type.Number({ description: 'Average of the last 24 hours' }),
        active_connections: Type.Integer({ description: 'Connected MCP servers' }),
        queue_size: Type.Integer({ description: 'Jobs that wait' }),
      }),
    }),
  }),
};

const words: Readonly<Record<ComponentHealth, string>> = {
  healthy: 'operational',
  degraded: 'degraded',
  unhealthy: 'outage',
};

export function statusHandlers({ status, health, jobs, requestWindow }: Domain): Handlers<typeof statusEndpoints> {
  return {
    async getStatus(_input, context) {
      const { components } = await status.report(context.origin);
      const { checks, connections, status: api } = health.report();
      return {
        services: {
          api: words[api],
          database: words[components.database],
          cache: words[components.cache],
          docker: checks.docker === 'healthy' ? 'operational' : 'unavailable',
        },
        metrics: {
          response_time_ms: requestWindow.figures().averageMs,
          active_connections: connections.active,
          queue_size: jobs.status().queue.pending,
        },
      };
    },
  };
}
