import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { ServerView } from '../../domain/servers/servers.js';
import type { Context, Handlers } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import type { Server, serverEndpoints } from './servers.js';

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
    const { record, job } = await operations.submit(originOf(context), operation, name, options);
    context.audit.written = true;
    return { server: record.name, status: shown, message: `Server ${operation} initiated`, job_id: job.id };
  };

  return {
    listServers({ query }, context) {
      const all = servers.list(originOf(context)).map(render);
      const { sort, order } = query;
      const shown = all.filter((server) => query.status === undefined || server.status === query.status);
      shown.sort((a, b) => compare(a[sort], b[sort]) || compare(a.name, b.name));
      if (order === 'desc') shown.reverse();
      const count = (wanted: string) => all.filter((server) => server.status === wanted).length;
      return { servers: shown, total: all.length, healthy: count('healthy'), unhealthy: count('unhealthy') };
    },

    getServer({ params }, context) {
      const view = servers.get(originOf(context), params.server_name);
      const { record, observed } = view;
      const { requestCount, durationMs, lastError } = serverMetrics.calls(record.id);
      const { enabled, intervalMs } = record.healthCheck;
      return {
        ...common(view),
        configuration: {
          repository: repositoryOf(view),
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

function repositoryOf({ record: { transport } }: ServerView): string {
  return transport.type === 'stdio' ? [transport.command, ...transport.args].join(' ') : transport.url;
}

/** Versions in their order (`1.9` before `1.10`), servers without a version first. */
function compare(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '', 'en', { numeric: true });
}
