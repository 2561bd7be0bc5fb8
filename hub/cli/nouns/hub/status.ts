import { command } from '../../frame/command.js';
import { worstFirst } from '../automation/alert.js';

/** `roundhouse status`. */
export const status = command({
  name: 'status',
  summary: 'show the state of the fleet: hub, sites, servers and alerts',
  example: 'roundhouse status',
  async run({ hub, out, signal }) {
    const asked = { signal };
    const [health, monitor, sites, agents, { alerts }] = await Promise.all([
      hub.connect.health.get(asked),
      hub.connect.monitor.get(asked),
      hub.connect.sites.list(asked),
      hub.connect.agents.list(asked),
      hub.automation.alerts.get({}, asked),
    ]);
    const { overview, servers, circuitBreakers } = monitor;
    if (out.form !== 'people') {
      const data = { health, overview, sites, agents, servers, circuitBreakers, alerts };
      return out.form === 'quiet' ? out.text(health.status) : out.data(data);
    }
    out.facts({
      hub: health.status,
      version: health.version,
      uptime: duration(overview.uptime),
      agents: `${agents.filter((agent) => agent.status === 'connected').length} of ${agents.length} connected`,
      servers: `${overview.connectedServers} of ${overview.totalServers} connected`,
      tools: overview.totalTools,
      'requests today': overview.requestsToday,
      alerts: alerts.length,
    });
    out.section('Sites', sites, {
      SITE: ({ name }) => name,
      AGENTS: ({ connectedAgents, agentCount }) => `${connectedAgents} of ${agentCount}`,
      SERVERS: ({ serverCount }) => serverCount,
    });
    out.section(
      'Servers that are not connected',
      servers.filter((server) => server.status !== 'connected'),
      {
        SERVER: ({ name }) => name,
        SITE: ({ site }) => site,
        STATUS: ({ status }) => status,
        REASON: ({ error }) => error,
      },
    );
    out.section(
      'Open circuits',
      circuitBreakers.filter(({ state }) => state !== 'closed'),
      { SERVER: ({ serverName }) => serverName, STATE: ({ state }) => state, FAILURES: ({ failures }) => failures },
    );
    out.section('Alerts', worstFirst(alerts), {
      SEVERITY: ({ severity }) => severity,
      SUBJECT: ({ subject }) => subject,
      ALERT: ({ title }) => title,
      SINCE: ({ triggered_at }) => triggered_at,
    });
  },
});

/** Seconds for people: `3 d 4 h`, `5 min`. */
export function duration(total: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  let left = Math.floor(total);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
