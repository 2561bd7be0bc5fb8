import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { Circuit } from '../../domain/monitor/monitor.js';
import { shownState } from '../../domain/servers/servers.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';

const CircuitState = Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('half-open')], {
  title: 'CircuitState',
});

/** `seeds/003`, "Monitoring & Metrics"; `hub/http/metrics.ts` has `/metrics`, which is the same for all APIs. */
export const monitorEndpoints = {
  getMonitor: endpoint({
    method: 'GET',
    path: '/api/monitor',
    summary: "Get monitoring dashboard data, within the key's grants",
    description: 'The answer has counts, the state of each server, the last 20 events and the circuit breakers.',
    permission: 'monitor.read',
    response: Type.Object({
      overview: Type.Object({
        totalServers: Type.Integer(),
        connectedServers: Type.Integer(),
        totalTools: Type.Integer({ description: 'Of connected servers' }),
        uptime: Type.Integer({ description: 'Seconds' }),
        requestsToday: Type.Integer({ description: 'Requests since UTC midnight, of all APIs and callers' }),
      }),
      servers: Type.Array(
        Type.Object(
          {
            id: Id,
            name: Type.String(),
            status: Type.Union([Type.Literal('connected'), Type.Literal('disconnected'), Type.Literal('error')]),
            toolCount: Type.Integer(),
            site: Type.String(),
            error: Type.Union([Type.String(), Type.Null()]),
          },
          { title: 'MonitoredServer' },
        ),
      ),
      recentActivity: Type.Array(
        Type.Object(
          {
            id: Type.Integer({ description: 'Number in the event journal' }),
            type: Type.String(),
            timestamp: Time,
            data: Type.Record(Type.String(), Type.Unknown()),
          },
          { title: 'Activity' },
        ),
        { description: 'The last 20 events, newest first' },
      ),
      circuitBreakers: Type.Array(
        Type.Object(
          {
            serverId: Id,
            serverName: Type.String(),
            state: CircuitState,
            failures: Type.Integer(),
            lastFailure: TimeOrNull,
          },
          { title: 'CircuitBreakerSummary' },
        ),
      ),
    }),
  }),
  listCircuitBreakers: endpoint({
    method: 'GET',
    path: '/api/monitor/circuit-breakers',
    summary: 'Get circuit breaker states for all servers; half-open: the cooldown is over, and the next call decides',
    description:
      'The hub opens the circuit of a server after several failures in a row, and refuses calls to it with 503 until the cooldown is over.',
    permission: 'monitor.read',
    response: Type.Array(
      Type.Object(
        {
          serverId: Id,
          serverName: Type.String(),
          state: CircuitState,
          failures: Type.Integer({ description: 'In a row; while open, those that opened it' }),
          successCount: Type.Integer({ description: 'Since the last change of state' }),
          lastStateChange: Time,
          cooldownEndsAt: Type.Optional(Time),
        },
        { title: 'CircuitBreaker' },
      ),
    ),
  }),
};

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
