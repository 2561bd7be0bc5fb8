import { type Static, Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { ServerView } from '../../domain/servers/servers.js';
import { sourceLine } from '../../domain/servers/transport.js';
import { type Context, endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNull } from '../shared/values.js';

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Status = Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy'), Type.Literal('updating')], {
  title: 'ServerStatus',
});
const ServerParams = Type.Object({
  server_name: Type.String({ minLength: 1, maxLength: 64, description: 'Name or id' }),
});
const Timeout = Type.Integer({ minimum: 0, maximum: 600, default: 30, description: 'Seconds' });

const common = {
  name: Type.String(),
  status: Status,
  version: TextOrNull,
  description: Type.String(),
  /** Extensions: the detailed state of the server, its id and its site. */
  state: Type.String({
    enum: ['running', 'degraded', 'starting', 'stopping', 'stopped', 'error', 'unreachable', 'updating'],
  }),
  reason: TextOrNull,
  id: Type.String({ format: 'uuid' }),
  site: Type.String(),
};
const counts = {
  uptime: Type.Integer({ description: 'Seconds since the hub saw it connect; 0 while it is not connected' }),
  request_count: Type.Integer({ description: 'Tool calls since the hub started' }),
  error_rate: Type.Number({ description: 'Share of them that failed, 0 to 1' }),
};

const Server = Type.Object({ ...common, last_check: TimeOrNull, metrics: Type.Object(counts) }, { title: 'Server' });
export type Server = Static<typeof Server>;

const ServerDetails = Type.Object(
  {
    ...common,
    configuration: Type.Object({
      repository: Type.String({ description: 'The source of its code: a package, a command, a URL' }),
      auto_update: Type.Boolean({ description: 'A workflow that updates it is scheduled, and it has versions' }),
      health_check_interval: Type.Number({ description: 'Seconds; 0 where health checks are off' }),
    }),
    metrics: Type.Object({
      ...counts,
      response_time_avg: Type.Number({ description: 'Milliseconds' }),
      last_error: Type.Union([Type.Object({ message: Type.String(), timestamp: Time }), Type.Null()]),
    }),
    health_checks: Type.Array(
      Type.Object({
        timestamp: Time,
        status: Type.Union([Type.Literal('passed'), Type.Literal('failed')]),
        duration_ms: Type.Integer(),
      }),
      { description: 'The last ones, newest first' },
    ),
  },
  { title: 'ServerDetails' },
);

const begun = <const S extends string>(status: S) =>
  Type.Object({
    server: Type.String(),
    status: Type.Literal(status),
    message: Type.String(),
    job_id: Type.String({ format: 'uuid', description: 'Extension: the job that does it' }),
  });

/** `seeds/000`, "Server Management". */
export const serverEndpoints = {
  listServers: endpoint({
    method: 'GET',
    path: '/api/v1/servers',
    summary: 'List all MCP servers with their current status',
    description:
      "The list holds the servers that the caller's grants cover. A server that is stopped, starting or failing is `unhealthy`; `state` says which.",
    permission: 'server.read',
    query: Type.Object({
      status: Type.Optional(Type.Union(Status.anyOf, { ...Status, description: 'Only servers with this status' })),
      sort: Type.Union([Type.Literal('name'), Type.Literal('status'), Type.Literal('version')], {
        default: 'name',
        description: 'Field to sort by',
      }),
      order: Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
        default: 'asc',
        description: 'Ascending or descending',
      }),
    }),
    response: Type.Object({
      servers: Type.Array(Server),
      total: Type.Integer({ description: 'All servers that the caller may see, whatever the filter' }),
      healthy: Type.Integer(),
      unhealthy: Type.Integer(),
    }),
  }),
  getServer: endpoint({
    method: 'GET',
    path: '/api/v1/servers/{server_name}',
    summary: 'Detailed information about an MCP server',
    description:
      'The answer adds the source of the server, figures about its calls, its last error and its last health checks, newest first.',
    permission: 'server.read',
    params: ServerParams,
    response: ServerDetails,
  }),
  startServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{server_name}/start',
    summary: 'Start a stopped MCP server',
    description:
      'The hub answers at once with the id of the job that starts the server. A running server stays as it is. If the agent of the server is not connected, the answer is 503, and nothing changes.',
    permission: 'server.operate',
    audit: 'server.start',
    params: ServerParams,
    response: begun('starting'),
    status: 202,
  }),
  stopServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{server_name}/stop',
    summary: 'Stop a running MCP server',
    description:
      'The agent asks the process to end, and kills its whole process group if it still runs after `timeout` seconds, or at once with `force`. Running calls fail. If the agent is not connected, it stops the server when it is back.',
    permission: 'server.operate',
    audit: 'server.stop',
    params: ServerParams,
    body: Type.Object({ force: Type.Boolean({ default: false }), timeout: Timeout }),
    example: { force: false, timeout: 10 },
    bodyOptional: true,
    response: begun('stopping'),
    status: 202,
  }),
  restartServer: endpoint({
    method: 'POST',
    path: '/api/v1/servers/{server_name}/restart',
    summary: 'Restart an MCP server',
    description:
      'With `graceful`, running calls may finish first, for `timeout` seconds at most. The hub refuses calls that come in the meantime. If the agent of the server is not connected, the answer is 503, and nothing changes.',
    permission: 'server.operate',
    audit: 'server.restart',
    params: ServerParams,
    body: Type.Object({ graceful: Type.Boolean({ default: true }), timeout: Timeout }),
    example: { graceful: true, timeout: 10 },
    bodyOptional: true,
    response: begun('restarting'),
    status: 202,
  }),
};

