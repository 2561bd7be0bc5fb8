import type { Caller } from '../../domain/access/caller.js';
import { mayUseTool } from '../../domain/access/grants.js';
import { allows } from '../../domain/access/permissions.js';
import type { HealthPing } from '../../domain/agents/fleet.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { callLimits } from '../../domain/servers/call-limits.js';
import { serverHealth } from '../../domain/servers/health.js';
import type { BulkOutcome } from '../../domain/servers/lifecycle.js';
import { type ServerView, shownState } from '../../domain/servers/servers.js';
import { maskedAuth, maskedTransport } from '../../domain/servers/transport.js';
import { type Handlers, Json, reply, StreamReply } from '../../http/endpoint.js';
import { filledLines } from '../../http/fill.js';
import { originOf } from './origin.js';
import type { Server, serverEndpoints } from './servers.js';

/** A log of up to this number of lines is one JSON answer; a longer log is streamed, so that no answer grows in memory without bound. */
const WHOLE_ANSWER_LINES = 10_000;

export function serverHandlers({ servers, lifecycle, logs }: Domain): Handlers<typeof serverEndpoints> {
  return {
    listServers({ query }, context) {
      const { status, groupId, tags, enabled } = query;
      const filter = { state: status, groupId, enabled, tags: tags?.split(',').map((tag) => tag.trim()) };
      return servers.list(originOf(context), filter).map((view) => render(view, context.caller));
    },

    async createServer({ body }, context) {
      return render(await lifecycle.create(originOf(context), body), context.caller);
    },

    getServer({ params }, context) {
      const view = servers.get(originOf(context), params.id);
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
      return render(await lifecycle.update(originOf(context), params.id, body), context.caller);
    },

    async deleteServer({ params }, context) {
      await lifecycle.delete(originOf(context), params.id);
      return reply(undefined, { message: 'Server deleted successfully' });
    },

    async connectServer({ params }, context) {
      const origin = originOf(context);
      const { id } = servers.get(origin, params.id).record;
      // From here on the domain writes the entry, also of failures.
      context.audit.written = true;
      const report = await lifecycle.connect(origin, id, context.signal);
      const toolCount = servers.get(origin, id).observed.tools.length;
      return { status: 'connected', toolCount, connectTime: report.connectTimeMs };
    },

    async disconnectServer({ params }, context) {
      const origin = originOf(context);
      const { id } = servers.get(origin, params.id).record;
      context.audit.written = true;
      await lifecycle.disconnect(origin, id);
      return { status: 'disconnected' };
    },

    async connectServers({ body }, context) {
      const origin = originOf(context);
      const outcomes = await lifecycle.connectAll(origin, body.serverIds, context.signal);
      const toolCount = (id: string) => servers.get(origin, id).observed.tools.length;
      const results = outcomes.map((outcome) =>
        bulkResult(outcome, {
          status: 'connected' as const,
          toolCount: outcome.error === undefined ? toolCount(outcome.serverId) : 0,
        }),
      );
      const failed = outcomes.filter((outcome) => outcome.error !== undefined).length;
      return { results, summary: { total: results.length, connected: results.length - failed, failed } };
    },

    async disconnectServers({ body }, context) {
      const outcomes = await lifecycle.disconnectAll(originOf(context), body.serverIds);
      const results = outcomes.map((outcome) => bulkResult(outcome, { status: 'disconnected' as const }));
      const failed = outcomes.filter((outcome) => outcome.error !== undefined).length;
      return { results, summary: { total: results.length, disconnected: results.length - failed, failed } };
    },

    async readServerLog({ params, query }, context) {
      const sinceMs = query.since === undefined ? 0 : Date.parse(query.since);
      const range = { lines: query.lines, sinceMs, follow: query.follow };
      const stream = await logs.open(originOf(context), params.id, range, context.signal);
      if (query.follow) return new StreamReply('application/x-ndjson', filledLines(stream));
      if (query.lines === 0 || query.lines > WHOLE_ANSWER_LINES) return new StreamReply('application/x-ndjson', stream);
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const lines = Buffer.concat(chunks).toString().trimEnd();
      return new Json(`{"logs":[${lines.replaceAll('\n', ',')}]}`);
    },
  };
}

function bulkResult<Good extends { status: string }>({ serverId, error }: BulkOutcome, good: Good) {
  return error === undefined ? { serverId, ...good } : ({ serverId, status: 'error', error } as const);
}

function renderPing({ timeMs, passed, durationMs }: HealthPing) {
  return { timestamp: isoTime(timeMs), status: passed ? 'passed' : 'failed', durationMs };
}

/** A server as `seeds/003` prints it. @param caller the reader */
export function render({ record, observed }: ServerView, caller: Caller): Server {
  // The user who consents decides in whose name the server is used. Not every caller who sees the server may do that.
  const mayConsent = observed.authorizationUrl !== '' && allows(caller.role, 'server.write');
  const health = serverHealth(record, observed);
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    status: shownState(observed),
    toolCount: observed.state === 'connected' ? observed.tools.length : 0,
    transport: maskedTransport(record.transport) as Server['transport'],
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
