import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { seesSite } from '../access/grants.js';
import type { Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { ask } from '../agents/answer.js';
import type { ConnectedAgent, Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, invalid, notFound } from '../errors.js';
import type { RightsNow } from '../people/creators.js';
import { type EngineInfo, engineInfo } from './answers.js';

/** Which Docker Engine a request is for; default: the only one. */
export interface HostChoice {
  readonly site?: string | undefined;
  /** The agent's name or id, if a site has several engines. */
  readonly agent?: string | undefined;
  /** The agent's id or name, where the address of a request names the engine: an unknown one is `not_found`, not `invalid_input`. */
  readonly host?: string | undefined;
}

/** How long an engine's agent may take to describe it, milliseconds. */
const ASK_MS = 5_000;
/** How long the hub remembers that an agent has no engine, milliseconds. */
const FORGET_MS = 15_000;
const CAPABILITY = 'docker/';

/** An agent that can use a Docker Engine, with the engine's description, or the reason why there is none. */
export interface DockerHost {
  readonly agent: ConnectedAgent;
  readonly info?: EngineInfo;
  readonly error?: string;
}

export interface HostParts {
  readonly agents: Agents;
  readonly rightsNow: RightsNow;
  readonly streams: GuardedStreams;
  readonly fleet: () => Fleet;
}

/** The caller of work at an engine, the engine's agent, and the permission that the caller needs. */
interface EngineWork {
  readonly origin: RequestOrigin;
  readonly agent: ConnectedAgent;
  readonly permission: Permission;
  readonly signal: Cancellation | undefined;
}

/** The Docker Engines of the fleet: one for each agent whose machine has one. */
export class DockerHosts {
  readonly #parts: HostParts;
  /** Agents whose hello did not mention an engine, and their later answers. An engine may start after its agent. */
  readonly #asked = new Map<string, { readonly at: number; readonly has: boolean }>();

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  /** All engines that the caller's grants cover, asked now; agents without an engine are left out, except agents whose engine is now out of reach. */
  async list(origin: RequestOrigin): Promise<DockerHost[]> {
    authorize(origin.caller, 'docker.read');
    const hosts = await Promise.all(this.#candidates(origin).map((agent) => this.#look(agent)));
    return hosts.filter(({ agent, info }) => info !== undefined || announced(agent));
  }

  /**
   * The agent of the chosen engine.
   * @param permission the permission that the caller needs for its request there
   * @throws DomainError `forbidden`, `invalid_input` listing the choices, `agent_unreachable` if the site's agents are not connected,
   * `not_found`.
   */
  async find(
    origin: RequestOrigin,
    { site, agent: named, host }: HostChoice,
    permission: Permission,
  ): Promise<ConnectedAgent> {
    authorize(origin.caller, permission);
    const all = this.#candidates(origin);
    if (host !== undefined) return this.#named(origin, all, host);
    if (named !== undefined) {
      const record = this.#parts.agents.find(origin, named, site)?.record;
      const agent = all.find(({ id }) => id === record?.id);
      if (!agent) throw this.#absent(origin, all, { site, agent: named });
      return agent;
    }
    const fits = all.filter(({ site: at }) => site === undefined || at === site);
    const [only] = fits;
    if (only && site === undefined) this.#checkAway(origin, only);
    // The only agent gets the request without a check: a problem of its engine is the answer.
    if (only && fits.length === 1) return only;
    if (!only) throw this.#absent(origin, all, { site });
    const has = await Promise.all(fits.map((agent) => this.#has(agent)));
    authorize(origin.caller && this.#parts.rightsNow(origin.caller), permission);
    const found = fits.filter((_, at) => has[at]);
    const [first] = found;
    if (!first)
      throw new DomainError('not_found', `no agent of ${sitesOf(fits)} finds a Docker Engine`, { resource: 'docker' });
    if (found.length === 1) return first;
    if (found.some((one) => one.site !== first.site))
      throw choice('site', 'several sites have a Docker Engine', [...new Set(found.map((one) => one.site))]);
    const names = found.map(({ name }) => name);
    throw choice('agent', `several agents of site '${first.site}' have a Docker Engine`, names);
  }

  /** @throws DomainError `forbidden` if the caller may not do this with the engine of an agent, `not_found` if it does not see the agent. */
  check(origin: RequestOrigin, agent: ConnectedAgent, permission: Permission): void {
    authorize(origin.caller, permission);
    if (!seesSite(origin, agent)) throw notFound('agent', agent.name);
  }

  /**
   * The same request with the rights that its caller has now. The hub asks for them right before it sends a change: the caller may have waited.
   * @throws DomainError as {@link DockerHosts.check} and {@link RightsNow}
   */
  now(origin: RequestOrigin, agent: ConnectedAgent, permission: Permission): RequestOrigin {
    const now = { ...origin, caller: origin.caller && this.#parts.rightsNow(origin.caller) };
    this.check(now, agent, permission);
    return now;
  }

  /** Does work at an engine, as {@link GuardedStreams.run} does it, for a caller who needs this permission there. */
  guarded<T>(
    { origin, agent, permission, signal }: EngineWork,
    work: (signal: Cancellation | undefined) => Promise<T>,
  ): Promise<T> {
    const check = (caller: Caller) => this.check({ ...origin, caller }, agent, permission);
    return this.#parts.streams.run(origin.caller, signal, check, work);
  }

  #candidates(origin: RequestOrigin): ConnectedAgent[] {
    const agents = this.#parts.fleet().agents();
    const ids = new Set(agents.map(({ id }) => id));
    for (const id of this.#asked.keys()) if (!ids.has(id)) this.#asked.delete(id);
    return agents.filter((agent) => agent.operations.includes('dockerInfo') && seesSite(origin, agent));
  }

  async #has(agent: ConnectedAgent): Promise<boolean> {
    if (announced(agent)) return true;
    const known = this.#asked.get(agent.id);
    if (known && (known.has || performance.now() - known.at < FORGET_MS)) return known.has;
    return (await this.#look(agent)).info !== undefined;
  }

  async #look(agent: ConnectedAgent): Promise<DockerHost> {
    try {
      const options = { kind: 'read', timeoutMs: ASK_MS } as const;
      const info = await ask<EngineInfo>(
        this.#parts.fleet(),
        agent.id,
        { case: 'dockerInfo', value: {} },
        engineInfo,
        options,
      );
      this.#asked.set(agent.id, { at: performance.now(), has: true });
      return { agent, info };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#asked.set(agent.id, { at: performance.now(), has: false });
      return { agent, error: error.message };
    }
  }

  #named(origin: RequestOrigin, all: readonly ConnectedAgent[], host: string): ConnectedAgent {
    const view = this.#parts.agents.find(origin, host);
    if (view && !view.connection) throw unreachable(view.record);
    const agent = all.find(({ id }) => id === view?.record.id);
    if (!agent) throw notFound('docker_host', host);
    return agent;
  }

  /** An agent of another site that is away may have the engine that the caller means. @throws DomainError `invalid_input` */
  #checkAway(origin: RequestOrigin, { site }: ConnectedAgent): void {
    const away = this.#parts.agents.list(origin).find(({ record, connection }) => !connection && record.site !== site);
    if (!away) return;
    const { name, site: at } = away.record;
    const sites = this.#parts.agents.sites(origin).map((one) => one.name);
    throw choice('site', `agent '${name}' of site '${at}' is not connected and may have a Docker Engine, too`, sites);
  }

  /** The error for an agent that is enrolled and not connected, or for the first such agent of a site. */
  #away(origin: RequestOrigin, { site, agent }: HostChoice): DomainError | undefined {
    const { agents } = this.#parts;
    if (agent !== undefined) {
      const view = agents.find(origin, agent, site);
      return view && !view.connection ? unreachable(view.record) : undefined;
    }
    const away = agents.list(origin).find(({ record, connection }) => !connection && record.site === site);
    return away && unreachable(away.record);
  }

  #absent(origin: RequestOrigin, all: readonly ConnectedAgent[], { site, agent }: HostChoice): DomainError {
    const away = this.#away(origin, { site, agent });
    if (away) return away;
    if (site === undefined && agent === undefined)
      return new DomainError('not_found', 'no connected agent can use a Docker Engine', { resource: 'docker' });
    const of = agent === undefined ? all : all.filter((one) => site === undefined || one.site === site);
    const names = [...new Set(of.map((one) => (agent === undefined ? one.site : one.name)))];
    const field = agent === undefined ? 'site' : 'agent';
    return choice(
      field,
      `there is no ${field} '${field === 'site' ? site : agent}' that can use a Docker Engine`,
      names,
    );
  }
}

function unreachable({ name, site }: { readonly name: string; readonly site: string }): DomainError {
  const message = `agent '${name}' at site '${site}' is not connected`;
  return new DomainError('agent_unreachable', message, { outcome: 'not_run' });
}

/** Whether the agent found an engine when it started. */
function announced({ capabilities }: ConnectedAgent): boolean {
  return capabilities.some((text) => text.startsWith(CAPABILITY));
}

function choice(field: 'site' | 'agent', problem: string, names: readonly string[]): DomainError {
  const { code, message, details } = invalid(field, `${problem}; expected one of: ${[...names].sort().join(', ')}`);
  return new DomainError(code, message, { ...details, [`${field}s`]: names });
}

function sitesOf(agents: readonly ConnectedAgent[]): string {
  const names = [...new Set(agents.map(({ site }) => `'${site}'`))];
  return names.length === 1 ? `site ${names[0]}` : `the sites ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
