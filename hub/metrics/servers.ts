import { Counter, Gauge, type Registry } from 'prom-client';
import { SYSTEM } from '../domain/audit/audit.js';
import type { Domain } from '../domain/domain.js';

/** Numbers of the documented gauge of circuit states. */
const circuitStates = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Servers, their circuits and their tools' calls. A server that is deleted takes its series with it. */
export function serverMetrics(registry: Registry, domain: Domain): void {
  const { registry: servers, health, breakers, outcomes } = domain;
  const registers = [registry];
  const connections = () => health.report().connections;
  new Counter({
    name: 'mcp_connect_tool_invocations_total',
    help: 'Total tool invocations',
    labelNames: ['tool', 'server', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { serverId, tool, success, error } of outcomes.all()) {
        const server = servers.byId(serverId)?.name;
        if (server === undefined) continue;
        if (success > 0) this.inc({ tool, server, status: 'success' }, success);
        if (error > 0) this.inc({ tool, server, status: 'error' }, error);
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
      for (const server of servers.all()) this.set({ server: server.name }, circuitStates[breakers.view(server).state]);
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
