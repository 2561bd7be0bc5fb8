import { instead } from '@roundhouse/proto/wording';
import { type Static, Type } from 'typebox';
import { isAllowed } from '../../domain/access/authorize.js';
import type { Caller } from '../../domain/access/caller.js';
import { mayUseTool } from '../../domain/access/grants.js';
import type { HealthPing } from '../../domain/agents/fleet.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { BulkOutcome } from '../../domain/servers/lifecycle.js';
import { serverHealth } from '../../domain/servers/observed.js';
import { callLimits } from '../../domain/servers/record.js';
import { type ServerView, shownState } from '../../domain/servers/servers.js';
import { maskedAuth, shownTransport } from '../../domain/servers/transport.js';
import { filledLines } from '../../http/answer/keep-alive-lines.js';
import { endpoint, type Handlers, Json, reply, StreamReply } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';
import {
  Auth,
  Cache,
  CallLimits,
  HealthCheck,
  IdParams,
  Metadata,
  Name,
  RateLimits,
  SiteName,
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
const NewServer = Type.Object(
  { name: Name, transport: Transport, ...optionalFields },
  {
    title: 'NewServer',
    ...instead({
      mcpServers:
        "is the file of a client: 'roundhouse server import FILE' registers its servers, here is one at a time",
    }),
  },
);
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
  personal: Type.Optional(
    Type.Boolean({
      description: 'Extension: `true` if the server belongs to one user or key; absent for a shared server',
    }),
  ),
  runtime: Type.Object({
    /** The reason why the server is not connected although it should be; otherwise `null`. */
    error: Type.Union([Type.String(), Type.Null()]),
    connecting: Type.Boolean(),
    /**
     * The address at which a user has to consent before the agent may use the server, or may do more there. Only callers who may change the server
     * see it.
     */
    authorizationUrl: Type.Union([Type.String(), Type.Null()]),
    pid: Type.Union([Type.Integer(), Type.Null()]),
    version: Type.Union([Type.String(), Type.Null()]),
    attempt: Type.Integer(),
    nextAttemptAt: TimeOrNull,
    /**
     * `degraded`: connected, but too slow or failing too often (`healthReason` has the reason). `down`: not connected, although it should be. `null`:
     * the server is stopped.
     */
    health: Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('down'), Type.Null()]),
    healthReason: Type.Union([Type.String(), Type.Null()]),
  }),
};

export const Server = Type.Object(serverFields, { title: 'Server' });
export type Server = Static<typeof Server>;

