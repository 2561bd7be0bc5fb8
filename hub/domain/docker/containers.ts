import type { RequestOrigin } from '../access/caller.js';
import { isOwnOrAdmin } from '../access/grants.js';
import { onceCommand } from '../agents/answer.js';
import type { DockerOperation } from '../agents/contract.js';
import type { CommandOptions, ConnectedAgent } from '../agents/fleet.js';
import type { Shape } from '../agents/shape.js';
import { maskedWords } from '../audit/arguments.js';
import type { Redactor } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, notFound } from '../errors.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import {
  type ContainerDetails,
  type ContainerOutcome,
  type ContainerSummary,
  type ContainerUsage,
  containerDetails,
  containerOutcome,
  containerSummary,
  containerUsage,
} from './answers.js';
import type { DockerHosts, HostChoice } from './hosts.js';
import { type DockerPort, noteChange } from './port.js';

/** How long the engine may take to answer, milliseconds; to stop a container it may also take the container's own stop time. */
const READ_MS = 60_000;
const SLACK_MS = 60_000;
/** The limit if the hub does not know the container's own stop time. */
const END_MS = 300_000;
/** More containers than an engine runs. */
export const EVERY = 10_000;

/** Which containers are listed. */
export interface ContainerQuery {
  /** Stopped containers, too. */
  readonly all: boolean;
  /** Text that their names hold; empty for all. */
  readonly name: string;
  /** `name` or `name=value`. */
  readonly labels: readonly string[];
  /** 0 for all that an agent lists. */
  readonly limit: number;
}

export interface ContainerParts {
  readonly store: Store;
  readonly hosts: DockerHosts;
  readonly port: DockerPort;
  readonly redactor: Redactor;
  readonly registry: Pick<ServerRegistry, 'ownerOf'>;
}

/** An operation on a container that is there. */
type ContainerOperation = Extract<
  DockerOperation,
  { case: 'startContainer' | 'stopContainer' | 'restartContainer' | 'removeContainer' }
>;

