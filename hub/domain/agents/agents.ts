import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { type Grantable, maySee, maySeeSite, seesSite } from '../access/grants.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { Mirror } from '../mirror.js';
import { compareNames } from '../names.js';
import { retrying } from '../retrying.js';
import { collection, put, type Store, type Write } from '../store.js';
import { ask, askForJson } from './answer.js';
import type { CommandOptions, ConnectedAgent, EnrollmentRules, Fleet } from './fleet.js';
import type { JoinTokens } from './join-tokens.js';
import { optional, type Shape } from './shape.js';

/** The limit of a ping and of the question for the policy, milliseconds. */
const ASK_TIMEOUT_MS = 10_000;
/** The most certificates in the record of an agent, so that frequent renewals do not make it grow. */
const CERTIFICATES_KEPT = 8;

/** An enrolled agent. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  /** The newest certificates that were issued to it and have not expired; serial numbers in lower-case hex. */
  readonly certificates: readonly { readonly serial: string; readonly notAfter: number }[];
  /** Milliseconds since 1970. */
  readonly enrolledAt: number;
  readonly revokedAt: number | null;
  /** Counts the changes. Older records have none, which stands for 0. */
  readonly revision?: number;
}

/** When the agent's last certificate expires, in milliseconds since 1970; `undefined` while it has none. */
export function certificateEnd({ certificates }: AgentRecord): number | undefined {
  return certificates.length === 0 ? undefined : Math.max(...certificates.map(({ notAfter }) => notAfter));
}

const agents = collection<AgentRecord>('agents', 'agent', { site: { of: (agent) => agent.site } });

/** An agent as the APIs show it. */
export interface AgentView {
  readonly record: AgentRecord;
  readonly connection: ConnectedAgent | undefined;
}

/** A site: a label that agents share. */
export interface SiteView {
  readonly name: string;
  readonly agentCount: number;
  readonly connectedAgents: number;
  readonly serverCount: number;
}

/** The patterns of a section of a site's policy. */
interface PolicySection {
  readonly allow?: string[];
  readonly deny?: string[];
}

/** A site's policy, as the file at its agent has it: it limits the rights of the hub there. A section that is absent allows everything. */
type SitePolicy = { readonly read_only?: boolean } & Readonly<
  Partial<Record<'commands' | 'environment' | 'urls' | 'images' | 'namespaces' | 'device_commands', PolicySection>>
>;

const section = optional({ allow: optional(['text'] as const), deny: optional(['text'] as const) });
const policyShape: Shape<SitePolicy> = {
  read_only: optional('flag'),
  ...{ commands: section, environment: section, urls: section },
  ...{ images: section, namespaces: section, device_commands: section },
};

/** A server, as far as the counts of agents and sites need it. */
type PinnedServer = Grantable & { readonly agentId: string };

/** Enrolled agents and their sites. */
export class Agents implements EnrollmentRules {
  readonly #store: Store;
  readonly #records: Mirror<AgentRecord>;
  readonly #tokens: JoinTokens;
  readonly #fleet: () => Fleet;
  readonly #servers: () => Iterable<PinnedServer>;

  /**
   * @param fleet is a function, because the fleet needs these rules to start
   * @param servers gives all servers; a function for the same reason
   */
  constructor(store: Store, tokens: JoinTokens, fleet: () => Fleet, servers: () => Iterable<PinnedServer>) {
    this.#store = store;
    this.#records = new Mirror(store, agents);
    this.#tokens = tokens;
    this.#fleet = fleet;
    this.#servers = servers;
  }

  checkToken(token: string): void {
    this.#tokens.check(token);
  }

