import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import type { LimitClass } from '../../http/api.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { defaultWebSocketSettings } from '../../http/websocket/socket.js';
import { Time } from '../shared/values.js';

const ComponentHealth = Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('unhealthy')], {
  title: 'ComponentHealth',
});

/** `seeds/000`, "Core Endpoints". */
export const systemEndpoints = {
  getStatus: endpoint({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'Overall system health and status',
    description:
      '`database` tells whether writes reach the disk in time, `monitoring` whether all enrolled agents are connected, `mcp_servers` whether all servers that should run are well. The overall status is `degraded` if one of them is not healthy, and `unhealthy` if the hub cannot do its work.',
    permission: 'monitor.read',
    response: Type.Object({
      status: ComponentHealth,
      version: Type.String(),
      uptime: Type.Integer({ description: 'Seconds since the hub started' }),
      components: Type.Object({
        database: ComponentHealth,
        cache: ComponentHealth,
        monitoring: ComponentHealth,
        mcp_servers: ComponentHealth,
      }),
      servers: Type.Object({
        total: Type.Integer(),
        healthy: Type.Integer(),
        unhealthy: Type.Integer(),
        updating: Type.Integer(),
      }),
      last_check: Type.String({ format: 'date-time' }),
    }),
  }),
  getInfo: endpoint({
    method: 'GET',
    path: '/api/v1/info',
    summary: 'System information',
    description:
      'The answer has the version of the hub, the name of its environment, its features, its limits and its certificates.',
    permission: 'monitor.read',
    response: Type.Object({
      version: Type.String(),
      api_version: Type.String(),
      environment: Type.String(),
      features: Type.Object({
        auto_update: Type.Boolean(),
        cleanup: Type.Boolean(),
        monitoring: Type.Boolean(),
        orchestration: Type.Boolean(),
      }),
      limits: Type.Object({
        max_concurrent_updates: Type.Integer(),
        max_api_requests_per_minute: Type.Integer({ description: 'Read requests of one caller' }),
        max_websocket_connections: Type.Integer(),
      }),
      certificates: Type.Array(Type.Object({ name: Type.String(), expires_at: Time }), {
        description: 'Extension: those of the hub itself',
      }),
    }),
  }),
};

export function systemHandlers({ status, health, settings, certificates }: Domain): Handlers<typeof systemEndpoints> {
  return {
    async getStatus(_input, context) {
      const { components, checkedAt, ...report } = await status.report(context.origin);
      const { mcpServers, ...others } = components;
      return { ...report, components: { ...others, mcp_servers: mcpServers }, last_check: isoTime(checkedAt) };
    },

    getInfo: () => ({
      version: health.report().version,
      api_version: 'v1',
      environment: settings.environment,
      features: { auto_update: true, cleanup: true, monitoring: true, orchestration: true },
      limits: {
        max_concurrent_updates: settings.updates.maxConcurrent,
        max_api_requests_per_minute: Math.max(1, Math.round(limits.read.requests * settings.rateLimitScale)),
        max_websocket_connections: defaultWebSocketSettings.maxConnections,
      },
      certificates: certificates().map(({ name, notAfter }) => ({ name, expires_at: isoTime(notAfter) })),
    }),
  };
}

/** `seeds/000`, "Default Limits". */
export const limits = {
  authentication: { requests: 5, windowSeconds: 60, per: 'address' },
  read: { requests: 100, windowSeconds: 60 },
  write: { requests: 20, windowSeconds: 60 },
  update: { requests: 5, windowSeconds: 300 },
  cleanup: { requests: 2, windowSeconds: 600 },
} as const satisfies Record<string, LimitClass>;
