import type { Agents, AgentView } from '../agents/agents.js';
import { DomainError, invalid } from '../errors.js';
import type { ServerRegistry } from './registry.js';

/** The site that wins where several could run a server and none was named. */
const LOCAL_SITE = 'local';

/**
 * The agent that a new server is pinned to: of the named site, or else the only agent (`local` wins where it exists).
 * A private server without a site goes to the agent with the most room if there are several.
 * @throws DomainError `invalid_input` naming `site` and listing the sites, `unavailable` if no agent is enrolled.
 */
export function placeServer(
  agents: Agents,
  registry: ServerRegistry,
  site: string | undefined,
  anywhere = false,
): { site: string; agentId: string } {
  const enrolled = agents.list();
  const sites = [...new Set(enrolled.map(({ record }) => record.site))];
  if (enrolled.length === 0)
    throw new DomainError('unavailable', 'no agent is enrolled yet: make a join token and start one', {
      retryAfter: 30,
    });
  const wanted = site ?? (sites.length === 1 ? sites[0] : sites.find((name) => name === LOCAL_SITE));
  if (wanted === undefined && !anywhere)
    throw invalid('site', `needed, since several sites could run it: ${sites.join(', ')}`);
  const candidates = enrolled.filter(({ record }) => wanted === undefined || record.site === wanted);
  const [first] = candidates.sort((a, b) => load(registry, a) - load(registry, b));
  if (!first) throw invalid('site', `unknown site '${wanted}'; known: ${sites.join(', ')}`);
  return { site: first.record.site, agentId: first.record.id };
}

/** Connected agents first, then agents with fewer servers. */
function load(registry: ServerRegistry, { record, connection }: AgentView): number {
  return registry.ofAgent(record.id).length + (connection ? 0 : 1_000_000);
}
