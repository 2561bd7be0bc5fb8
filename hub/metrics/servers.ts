import { Counter, Gauge, type Registry } from 'prom-client';
import { SYSTEM } from '../domain/audit/audit.js';
import type { Domain } from '../domain/domain.js';

/** Numbers of the documented gauge of circuit states. */
const circuitStates = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Many may read the names in series: private servers are counted together, under a name that no server can have. */
const PRIVATE = '(private)';

/** Servers, their circuits and their tools' calls. A server that is deleted takes its series with it. */
export function serverMetrics(registry: Registry, domain: Domain): void {
  const { registry: servers, health, breakers, outcomes } = domain;
  const registers = [registry];
  const connections = () => health.report().connections;
  const own = { success: new Total(), error: new Total() };
  new Counter({
    name: 'mcp_connect_tool_invocations_total',
    help: 'Total tool invocations',
    labelNames: ['tool', 'server', 'status'],
    registers,
    collect() {
      this.reset();
      const sums = { success: 0, error: 0 };
      for (const { serverId, tool, success, error } of outcomes.all()) {
        const record = servers.byId(serverId);
        if (record?.ownerId !== undefined) {
          sums.success += success;
          sums.error += error;
        } else if (record) {
          if (success > 0) this.inc({ tool, server: record.name, status: 'success' }, success);
          if (error > 0) this.inc({ tool, server: record.name, status: 'error' }, error);
        }
      }
      for (const status of ['success', 'error'] as const) {
        const total = own[status].with(sums[status]);
        if (total > 0) this.inc({ tool: PRIVATE, server: PRIVATE, status }, total);
      }
    },
  });
  new Gauge({
    name: 'mcp_connect_active_connections',
    help: 'Current active server connections',
    registers,
    collect() {
      this.set(connections().active);
    },
  });
  new Gauge({
    name: 'mcp_connect_circuit_breaker_state',
    help: 'Circuit breaker state (0=closed, 1=half-open, 2=open)',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      let worst: number | undefined;
      for (const server of servers.all()) {
        const state = circuitStates[breakers.view(server).state];
        if (server.ownerId === undefined) this.set({ server: server.name }, state);
        else worst = Math.max(worst ?? 0, state);
      }
      if (worst !== undefined) this.set({ server: PRIVATE }, worst);
    },
  });
  new Gauge({
    name: 'mcp_servers_total',
    help: 'Total number of MCP servers',
    registers,
    collect() {
      this.set(connections().total);
    },
  });
  new Gauge({
    name: 'mcp_servers_healthy',
    help: 'Number of healthy MCP servers',
    registers,
    collect() {
      // As `GET /api/v1/status` counts them.
      this.set(domain.servers.list(SYSTEM).filter((view) => domain.status.statusOf(view) === 'healthy').length);
    },
  });
}

/** A sum of parts that may go: the values of parts that went stay in it, since a counter never falls. */
class Total {
  #gone = 0;
  #last = 0;

  with(sum: number): number {
    if (sum < this.#last) this.#gone += this.#last - sum;
    this.#last = sum;
    return this.#gone + sum;
  }
}
