import { type Static, Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';
import {
  Auth,
  Cache,
  CallLimits,
  HealthCheck,
  Id,
  IdParams,
  Metadata,
  Name,
  RateLimits,
  SiteName,
  Time,
  TimeOrNull,
  Transport,
} from './schemas.js';

const optionalFields = {
  description: Type.Optional(Type.String({ maxLength: 1024 })),
  auth: Type.Optional(Auth),
  healthCheck: Type.Optional(HealthCheck),
  rateLimits: Type.Optional(Type.Union([RateLimits, Type.Null()])),
  limits: Type.Optional(Type.Union([CallLimits, Type.Null()])),
  cache: Type.Optional(Cache),
  metadata: Type.Optional(Metadata),
  groupId: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
  site: Type.Optional(SiteName),
};
const NewServer = Type.Object({ name: Name, transport: Transport, ...optionalFields }, { title: 'NewServer' });
const ServerChanges = Type.Object(
  {
    name: Type.Optional(Name),
    transport: Type.Optional(Transport),
    ...optionalFields,
  },
  { title: 'ServerChanges' },
);

const State = Type.Union([Type.Literal('connected'), Type.Literal('disconnected'), Type.Literal('error')], {
  title: 'ServerStatus',
});

const serverFields = {
  id: Id,
  name: Type.String(),
  description: Type.String(),
  status: State,
  toolCount: Type.Integer(),
  transport: Transport,
  auth: Auth,
  healthCheck: Type.Object({ enabled: Type.Boolean(), intervalMs: Type.Integer(), timeoutMs: Type.Integer() }),
  rateLimits: RateLimits,
  metadata: Metadata,
  groupId: Type.Union([Type.String(), Type.Null()]),
  enabled: Type.Boolean(),
  createdAt: Time,
  updatedAt: Time,
  /** Extensions: its limits, its cache, its site, and its state. */
  limits: CallLimits,
  cache: Cache,
  site: Type.String(),
  agentId: Id,
  runtime: Type.Object({
    /** Why it is not connected; `null` when all is well. */
    error: Type.Union([Type.String(), Type.Null()]),
    connecting: Type.Boolean(),
    /**
     * Where a user has to consent before the server lets its agent in, or lets it do more; only callers who may change the server see it.
     */
    authorizationUrl: Type.Union([Type.String(), Type.Null()]),
    pid: Type.Union([Type.Integer(), Type.Null()]),
    version: Type.Union([Type.String(), Type.Null()]),
    attempt: Type.Integer(),
    nextAttemptAt: TimeOrNull,
    /**
     * `degraded`: connected, but its agent finds it too slow or failing too often (`healthReason` says which); `down`: should be connected,
     * and is not; `null`: is not meant to run.
     */
    health: Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('down'), Type.Null()]),
    healthReason: Type.Union([Type.String(), Type.Null()]),
  }),
};

export const Server = Type.Object(serverFields, { title: 'Server' });
export type Server = Static<typeof Server>;

export const ServerWithTools = Type.Object(
  {
    ...serverFields,
    tools: Type.Array(Type.Object({ name: Type.String(), description: Type.String(), inputSchema: Type.Unknown() })),
    /** Extension: the last health checks, oldest first; the agent reports them once a minute at most while nothing changes. */
    healthChecks: Type.Array(
      Type.Object({
        timestamp: Time,
        status: Type.Union([Type.Literal('passed'), Type.Literal('failed')]),
        durationMs: Type.Integer(),
      }),
    ),
  },
  { title: 'ServerWithTools' },
);

const BulkBody = Type.Object(
  {
    serverIds: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 500 }),
  },
  { title: 'ServerIds' },
);
const bulkResult = (state: 'connected' | 'disconnected') =>
  Type.Object({
    results: Type.Array(
      Type.Object(
        {
          serverId: Type.String(),
          status: Type.Union([Type.Literal(state), Type.Literal('error')]),
          toolCount: Type.Optional(Type.Integer()),
          error: Type.Optional(Type.String()),
        },
        { title: state === 'connected' ? 'ConnectOutcome' : 'DisconnectOutcome' },
      ),
    ),
    summary: Type.Object({
      total: Type.Integer(),
      failed: Type.Integer(),
      connected: Type.Optional(Type.Integer()),
      disconnected: Type.Optional(Type.Integer()),
    }),
  });

