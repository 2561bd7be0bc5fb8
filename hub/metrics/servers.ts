import { isSharedOrOwn, maySee, mayUseTool } from '../domain/access/grants.js';
import type { Domain } from '../domain/domain.js';
import type { ServerRecord } from '../domain/servers/record.js';
import { type Families, family, isWhole, type Reader } from './series.js';

/** Numbers of the documented gauge of circuit states. */
const circuitStates = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Many people may read the names in series, so private servers are counted together, under a name that no server can have. */
const PRIVATE = '(private)';

/** Whether a caller sees series of a server by its name. No caller sees those of a private server. */
export function seesSeriesOf(reader: Reader, server: ServerRecord): boolean {
  return server.ownerId === undefined && maySee(reader, server);
}

/**
 * Servers, their circuits and the calls of their tools, as far as the caller's grants cover them. The series of a deleted server end. Only a caller
 * without grants gets the sum of all private servers.
 */
export function serverFamilies(domain: Domain): Families {
  const { registry: servers, observed, breakers, outcomes } = domain;
  const own = { success: new Total(), error: new Total() };

  function* invocations(reader: Reader) {
    // The sum is made in one step: otherwise the calls between two readings would count as removed.
    const sums = { success: 0, error: 0 };
    for (const { serverId, success, error } of outcomes.all()) {
      if (servers.byId(serverId)?.ownerId === undefined) continue;
      sums.success += success;
      sums.error += error;
    }
    const totals = { success: own.success.with(sums.success), error: own.error.with(sums.error) };
    for (const { serverId, tool, success, error } of outcomes.all()) {
      const record = servers.byId(serverId);
      if (record?.ownerId !== undefined || !record || !seesSeriesOf(reader, record) || !mayUseTool(reader, tool)) {
        yield undefined;
        continue;
      }
      if (success > 0) yield [{ tool, server: record.name, status: 'success' }, success] as const;
      if (error > 0) yield [{ tool, server: record.name, status: 'error' }, error] as const;
    }
    for (const status of ['success', 'error'] as const) {
      const total = totals[status];
      if (total > 0 && isWhole(reader)) yield [{ tool: PRIVATE, server: PRIVATE, status }, total] as const;
    }
  }

  function* circuits(reader: Reader) {
    let worst: number | undefined;
    for (const server of servers.all()) {
      const state = circuitStates[breakers.view(server).state];
      if (server.ownerId !== undefined) worst = Math.max(worst ?? 0, state);
      else if (seesSeriesOf(reader, server)) yield [{ server: server.name }, state] as const;
    }
    if (worst !== undefined && isWhole(reader)) yield [{ server: PRIVATE }, worst] as const;
  }

  /** The servers that a caller's numbers count. A caller without grants gets the numbers of all servers. */
  const counted = (reader: Reader) =>
    isWhole(reader)
      ? [...servers.all()]
      : [...servers.all()].filter((server) => isSharedOrOwn(reader, server) && maySee(reader, server));

  return function* (reader) {
    yield family('counter', 'mcp_connect_tool_invocations_total', 'Total tool invocations', () => invocations(reader));
    const all = counted(reader);
    const active = all.filter(({ id }) => observed.get(id).state === 'connected');
    yield family('gauge', 'mcp_connect_active_connections', 'Current active server connections', () => [
      [{}, active.length],
    ]);
    yield family(
      'gauge',
      'mcp_connect_circuit_breaker_state',
      'Circuit breaker state (0=closed, 1=half-open, 2=open)',
      () => circuits(reader),
    );
    yield family('gauge', 'mcp_servers_total', 'Total number of MCP servers', () => [[{}, all.length]]);
    // They are counted as in `GET /api/v1/status`.
    const isHealthy = (server: ServerRecord) =>
      domain.status.statusOf({ record: server, observed: observed.get(server.id) }) === 'healthy';
    yield family('gauge', 'mcp_servers_healthy', 'Number of healthy MCP servers', () => [
      [{}, all.filter(isHealthy).length],
    ]);
  };
}

/** A sum of parts that may be removed. The values of removed parts stay in it, since a counter never falls. */
class Total {
  #gone = 0;
  #last = 0;

  with(sum: number): number {
    if (sum < this.#last) this.#gone += this.#last - sum;
    this.#last = sum;
    return this.#gone + sum;
  }
}
