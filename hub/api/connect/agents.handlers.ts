import type { AgentView } from '../../domain/agents/agents.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { type Handlers, Json, reply } from '../../http/endpoint.js';
import type { agentEndpoints } from './agents.js';
import { originOf } from './origin.js';

const DEFAULT_TTL_SECONDS = 3600;

/** Wraps a join token's secret together with the data by which the agent finds and trusts the hub. */
export type JoinTokenEncoder = (secret: string, site: string) => string;

export function agentHandlers(
  { agents, joinTokens, registry }: Domain,
  encodeJoinToken: JoinTokenEncoder,
): Handlers<typeof agentEndpoints> {
  const render = ({ record, connection }: AgentView) => ({
    id: record.id,
    name: record.name,
    site: record.site,
    status: connection ? ('connected' as const) : ('disconnected' as const),
    version: connection?.version ?? null,
    platform: connection?.platform ?? null,
    capabilities: [...(connection?.capabilities ?? [])],
    operations: [...(connection?.operations ?? [])],
    roundTripMs: connection?.roundTripMs ?? null,
    serverCount: registry.ofAgent(record.id).length,
    enrolledAt: isoTime(record.enrolledAt),
    connectedAt: isoTimeOrNull(connection?.connectedAt),
  });

  return {
    listAgents: (_, context) => agents.list(originOf(context)).map(render),

    listSites: (_, context) => agents.sites(originOf(context)),

    async createJoinToken({ body }, context) {
      const ttl = body.ttlSeconds ?? DEFAULT_TTL_SECONDS;
      const { secret, record } = await joinTokens.create(originOf(context), body.site, ttl);
      return {
        id: record.id,
        site: record.site,
        token: encodeJoinToken(secret, record.site),
        expiresAt: isoTime(record.expiresAt),
      };
    },

    async revokeAgent({ params }, context) {
      await agents.revoke(originOf(context), params.id);
      return reply(undefined, { message: 'Agent revoked' });
    },

    async pingAgent({ params, body }, context) {
      const echo = await agents.ping(originOf(context), params.id, JSON.stringify(body.echo ?? null), context);
      return new Json<{ echo: unknown }>(`{"echo":${echo}}`);
    },
  };
}