const ServerWithTools = Type.Object(
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
    description:
      "The list holds the servers that the caller's grants cover, with their state. Secrets in their configuration are masked.",
    permission: 'server.read',
    query: Type.Object({
      status: Type.Optional(Type.Union(State.anyOf, { ...State, description: 'Only servers with this status' })),
      groupId: Type.Optional(Type.String({ description: 'Only servers of this group, by id or name' })),
      tags: Type.Optional(Type.String({ description: 'Comma-separated; servers with any of these' })),
      enabled: Type.Optional(Type.Boolean({ description: 'Only servers that are enabled, or that are not' })),
    }),
    response: Type.Array(Server),
  }),
  createServer: endpoint({
    method: 'POST',
    path: '/api/servers',
    summary: 'Create a new MCP server configuration',
    description:
      'The hub registers the server at a site and does not connect it yet. Without `site`, the hub takes the only agent that can run the server, or the site `local`; otherwise the answer is 400 with the sites. A server with a command needs role admin, because it runs code at the site.',
    permission: 'server.write',
    audit: 'server.create',
    body: NewServer,
    example: {
      name: 'files',
      site: 'local',
      transport: {
        type: 'stdio',
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-filesystem', '/tmp/files'],
      },
      metadata: { tags: ['documents'] },
    },
    response: Server,
    status: 201,
  }),
  getServer: endpoint({
    method: 'GET',
    path: '/api/servers/{id}',
    summary: 'Get a specific server',
    description: 'The answer adds the tools that the caller may use and the last health checks, oldest first.',
    permission: 'server.read',
    params: IdParams,
    response: ServerWithTools,
  }),
  updateServer: endpoint({
    method: 'PUT',
    path: '/api/servers/{id}',
    summary: 'Update a server configuration',
    description:
      'Absent fields stay. A masked secret in the body keeps the stored value. The agent reconnects the server if the change needs it. A new command needs role admin.',
    permission: 'server.write',
    audit: 'server.update',
    params: IdParams,
    body: ServerChanges,
    example: { description: 'Files of the office', metadata: { tags: ['documents', 'office'] } },
    response: Server,
  }),
  deleteServer: endpoint({
    method: 'DELETE',
    path: '/api/servers/{id}',
    summary: 'Delete a server configuration',
    description: 'The agent ends the processes of the server, at once or when it is back.',
    permission: 'server.write',
    audit: 'server.delete',
    params: IdParams,
    extra: Type.Object({ message: Type.String() }),
  }),
  connectServer: endpoint({
    method: 'POST',
    path: '/api/servers/{id}/connect',
    summary: 'Connect to a specific MCP server',
    description:
      'The hub waits until the server has listed its tools. The first connection may install a package, and may take up to three minutes. A server that fails is an error with 503 and the reason.',
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
    description:
      'The answer comes when no process of the server runs any more. The server stays disconnected until a client connects it. An agent that is away does it when it is back.',
    permission: 'server.operate',
    audit: 'server.disconnect',
    params: IdParams,
    response: Type.Object({ status: Type.Literal('disconnected') }),
  }),
  connectServers: endpoint({
    method: 'POST',
    path: '/api/servers/bulk/connect',
    summary: 'Connect to multiple servers simultaneously',
    description:
      'The hub connects all servers at once. A server that fails does not affect the others, and the answer has its error.',
    permission: 'server.operate',
    audit: 'server.connect',
    body: BulkBody,
    example: { serverIds: ['files'] },
    response: bulkResult('connected'),
  }),
  disconnectServers: endpoint({
    method: 'POST',
    path: '/api/servers/bulk/disconnect',
    summary: 'Disconnect from multiple servers simultaneously',
    description: 'A server that fails does not affect the others, and the answer has its error.',
    permission: 'server.operate',
    audit: 'server.disconnect',
    body: BulkBody,
    example: { serverIds: ['files'] },
    response: bulkResult('disconnected'),
  }),
  readServerLog: endpoint({
    method: 'GET',
    path: '/api/servers/{id}/logs',
    summary: "Read a server's log; with follow=true as a chunked stream of JSON lines",
    description:
      'The log holds the standard error of the server, its MCP log messages, and messages of the agent about it. With `follow`, and for more than 10,000 lines, the answer is a stream of JSON lines. This needs role operator.',
    permission: 'server.logs',
    params: IdParams,
    query: Type.Object({
      lines: Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        default: 100,
        description: 'How many of the last lines; 0 for all',
      }),
      since: Type.Optional(Type.String({ ...Time, description: 'Only lines from this time on (RFC 3339)' })),
      follow: Type.Boolean({ default: false, description: 'Answer with the log as it grows' }),
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

/** A log of up to this number of lines is one JSON answer; a longer log is streamed, so that no answer grows in memory without bound. */
const WHOLE_ANSWER_LINES = 10_000;

export function serverHandlers({ servers, lifecycle, logs }: Domain): Handlers<typeof serverEndpoints> {
  return {
    listServers({ query }, context) {
      const { status, groupId, tags, enabled } = query;
      const filter = { state: status, group: groupId, enabled, tags: tags?.split(',').map((tag) => tag.trim()) };
      return servers.list(context.origin, filter).map((view) => render(view, context.caller));
    },

    async createServer({ body }, context) {
      return render(await lifecycle.create(context.origin, body), context.caller);
    },

    getServer({ params }, context) {
      const view = servers.get(context.origin, params.id);
      const granted = view.observed.tools.filter(({ name }) => mayUseTool(context.caller, name));
      const tools = granted.map(
        ({ name, description, inputSchema }) =>
          `${JSON.stringify({ name, description }).slice(0, -1)},"inputSchema":${inputSchema}}`,
      );
      const healthChecks = JSON.stringify(view.observed.pings.map(renderPing));
      const fields = `"tools":[${tools.join(',')}],"healthChecks":${healthChecks}`;
      return new Json(`${JSON.stringify(render(view, context.caller)).slice(0, -1)},${fields}}`);
    },

    async updateServer({ params, body }, context) {
      return render(await lifecycle.update(context.origin, params.id, body), context.caller);
    },

    async deleteServer({ params }, context) {
      await lifecycle.delete(context.origin, params.id);
      return reply(undefined, { message: 'Server deleted successfully' });
    },

    async connectServer({ params }, context) {
      const origin = context.origin;
      const { id } = servers.get(origin, params.id).record;
      // From here on the domain writes the audit entry, also of a failure.
      context.audit.written = true;
      const report = await lifecycle.connect(origin, id, context.signal);
      const toolCount = servers.get(origin, id).observed.tools.length;
      return { status: 'connected', toolCount, connectTime: report.connectTimeMs };
    },

    async disconnectServer({ params }, context) {
      const origin = context.origin;
      const { id } = servers.get(origin, params.id).record;
      context.audit.written = true;
      await lifecycle.disconnect(origin, id);
      return { status: 'disconnected' };
    },

    async connectServers({ body }, context) {
      const origin = context.origin;
      const outcomes = await lifecycle.connectAll(origin, body.serverIds, context.signal);
      const toolCount = (id: string) => servers.get(origin, id).observed.tools.length;
      const results = outcomes.map((outcome) =>
        renderBulkResult(outcome, {
          status: 'connected' as const,
          toolCount: outcome.error === undefined ? toolCount(outcome.serverId) : 0,
        }),
      );
      const failed = outcomes.filter((outcome) => outcome.error !== undefined).length;
      return { results, summary: { total: results.length, connected: results.length - failed, failed } };
    },

    async disconnectServers({ body }, context) {
      const outcomes = await lifecycle.disconnectAll(context.origin, body.serverIds);
      const results = outcomes.map((outcome) => renderBulkResult(outcome, { status: 'disconnected' as const }));
      const failed = outcomes.filter((outcome) => outcome.error !== undefined).length;
      return { results, summary: { total: results.length, disconnected: results.length - failed, failed } };
    },

    async readServerLog({ params, query }, context) {
      const sinceMs = query.since === undefined ? 0 : Date.parse(query.since);
      const { lines, follow } = query;
      const range = { lines, sinceMs };
      if (!follow && lines > 0 && lines <= WHOLE_ANSWER_LINES) {
        const entries = await logs.read(context.origin, params.id, range, context.signal);
        return new Json(`{"logs":[${entries.join(',')}]}`);
      }
      const stream = await logs.open(context.origin, params.id, { ...range, follow }, context.signal);
      return new StreamReply('application/x-ndjson', follow ? filledLines(stream) : stream);
    },
  };
}

function renderBulkResult<Good extends { status: string }>({ serverId, error }: BulkOutcome, good: Good) {
  return error === undefined ? { serverId, ...good } : ({ serverId, status: 'error', error } as const);
}

function renderPing({ timeMs, passed, durationMs }: HealthPing) {
  return { timestamp: isoTime(timeMs), status: passed ? 'passed' : 'failed', durationMs };
}

/** A server as `seeds/003` prints it. @param caller the reader */
export function render({ record, observed }: ServerView, caller: Caller): Server {
  // The server is used in the name of the user who consents. Not every caller who sees the server may decide that.
  const mayConsent = observed.authorizationUrl !== '' && isAllowed(caller, 'server.write');
  const health = serverHealth(record, observed);
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    status: shownState(observed),
    toolCount: observed.state === 'connected' ? observed.tools.length : 0,
    transport: shownTransport(caller, record.transport) as Server['transport'],
    auth: maskedAuth(record.auth) as Server['auth'],
    healthCheck: record.healthCheck,
    rateLimits: record.rateLimits,
    limits: callLimits(record),
    cache: record.cache ?? null,
    metadata: { ...record.metadata, tags: [...record.metadata.tags] },
    groupId: record.groupId,
    enabled: record.enabled,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
    site: record.site,
    agentId: record.agentId,
    ...(record.ownerId === undefined ? {} : { personal: true }),
    runtime: {
      error: observed.error === '' ? null : observed.error,
      connecting: observed.state === 'connecting',
      authorizationUrl: mayConsent ? observed.authorizationUrl : null,
      pid: observed.pid || null,
      version: observed.version || null,
      attempt: observed.attempt,
      nextAttemptAt: isoTimeOrNull(observed.nextAttemptMs),
      health,
      healthReason: (health === 'degraded' ? observed.degraded : health === 'down' ? observed.error : '') || null,
    },
  };
}