  async redeem(
    token: string,
    agent: { readonly name: string; readonly key: string },
  ): Promise<{ agentId: string; site: string }> {
    const before = this.#tokens.redeemedBy(token, agent.key);
    const known = before && this.#records.byId(before);
    if (known && known.revokedAt === null) return { agentId: known.id, site: known.site };
    const agentId = newId();
    // Another use of the token, or the revocation of its maker, may be on its way to the disk: the next attempt finds it.
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const { site, write, guards } = this.#tokens.redeem(token, agentId, agent.key);
      const name = agent.name || agentId;
      const record: AgentRecord = {
        id: agentId,
        name,
        site,
        certificates: [],
        enrolledAt: Date.now(),
        revokedAt: null,
      };
      const audit = changeAudit(SYSTEM, 'agent.enroll', { type: 'agent', id: agentId }, { name, site });
      await this.#store.apply({ by: null, writes: [write, put(agents, record, 'absent'), audit], guards });
      return { agentId, site };
    });
  }

  /**
   * Adds a certificate to an agent's record. A revocation that is under way wins.
   * @throws DomainError `not_found` if the agent is revoked.
   */
  async issued(agentId: string, certificate: { readonly serial: string; readonly notAfter: number }): Promise<void> {
    await retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const record = this.#get(agentId);
      const valid = record.certificates.filter((known) => known.notAfter > Date.now()).slice(1 - CERTIFICATES_KEPT);
      await this.#store.apply({ by: null, writes: [changed(record, { certificates: [...valid, certificate] })] });
    });
  }

  /**
   * Accepts a certificate that is not on record, too: this hub issued it after the backup from which the hub was restored.
   * Agents are revoked, not certificates.
   */
  identify(agentId: string): AgentRecord | 'revoked' | 'unknown' {
    const record = this.#records.byId(agentId);
    if (!record) return 'unknown';
    return record.revokedAt === null ? record : 'revoked';
  }

  /** The agents that are enrolled and not revoked, by site and name, at sites that the caller's grants cover. */
  list({ caller }: RequestOrigin = SYSTEM): AgentView[] {
    return [...this.#records.all()]
      .filter((record) => record.revokedAt === null && (caller === null || maySeeSite(caller, record.site)))
      .sort((a, b) => compareNames(a.site, b.site) || compareNames(a.name, b.name))
      .map((record) => this.#view(record));
  }

  /** Whether an agent is enrolled and connected. */
  isConnected(id: string): boolean {
    return this.#records.byId(id)?.revokedAt === null && this.#fleet().agent(id) !== undefined;
  }

  /** The sites that have an agent, by name, as far as the caller's grants cover them. */
  sites(origin: RequestOrigin = SYSTEM): SiteView[] {
    const sites = new Map<string, { name: string; agentCount: number; connectedAgents: number; serverCount: number }>();
    const counts = this.serverCounts(origin);
    for (const { record, connection } of this.list(origin)) {
      const site = sites.get(record.site) ?? { name: record.site, agentCount: 0, connectedAgents: 0, serverCount: 0 };
      site.agentCount += 1;
      site.connectedAgents += connection ? 1 : 0;
      site.serverCount += counts.get(record.id) ?? 0;
      sites.set(site.name, site);
    }
    return [...sites.values()];
  }

  /** How many servers the caller sees at each agent, by the agent's id; an agent without any is left out. */
  serverCounts({ caller }: RequestOrigin): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const server of this.#servers())
      if (caller === null || maySee(caller, server)) counts.set(server.agentId, (counts.get(server.agentId) ?? 0) + 1);
    return counts;
  }

  /** An agent. An agent whose site the grants leave out does not exist for the caller. @throws DomainError `not_found`. */
  get({ caller }: RequestOrigin, id: string): AgentView {
    const record = this.#get(id);
    if (caller && !maySeeSite(caller, record.site)) throw notFound('agent', id);
    return this.#view(record);
  }

  /**
   * The agent of an id or name, connected or not, at a site that the caller's grants cover; `undefined` if no agent has it. An agent chooses its
   * name, but neither its id nor its site: an id comes first, then `NAME@SITE`, then a name. So no agent leads a caller astray, or away from
   * another site's agent of the same name.
   * @param site only an agent at this site
   * @throws DomainError `conflict` if several agents have the name.
   */
  find(origin: RequestOrigin, idOrName: string, site?: string): AgentView | undefined {
    const fits = (record: AgentRecord) =>
      record.revokedAt === null && seesSite(origin, record) && (site === undefined || record.site === site);
    const byId = this.#records.byId(idOrName);
    if (byId) return fits(byId) ? this.#view(byId) : undefined;
    const all = [...this.#records.all()].filter(fits);
    const atSite = all.filter((record) => `${record.name}@${record.site}` === idOrName);
    const [only, ...others] = atSite.length > 0 ? atSite : all.filter(({ name }) => name === idOrName);
    if (others.length > 0) {
      const message = `several agents have the name '${idOrName}'. Name the agent as NAME@SITE, or by its id.`;
      throw new DomainError('conflict', message);
    }
    return only && this.#view(only);
  }

  #view(record: AgentRecord): AgentView {
    return { record, connection: this.#fleet().agent(record.id) };
  }

  /**
   * Pings an agent. Gives its echo as JSON text.
   * @throws DomainError `forbidden`, `not_found`, and as {@link Fleet.execute}.
   */
  async ping(origin: RequestOrigin, id: string, echo: string, asked: Pick<CommandOptions, 'signal'>) {
    authorize(origin.caller, 'agent.read');
    this.get(origin, id);
    const options = { signal: asked.signal, kind: 'read', timeoutMs: ASK_TIMEOUT_MS } as const;
    const operation = { case: 'noop', value: { echo: Buffer.from(echo) } } as const;
    const answer = await askForJson(this.#fleet(), id, operation, options);
    return Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString();
  }

  /**
   * Asks an agent for the policy of its site. Only the agent enforces it: the hub cannot change it.
   * @throws DomainError `forbidden`, `not_found`, `upstream_failed` for an answer of another form, and as {@link Fleet.execute}.
   */
  async policy(origin: RequestOrigin, id: string, asked: Pick<CommandOptions, 'signal'>) {
    authorize(origin.caller, 'server.write');
    this.get(origin, id);
    const options = { ...asked, kind: 'read', timeoutMs: ASK_TIMEOUT_MS } as const;
    return ask<SitePolicy>(this.#fleet(), id, { case: 'readPolicy', value: {} }, policyShape, options);
  }

  /**
   * Revokes an agent's identity: its live streams close, and it cannot come back without a new join token. @throws DomainError `forbidden`,
   * `not_found`.
   */
  async revoke(origin: RequestOrigin, id: string): Promise<AgentRecord> {
    authorize(origin.caller, 'agent.enroll');
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const { record } = this.get(origin, id);
      const revokedAt = Date.now();
      const details = { name: record.name, site: record.site };
      const audit = changeAudit(origin, 'agent.revoke', { type: 'agent', id }, details);
      await this.#store.apply({ by: origin.caller, writes: [changed(record, { revokedAt }), audit] });
      this.#fleet().disconnect(id, 'certificate revoked');
      return { ...record, revokedAt };
    });
  }

  #get(id: string): AgentRecord {
    const record = this.#records.byId(id);
    if (!record || record.revokedAt !== null) throw notFound('agent', id);
    return record;
  }
}

/** The store refuses this write if the record has changed since it was read: a certificate that is issued meanwhile must not undo a revocation. */
function changed(before: AgentRecord, change: Partial<AgentRecord>): Write {
  const revision = before.revision ?? 0;
  return put(agents, { ...before, ...change, revision: revision + 1 }, revision);
}
