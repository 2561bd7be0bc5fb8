import { Type } from 'typebox';
import { mayUseTool } from '../../../domain/access/grants.js';
import type { Domain } from '../../../domain/domain.js';
import { isoTimeOrNull } from '../../../domain/moments.js';
import type { ServerView } from '../../../domain/servers/servers.js';
import { granted, operation } from './operation.js';

const server = Type.String({ minLength: 1, maxLength: 64, description: "The server's name or id" });
const timeout = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 600,
    description: 'Seconds that running calls, and then the process, may take to end',
  }),
);

/** Servers: their list and states, starting and stopping them. */
export const serverOperations = [
  operation({
    name: 'roundhouse_list_servers',
    title: 'List servers',
    description: 'List the MCP servers of the fleet with their site, state and number of tools.',
    permission: 'server.read',
    effect: 'read',
    input: Type.Object({
      state: Type.Optional(Type.Enum(['connected', 'disconnected', 'error'])),
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    }),
    run(domain, { state, site }, { origin }) {
      const views = domain.servers.list(origin, state === undefined ? {} : { state });
      const shown = views.filter(({ record }) => site === undefined || record.site === site);
      return { servers: shown.map((view) => brief(domain, view)), total: shown.length };
    },
  }),
  operation({
    name: 'roundhouse_get_server_status',
    title: "A server's status",
    description: 'How one MCP server is: state, reason of a failure, calls, errors, response time, last health checks.',
    permission: 'server.read',
    effect: 'read',
    input: Type.Object({ server }),
    run(domain, input, { origin, view: { caller } }) {
      const view = domain.servers.get(origin, input.server);
      const { record, observed } = view;
      const { requestCount, errorCount, durationMs } = domain.serverMetrics.calls(record.id);
      return {
        ...brief(domain, view),
        version: observed.version || null,
        enabled: record.enabled,
        wanted: record.wanted,
        requestCount,
        errorCount,
        averageMs: requestCount === 0 ? 0 : Math.round(durationMs / requestCount),
        uptimeSeconds: domain.serverMetrics.uptime(record.id),
        lastCheck: isoTimeOrNull(domain.status.lastCheck(view)),
        tools: observed.tools.map(({ name }) => name).filter((name) => mayUseTool(caller, name)),
      };
    },
  }),
  lifecycle('start', 'change', 'Start an MCP server. Returns a job; see roundhouse_get_job.'),
  lifecycle('stop', 'destructive', 'Stop an MCP server, and its running calls with it. Returns a job.'),
  lifecycle('restart', 'destructive', 'Stop and start an MCP server. Returns a job; see roundhouse_get_job.'),
];

function lifecycle(verb: 'start' | 'stop' | 'restart', effect: 'change' | 'destructive', description: string) {
  return operation({
    name: `roundhouse_${verb}_server`,
    title: `${verb[0]?.toUpperCase()}${verb.slice(1)} a server`,
    description,
    permission: 'server.operate',
    effect,
    audit: { action: `server.${verb}`, subject: 'server' },
    input: Type.Object({ server, ...(verb === 'start' ? {} : { timeout }) }),
    async run({ operations }, input, call) {
      const options = 'timeout' in input && typeof input.timeout === 'number' ? { timeout: input.timeout } : {};
      const { record, job } = await operations.submit(granted(call.origin), verb, input.server, {
        graceful: true,
        ...options,
      });
      return { server: record.name, jobId: job.id, status: job.status };
    },
  });
}

function brief({ status }: Domain, view: ServerView) {
  const { record, observed } = view;
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    site: record.site,
    state: status.stateOf(view),
    reason: observed.error || observed.degraded || null,
    toolCount: observed.tools.length,
    tags: record.metadata.tags,
  };
}
