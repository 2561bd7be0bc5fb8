import type { RequestOrigin } from '../access/caller.js';
import { seesSite } from '../access/grants.js';
import type { Agents, AgentView } from '../agents/agents.js';
import { DomainError, invalid } from '../errors.js';
import type { Collection, Store } from '../store.js';

/** The site that wins if several sites are possible and the client named none. */
const LOCAL_SITE = 'local';
const RETRY_AFTER_S = 30;
/** More than any number of things at one agent, so that an agent that is away comes last. */
const AWAY = 1_000_000;

/** The site and the agent that a thing is pinned to. */
export interface Placement {
  readonly site: string;
  readonly agentId: string;
}

/** A request for an agent. */
interface Wanted {
  /** The site that the client named. */
  readonly site: string | undefined;
  /** If several sites are possible: take the agent with the most room, in place of an error. */
  readonly anywhere?: boolean;
  /** The number of things that are pinned to an agent already; default: all agents have the same room. */
  readonly load?: (agentId: string) => number;
  /** The sites that errors name; default: all sites with a possible agent. */
  readonly listed?: readonly string[];
  /** The words of the errors. */
  readonly words: {
    /** No agent is possible. */
    readonly none: string;
    /** Why the client has to name a site. */
    readonly several: string;
    /** The named site has no possible agent; the list of sites follows. */
    readonly elsewhere: (site: string) => string;
  };
}

/**
 * Chooses an agent: of the named site, or else of the only site (`local` wins where it exists). Of several agents a connected agent wins, and
 * then the agent with the most room. @throws DomainError `invalid_input` naming `site` and listing the sites, `unavailable` if no agent is possible.
 */
export function place(
  possible: readonly AgentView[],
  { site, anywhere = false, load, listed, words }: Wanted,
): Placement {
  if (possible.length === 0) throw new DomainError('unavailable', words.none, { retryAfter: RETRY_AFTER_S });
  const sites = [...new Set(possible.map(({ record }) => record.site))];
  const shown = (listed ?? sites).join(', ');
  const wanted = site ?? (sites.length === 1 ? sites[0] : sites.find((name) => name === LOCAL_SITE));
  if (wanted === undefined && !anywhere) throw invalid('site', `needed, since ${words.several}: ${shown}`);
  const weight = ({ record, connection }: AgentView) => (load?.(record.id) ?? 0) + (connection ? 0 : AWAY);
  const there = possible.filter(({ record }) => wanted === undefined || record.site === wanted);
  const [first] = there.sort((a, b) => weight(a) - weight(b));
  if (!first) throw invalid('site', `${words.elsewhere(wanted ?? '')}: ${shown}`);
  return { site: first.record.site, agentId: first.record.id };
}

/** A kind of record that is pinned to agents, and whose agents have to know an operation. */
interface SitedKind<T extends { readonly id: string }> {
  /** It has an index `agent`. */
  readonly records: Collection<T>;
  readonly operation: string;
  /** The things that such agents can speak to, for error messages. */
  readonly partner: string;
}

/**
 * Checks before a thing is placed. The error says nothing about sites outside the grants, not even whether they exist.
 * @throws DomainError `forbidden` if the caller's grants cover no site, or not the named site.
 */
export function checkSite(origin: RequestOrigin, site: string | undefined, noun: string): void {
  if (seesSite(origin, { site: site ?? origin.caller?.grants?.sites?.[0] ?? '' })) return;
  const where = site === undefined ? '' : ` at site '${site}'`;
  throw new DomainError('forbidden', `this key's grants do not cover a ${noun}${where}`);
}

/**
 * Chooses an agent among those of the caller's sites that know an operation. The hub does not know the operations of an agent that is away.
 * @throws as {@link place}.
 */
export function placeAmongAble<T extends { readonly id: string }>(
  agents: Pick<Agents, 'list'>,
  store: Pick<Store, 'count'>,
  { records, operation, partner }: SitedKind<T>,
  origin: RequestOrigin,
  site: string | undefined,
): Placement {
  const able = agents.list(origin).filter(({ connection }) => connection?.operations.includes(operation) ?? true);
  const words = {
    none: `no agent that can speak to ${partner} is enrolled yet`,
    several: 'several sites could reach it',
    elsewhere: (named: string) => `no agent of site '${named}' can speak to ${partner}; sites`,
  };
  return place(able, { site, words, load: (id) => store.count(records, { index: 'agent', equals: id }) });
}