export function serverHandlers(domain: Domain): Handlers<typeof serverEndpoints> {
  const { servers, status, serverMetrics, operations, workflows } = domain;

  const common = (view: ServerView) => {
    const { record, observed } = view;
    return {
      name: record.name,
      status: status.statusOf(view),
      version: observed.version || record.version || record.metadata.version,
      description: record.description,
      state: status.stateOf(view),
      reason: observed.error || observed.degraded || null,
      id: record.id,
      site: record.site,
    };
  };
  const counts = ({ record: { id } }: ServerView) => {
    const { requestCount, errorCount } = serverMetrics.calls(id);
    const rate = requestCount === 0 ? 0 : Math.round((errorCount / requestCount) * 1e6) / 1e6;
    return { uptime: serverMetrics.uptime(id), request_count: requestCount, error_rate: rate };
  };
  const render = (view: ServerView): Server => ({
    ...common(view),
    last_check: isoTimeOrNull(status.lastCheck(view)),
    metrics: counts(view),
  });
  const begin = async <S extends string>(
    operation: 'start' | 'stop' | 'restart',
    name: string,
    options: Parameters<typeof operations.submit>[3],
    context: Context,
    shown: S,
  ) => {
    const { record, job } = await operations.submit(context.origin, operation, name, options);
    context.audit.written = true;
    return { server: record.name, status: shown, message: `Server ${operation} initiated`, job_id: job.id };
  };

  return {
    listServers({ query }, context) {
      const { sort, order } = query;
      const views = servers.list(context.origin);
      const counts = { healthy: 0, unhealthy: 0, updating: 0 };
      const shown: Server[] = [];
      for (const view of views) {
        const state = status.statusOf(view);
        counts[state] += 1;
        if (query.status === undefined || state === query.status) shown.push(render(view));
      }
      shown.sort((a, b) => compare(a[sort], b[sort]) || compare(a.name, b.name));
      if (order === 'desc') shown.reverse();
      return { servers: shown, total: views.length, healthy: counts.healthy, unhealthy: counts.unhealthy };
    },

    getServer({ params }, context) {
      const view = servers.get(context.origin, params.server_name);
      const { record, observed } = view;
      const { requestCount, durationMs, lastError } = serverMetrics.calls(record.id);
      const { enabled, intervalMs } = record.healthCheck;
      return {
        ...common(view),
        configuration: {
          repository: sourceLine(view.record.transport),
          auto_update: Boolean(observed.version || record.version) && workflows.updatesRegularly(record),
          health_check_interval: enabled ? intervalMs / 1000 : 0,
        },
        metrics: {
          ...counts(view),
          response_time_avg: requestCount === 0 ? 0 : Math.round((durationMs / requestCount) * 1000) / 1000,
          last_error: lastError && { message: lastError.message, timestamp: isoTime(lastError.time) },
        },
        health_checks: observed.pings
          .map((ping) => ({
            timestamp: isoTime(ping.timeMs),
            status: ping.passed ? ('passed' as const) : ('failed' as const),
            duration_ms: ping.durationMs,
          }))
          .reverse(),
      };
    },

    startServer: ({ params }, context) => begin('start', params.server_name, {}, context, 'starting'),
    stopServer: ({ params, body }, context) => begin('stop', params.server_name, body, context, 'stopping'),
    restartServer: ({ params, body }, context) => begin('restart', params.server_name, body, context, 'restarting'),
  };
}

const collator = new Intl.Collator('en', { numeric: true });

/** Versions in their order (`1.9` before `1.10`), servers without a version first. */
function compare(a: string | null, b: string | null): number {
  return collator.compare(a ?? '', b ?? '');
}
