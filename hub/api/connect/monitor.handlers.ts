import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { Circuit } from '../../domain/monitor/monitor.js';
import { shownState } from '../../domain/servers/servers.js';
import type { Handlers } from '../../http/endpoint.js';
import type { monitorEndpoints } from './monitor.js';

export function monitorHandlers({ monitor }: Domain): Handlers<typeof monitorEndpoints> {
  return {
    async getMonitor(_input, { caller }) {
      const dashboard = await monitor.dashboard(caller);
      const { totalServers, connectedServers, totalTools, uptime, requestsToday } = dashboard;
      return {
        overview: { totalServers, connectedServers, totalTools, uptime, requestsToday },
        servers: dashboard.servers.map(({ record, observed }) => ({
          id: record.id,
          name: record.name,
          status: shownState(observed),
          toolCount: observed.state === 'connected' ? observed.tools.length : 0,
          site: record.site,
          error: observed.error === '' ? null : observed.error,
        })),
        recentActivity: dashboard.recentActivity.map(({ seq, type, time, data }) => ({
          id: seq,
          type,
          timestamp: isoTime(time),
          data: { ...data },
        })),
        circuitBreakers: dashboard.circuits.map(({ server, state, failures, lastFailure }) => ({
          ...nameOf(server),
          state,
          failures,
          lastFailure: isoTimeOrNull(lastFailure ?? undefined),
        })),
      };
    },

    listCircuitBreakers: (_input, { caller }) =>
      monitor.circuits(caller).map(({ server, state, failures, successCount, lastStateChange, cooldownEndsAt }) => ({
        ...nameOf(server),
        state,
        failures,
        successCount,
        lastStateChange: isoTime(lastStateChange),
        ...(cooldownEndsAt === null ? {} : { cooldownEndsAt: isoTime(cooldownEndsAt) }),
      })),
  };
}

function nameOf({ id, name }: Circuit['server']) {
  return { serverId: id, serverName: name };
}
