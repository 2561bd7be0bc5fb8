import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';
import { Id, SiteName, Time, TimeOrNull } from './schemas.js';

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
  },
  { title: 'Agent' },
);
const AgentParams = Type.Object({ id: Id });

/** Agents and sites: extensions, since no document knows them. */
export const agentEndpoints = {
  listAgents: endpoint({
    method: 'GET',
    path: '/api/agents',
    summary: 'List the enrolled agents',
    permission: 'agent.read',
    response: Type.Array(Agent),
    extension: true,
  }),
  listSites: endpoint({
    method: 'GET',
    path: '/api/sites',
    summary: 'List the sites, with their agents and servers counted',
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
  createJoinToken: endpoint({
    method: 'POST',
    path: '/api/agents/tokens',
    summary: 'Make a join token: good for enrolling one agent at a site',
    permission: 'agent.enroll',
    audit: 'agent_token.create',
    body: Type.Object({
      site: SiteName,
      ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000, description: 'Default 3600' })),
    }),
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
    permission: 'agent.enroll',
    audit: 'agent.revoke',
    params: AgentParams,
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
  pingAgent: endpoint({
    method: 'POST',
    path: '/api/agents/{id}/ping',
    summary: 'Send a value to an agent and get it back',
    permission: 'agent.read',
    params: AgentParams,
    body: Type.Object({ echo: Type.Optional(Type.Unknown()) }),
    bodyOptional: true,
    response: Type.Object({ echo: Type.Unknown() }),
    extension: true,
  }),
};
