import { Type } from 'typebox';
import { type AgentView, certificateEnd } from '../../domain/agents/agents.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers, Json, reply } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';
import { SiteName } from './schemas.js';

const Agent = Type.Object(
  {
    id: Id,
    name: Type.String(),
    site: Type.String(),
    status: Type.Union([Type.Literal('connected'), Type.Literal('disconnected')]),
    version: Type.Union([Type.String(), Type.Null()]),
    platform: Type.Union([Type.String(), Type.Null()]),
    capabilities: Type.Array(Type.String()),
    operations: Type.Array(Type.String()),
    roundTripMs: Type.Union([Type.Number(), Type.Null()]),
    serverCount: Type.Integer(),
    enrolledAt: Time,
    connectedAt: TimeOrNull,
    certificateExpiresAt: TimeOrNull,
  },
  { title: 'Agent' },
);
const Patterns = Type.Optional(Type.Array(Type.String()));
const Section = Type.Optional(Type.Object({ allow: Patterns, deny: Patterns }));
const Policy = Type.Object(
  {
    read_only: Type.Optional(Type.Boolean()),
    commands: Section,
    environment: Section,
    urls: Section,
    images: Section,
    namespaces: Section,
    device_commands: Section,
  },
  { title: 'SitePolicy' },
);
const AgentParams = Type.Object({ id: Type.String({ ...Id, description: 'Id of the agent' }) });