/** `seeds/003`, "Server Management". */
export const serverEndpoints = {
  listServers: endpoint({
    method: 'GET',
    path: '/api/servers',
    summary: 'List all configured MCP servers',
    permission: 'server.read',
    query: Type.Object({
      status: Type.Optional(State),
      groupId: Type.Optional(Type.String()),
      tags: Type.Optional(Type.String({ description: 'Comma-separated; servers with any of these' })),
      enabled: Type.Optional(Type.Boolean()),
    }),
    response: Type.Array(Server),
  }),
  createServer: endpoint({
    method: 'POST',
    path: '/api/servers',
    summary: 'Create a new MCP server configuration',
    permission: 'server.write',
    audit: 'server.create',
    body: NewServer,
    response: Server,
    status: 201,
  }),
  getServer: endpoint({
    method: 'GET',
    path: '/api/servers/{id}',
    summary: 'Get a specific server',
    permission: 'server.read',
    params: IdParams,
    response: ServerWithTools,
  }),
  updateServer: endpoint({
    method: 'PUT',
    path: '/api/servers/{id}',
    summary: 'Update a server configuration',
    permission: 'server.write',
    audit: 'server.update',
    params: IdParams,
    body: ServerChanges,
    response: Server,
  }),
  deleteServer: endpoint({
    method: 'DELETE',
    path: '/api/servers/{id}',
    summary: 'Delete a server configuration',
    permission: 'server.write',
    audit: 'server.delete',
    params: IdParams,
    extra: Type.Object({ message: Type.String() }),
  }),
  connectServer: endpoint({
    method: 'POST',
    path: '/api/servers/{id}/connect',
    summary: 'Connect to a specific MCP server',
    permission: 'server.operate',
    audit: 'server.connect',
    params: IdParams,
    response: Type.Object({
      status: Type.Literal('connected'),
      toolCount: Type.Integer(),
      connectTime: Type.Integer({ description: 'Milliseconds' }),
    }),
  }),
  disconnectServer: endpoint({
    method: 'POST',
    path: '/api/servers/{id}/disconnect',
    summary: 'Disconnect from a specific MCP server',
    permission: 'server.operate',
    audit: 'server.disconnect',
    params: IdParams,
    response: Type.Object({ status: Type.Literal('disconnected') }),
  }),
  connectServers: endpoint({
    method: 'POST',
    path: '/api/servers/bulk/connect',
    summary: 'Connect to multiple servers simultaneously',
    permission: 'server.operate',
    audit: 'server.connect',
    body: BulkBody,
    response: bulkResult('connected'),
  }),
  disconnectServers: endpoint({
    method: 'POST',
    path: '/api/servers/bulk/disconnect',
    summary: 'Disconnect from multiple servers simultaneously',
    permission: 'server.operate',
    audit: 'server.disconnect',
    body: BulkBody,
    response: bulkResult('disconnected'),
  }),
  readServerLog: endpoint({
    method: 'GET',
    path: '/api/servers/{id}/logs',
    summary: "Read a server's log; with follow=true as a chunked stream of JSON lines",
    permission: 'server.logs',
    params: IdParams,
    query: Type.Object({
      lines: Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        default: 100,
        description: 'The last so many; 0 for all',
      }),
      since: Type.Optional(Time),
      follow: Type.Boolean({ default: false }),
    }),
    response: Type.Object({
      logs: Type.Array(
        Type.Object(
          { timestamp: Time, level: Type.String(), source: Type.String(), message: Type.String() },
          { title: 'LogEntry' },
        ),
      ),
    }),
    produces: ['application/x-ndjson'],
    extension: true,
  }),
};