/** The containers of the Docker Engines: shown, started, ended. A change goes on if its client hangs up. */
export class Containers {
  readonly #parts: ContainerParts;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
  }

  /** @throws DomainError as {@link DockerHosts.find}, `upstream_failed`, `timeout`, `agent_unreachable`. */
  async list(
    origin: RequestOrigin,
    choice: HostChoice,
    query: ContainerQuery,
    signal?: Cancellation,
  ): Promise<{ readonly site: string; readonly containers: readonly ContainerSummary[]; readonly total: number }> {
    const agent = await this.#parts.hosts.find(origin, choice, 'docker.read');
    // All of them: the total must not count containers that the caller does not see.
    const operation = { case: 'listContainers', value: { ...query, limit: 0 } } as const;
    const answer = await this.#read<{ containers: ContainerSummary[]; total: number }>(
      agent,
      operation,
      { containers: [containerSummary], total: 'number' },
      signal,
    );
    const seen = answer.containers.filter((container) => this.sees(origin, container));
    const total = answer.total - (answer.containers.length - seen.length);
    return { site: agent.site, containers: seen.slice(0, query.limit || undefined), total };
  }

  /** @throws DomainError `not_found`, and as {@link Containers.list}. */
  async get(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    signal?: Cancellation,
  ): Promise<ContainerDetails & { readonly site: string }> {
    const agent = await this.#parts.hosts.find(origin, choice, 'docker.read');
    const found = await this.inspect(origin, agent, container, signal);
    return { site: agent.site, ...found, command: maskedWords(found.command, this.#parts.port.secretsAt(agent)) };
  }

  /** @param container empty: all that run. @throws as {@link Containers.get}. */
  async stats(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    signal?: Cancellation,
  ): Promise<{ readonly site: string; readonly stats: readonly ContainerUsage[]; readonly total: number }> {
    const agent = await this.#parts.hosts.find(origin, choice, 'docker.read');
    const operation = { case: 'containerStats', value: { container } } as const;
    if (container !== '') await this.inspect(origin, agent, container, signal);
    const answer = await this.#read<{ stats: ContainerUsage[]; total: number }>(
      agent,
      operation,
      { stats: [containerUsage], total: 'number' },
      signal,
    );
    if (container !== '') return { site: agent.site, ...answer };
    const query = { all: false, name: '', labels: [], limit: EVERY } as const;
    const { containers } = await this.list(origin, { site: agent.site, agent: agent.id }, query, signal);
    const seen = new Set(containers.map(({ id }) => id));
    const stats = answer.stats.filter(({ id }) => seen.has(id));
    return { site: agent.site, stats, total: answer.total - (answer.stats.length - stats.length) };
  }

  /** A container of an engine. @throws DomainError `not_found`, also for a container of another person's server. */
  async inspect(
    origin: RequestOrigin,
    agent: ConnectedAgent,
    container: string,
    signal?: Cancellation,
  ): Promise<ContainerDetails> {
    const found = await this.#look(agent, container, signal);
    if (!found || !this.sees(origin, found)) throw notFound('container', container);
    return found;
  }

  /** The container; `undefined` if the engine does not have it. */
  #look(agent: ConnectedAgent, container: string, signal?: Cancellation): Promise<ContainerDetails | undefined> {
    const operation = { case: 'inspectContainer', value: { container } } as const;
    return this.#read<ContainerDetails>(agent, operation, containerDetails, signal).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === 'not_found') return undefined;
      throw error;
    });
  }

  /** Whether the caller may see a container. Only admins see the container of another person's server. */
  sees({ caller }: RequestOrigin, { serverId }: Pick<ContainerSummary, 'serverId'>): boolean {
    return caller === null || serverId === '' || isOwnOrAdmin(caller, this.#parts.registry.ownerOf(serverId));
  }

  /** @throws DomainError as {@link Containers.get}, `refused` (site policy), `conflict` (it runs a server of Roundhouse). */
  start(origin: RequestOrigin, choice: HostChoice, container: string): Promise<ContainerOutcome> {
    const operation = { case: 'startContainer', value: { container } } as const;
    return this.#change(origin, choice, 'container.start', operation, { kind: 'idempotent', timeoutMs: READ_MS });
  }

  /** @param timeoutMs how long it may take before it is killed; absent: the container's own stop time. @throws as {@link Containers.start}. */
  stop(origin: RequestOrigin, choice: HostChoice, container: string, timeoutMs?: number): Promise<ContainerOutcome> {
    const operation = { case: 'stopContainer', value: endOf(container, timeoutMs) } as const;
    const options = { kind: 'idempotent', timeoutMs: (timeoutMs ?? END_MS) + SLACK_MS } as const;
    return this.#change(origin, choice, 'container.stop', operation, options);
  }

  /** @throws as {@link Containers.start}, with `details.outcome` if a lost link leaves the outcome open. */
  restart(origin: RequestOrigin, choice: HostChoice, container: string, timeoutMs?: number): Promise<ContainerOutcome> {
    const operation = { case: 'restartContainer', value: endOf(container, timeoutMs) } as const;
    const options = { kind: 'once', timeoutMs: (timeoutMs ?? END_MS) + SLACK_MS } as const;
    return this.#change(origin, choice, 'container.restart', operation, options);
  }

  /** @throws as {@link Containers.restart}; `conflict` for a running container, unless forced. */
  remove(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    how: { readonly force: boolean; readonly volumes: boolean },
  ): Promise<ContainerOutcome> {
    const operation = { case: 'removeContainer', value: { container, ...how } } as const;
    return this.#change(origin, choice, 'container.remove', operation, { kind: 'once', timeoutMs: READ_MS }, how);
  }

  #read<T extends object>(
    agent: ConnectedAgent,
    operation: DockerOperation,
    shape: Shape<T>,
    signal?: Cancellation,
  ): Promise<T> {
    return this.#parts.port.ask<T>(agent, operation, shape, { kind: 'read', timeoutMs: READ_MS, signal });
  }

  async #change(
    origin: RequestOrigin,
    choice: HostChoice,
    action: string,
    operation: ContainerOperation,
    options: CommandOptions,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<ContainerOutcome> {
    const { store, hosts, port } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.operate');
    const { container } = operation.value;
    const found = await this.#look(agent, container);
    const check = () => {
      const now = hosts.now(origin, agent, 'docker.operate');
      if (found && !this.sees(now, found)) throw notFound('container', container);
    };
    check();
    const once = options.kind === 'once' ? await onceCommand(origin, agent.id, action.replace('.', '-')) : {};
    // The hub also asks for an absent container: a step that goes on after a stop of the hub may have removed it, and the agent knows the outcome.
    const outcome = await port
      .change<ContainerOutcome>(agent, operation, containerOutcome, { ...options, ...once }, check)
      .catch((error: unknown) => {
        // The same answer for a container that does not exist and for a container that the caller does not see.
        throw error instanceof DomainError && error.code === 'not_found' ? notFound('container', container) : error;
      });
    const { id, name, state, changed } = outcome;
    await noteChange(store, origin, agent, { action, id, details: { name, state, changed, ...more } });
    return outcome;
  }
}

function endOf(container: string, timeoutMs: number | undefined) {
  return { container, ...(timeoutMs === undefined ? {} : { timeoutMs: Math.ceil(timeoutMs) }) };
}