/** Agents and sites: extensions, since no document has them. */
export const agentEndpoints = {
  listAgents: endpoint({
    method: 'GET',
    path: '/api/agents',
    summary: 'List the enrolled agents',
    description: "The list holds the agents at sites that the caller's grants cover, connected or not.",
    permission: 'agent.read',
    response: Type.Array(Agent),
    extension: true,
  }),
  listSites: endpoint({
    method: 'GET',
    path: '/api/sites',
    summary: 'List the sites, with their agents and servers counted',
    description: "The list holds the sites that have an agent, as far as the caller's grants cover them.",
    permission: 'agent.read',
    response: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          agentCount: Type.Integer(),
          connectedAgents: Type.Integer(),
          serverCount: Type.Integer(),
        },
        { title: 'Site' },
      ),
    ),
    extension: true,
  }),
  listJoinTokens: endpoint({
    method: 'GET',
    path: '/api/agents/tokens',
    summary: 'List the valid join tokens',
    description: "The list holds tokens for sites that the caller's grants cover, without the tokens themselves.",
    permission: 'agent.enroll',
    response: Type.Array(
      Type.Object({ id: Id, site: Type.String(), createdAt: Time, expiresAt: Time }, { title: 'JoinToken' }),
    ),
    extension: true,
  }),
  revokeJoinToken: endpoint({
    method: 'DELETE',
    path: '/api/agents/tokens/{id}',
    summary: 'Revoke a join token: no agent can use it any more',
    description: 'A token that was used, has expired or is for a site outside the grants is unknown (404).',
    permission: 'agent.enroll',
    audit: 'agent_token.revoke',
    params: Type.Object({ id: Type.String({ ...Id, description: 'Id of the join token' }) }),
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
  createJoinToken: endpoint({
    method: 'POST',
    path: '/api/agents/tokens',
    summary: 'Make a join token, which enrols one agent at a site',
    description:
      "The answer shows the token once. It carries the hub's certificate, so the agent knows the hub from its first connection. It is good once, no longer than the key that makes it, and only while its maker may enrol agents.",
    permission: 'agent.enroll',
    audit: 'agent_token.create',
    body: Type.Object({
      site: SiteName,
      ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000, description: 'Default 3600' })),
    }),
    example: { site: 'berlin', ttlSeconds: 3600 },
    response: Type.Object({
      id: Id,
      site: Type.String(),
      token: Type.String({ description: 'Shown only once' }),
      expiresAt: Time,
    }),
    status: 201,
    extension: true,
  }),
  revokeAgent: endpoint({
    method: 'DELETE',
    path: '/api/agents/{id}',
    summary: "Revoke an agent's certificate and close its streams",
    description: 'The agent cannot come back without a new join token, and wipes its sealed data. Its servers end.',
    permission: 'agent.enroll',
    audit: 'agent.revoke',
    params: AgentParams,
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
  getAgentPolicy: endpoint({
    method: 'GET',
    path: '/api/agents/{id}/policy',
    summary: 'Get the policy of the site, as it is in force at an agent',
    description:
      'The agent answers, so it must be connected (503). The policy is a file at the site: the hub cannot change it. A section that is absent allows everything.',
    permission: 'server.write',
    params: AgentParams,
    response: Policy,
    extension: true,
  }),
  pingAgent: endpoint({
    method: 'POST',
    path: '/api/agents/{id}/ping',
    summary: 'Send a value to an agent and get it back',
    description: 'The answer shows that the link to the agent works. An agent that is away is an error with 503.',
    permission: 'agent.read',
    params: AgentParams,
    body: Type.Object({ echo: Type.Optional(Type.Unknown()) }),
    example: { echo: 'hello' },
    bodyOptional: true,
    response: Type.Object({ echo: Type.Unknown() }),
    extension: true,
  }),
};

const DEFAULT_TTL_SECONDS = 3600;

/** Makes the text of a join token: its secret, and the data by which the agent finds and trusts the hub. */
export type JoinTokenEncoder = (secret: string, site: string) => string;

export function agentHandlers(
  { agents, joinTokens }: Domain,
  encodeJoinToken: JoinTokenEncoder,
): Handlers<typeof agentEndpoints> {
  const render = ({ record, connection }: AgentView, serverCount: number) => ({
    id: record.id,
    name: record.name,
    site: record.site,
    status: connection ? ('connected' as const) : ('disconnected' as const),
    version: connection?.version ?? null,
    platform: connection?.platform ?? null,
    capabilities: [...(connection?.capabilities ?? [])],
    operations: [...(connection?.operations ?? [])],
    roundTripMs: connection?.roundTripMs ?? null,
    serverCount,
    enrolledAt: isoTime(record.enrolledAt),
    connectedAt: isoTimeOrNull(connection?.connectedAt),
    certificateExpiresAt: isoTimeOrNull(certificateEnd(record)),
  });

  return {
    listAgents(_, { origin }) {
      const counts = agents.serverCounts(origin);
      return agents.list(origin).map((agent) => render(agent, counts.get(agent.record.id) ?? 0));
    },

    listSites: (_, context) => agents.sites(context.origin),

    listJoinTokens: (_, context) =>
      joinTokens.list(context.origin).map(({ id, site, createdAt, expiresAt }) => {
        return { id, site, createdAt: isoTime(createdAt), expiresAt: isoTime(expiresAt) };
      }),

    async revokeJoinToken({ params }, context) {
      await joinTokens.revoke(context.origin, params.id);
      return reply(undefined, { message: 'Join token revoked' });
    },

    async createJoinToken({ body }, context) {
      const ttl = body.ttlSeconds ?? DEFAULT_TTL_SECONDS;
      const { secret, record } = await joinTokens.create(context.origin, body.site, ttl);
      return {
        id: record.id,
        site: record.site,
        token: encodeJoinToken(secret, record.site),
        expiresAt: isoTime(record.expiresAt),
      };
    },

    async revokeAgent({ params }, context) {
      await agents.revoke(context.origin, params.id);
      return reply(undefined, { message: 'Agent revoked' });
    },

    getAgentPolicy: ({ params }, context) => agents.policy(context.origin, params.id, context),

    async pingAgent({ params, body }, context) {
      const echo = await agents.ping(context.origin, params.id, JSON.stringify(body.echo ?? null), context);
      return new Json<{ echo: unknown }>(`{"echo":${echo}}`);
    },
  };
}
