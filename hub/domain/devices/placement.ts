import type { RequestOrigin } from '../access/caller.js';
import type { Agents, AgentView } from '../agents/agents.js';
import { DomainError, invalid } from '../errors.js';
import type { Store } from '../store.js';
import { deviceRecords } from './record.js';

/** The site that wins where several could reach a device and none was named. */
const LOCAL_SITE = 'local';

/**
 * The agent that a new device is pinned to, among those of the caller's sites that can speak to devices: of the named site, or else the only agent (`local` wins
 * where it exists). @throws DomainError `invalid_input` naming `site` and listing the sites, `unavailable` if no such agent is enrolled.
 */
export function placeDevice(
  origin: RequestOrigin,
  agents: Agents,
  store: Pick<Store, 'count'>,
  site: string | undefined,
): { readonly site: string; readonly agentId: string } {
  // The hub does not know the operations of an agent that is away.
  const able = agents.list(origin).filter(({ connection }) => connection?.operations.includes('putDevice') ?? true);
  if (able.length === 0)
    throw new DomainError('unavailable', 'no agent that can speak to network devices is enrolled yet', {
      retryAfter: 30,
    });
  const sites = [...new Set(able.map(({ record }) => record.site))];
  const wanted = site ?? (sites.length === 1 ? sites[0] : sites.find((name) => name === LOCAL_SITE));
  if (wanted === undefined) throw invalid('site', `needed, since several sites could reach it: ${sites.join(', ')}`);
  const load = ({ record, connection }: AgentView) =>
    store.count(deviceRecords, { index: 'agent', equals: record.id }) + (connection ? 0 : 1_000_000);
  const [first] = able.filter(({ record }) => record.site === wanted).sort((a, b) => load(a) - load(b));
  if (!first) throw invalid('site', `no agent of site '${wanted}' can speak to devices; sites: ${sites.join(', ')}`);
  return { site: wanted, agentId: first.record.id };
}
