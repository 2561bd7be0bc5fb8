import type { AgentView } from '../../domain/agents/agents.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { type Handlers, Json, reply } from '../../http/endpoint.js';
import type { agentEndpoints } from './agents.js';
import { originOf } from './origin.js';

const DEFAULT_TTL_SECONDS = 3600;
const PING_TIMEOUT_MS = 10_000;

/** Wraps a join token's secret together with what the agent needs to find and trust the hub. */
export type JoinTokenEncoder = (secret: string, site: string) => string;

export function agentHandlers(
  { agents, joinTokens, registry, fleet }: Domain,
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
    listAgents: (_, { caller }) =>
      agents
        .list()
        .filter(({ record }) => !caller.grants?.sites || caller.grants.sites.includes(record.site))
        .map(render),

    listSites: (_, { caller }) =>
      agents.sites().filter(({ name }) => !caller.grants?.sites || caller.grants.sites.includes(name)),

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

    async pingAgent({ params, body }, { signal, traceparent }) {
      // The store knows of those that are away; one that is connected needs no look there.
      if (!fleet().agent(params.id)) agents.get(params.id);
      const echo = Buffer.from(JSON.stringify(body.echo ?? null));
      const options = { kind: 'read', timeoutMs: PING_TIMEOUT_MS, signal, traceparent } as const;
      const answer = await fleet().execute(params.id, { case: 'noop', value: { echo } }, options);
      if (answer.case !== 'json')
        throw new DomainError('internal', `unexpected answer '${answer.case}' from the agent`);
      return new Json<{ echo: unknown }>(`{"echo":${Buffer.from(answer.value).toString()}}`);
    },
  };
}
