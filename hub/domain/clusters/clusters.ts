import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { seesSite } from '../access/grants.js';
import { allows, type Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { changeAudit } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { newId } from '../ids.js';
import type { Fields } from '../lists/field.js';
import { type Source, sourceOf as sourceOfList } from '../lists/source.js';
import { checkMayRename, checkName } from '../names.js';
import type { RightsNow } from '../people/creators.js';
import { retrying } from '../retrying.js';
import { checkSite, placeAmongAble } from '../sited/placement.js';
import { findNamed, put, remove, type Store } from '../store.js';
import { type ClusterConfigInput, checkConfig, checkCredentialsStay, sealConnection, sourceOf } from './access.js';
import {
  type ClusterFactBook,
  type ClusterFacts,
  type ClusterObservation,
  clusterFacts,
  type ObservedClusters,
} from './observed.js';
import type { ClusterPort } from './port.js';
import { type ClusterRecord, clusterEvent, clusterRecords } from './record.js';
import type { ClusterInfo } from './resources/answers.js';
import type { ClusterWatch } from './watch.js';

const sitedKind = { records: clusterRecords, operation: 'checkCluster', partner: 'Kubernetes' };

/** How long the hub waits for clusters. */
export interface ClusterSettings {
  /** How long the answer to a registration waits for the cluster's first answer, milliseconds. */
  readonly firstLookMs: number;
}

export const defaultClusterSettings: ClusterSettings = { firstLookMs: 8_000 };

/** A registration with the observed state of the cluster. */
export interface ClusterView {
  readonly record: ClusterRecord;
  readonly observed: ClusterObservation;
  readonly facts: ClusterFacts;
}

/** The fields by which a list of clusters can be filtered and sorted. */
export const clusterFields = {
  id: { type: 'string', of: ({ record }) => record.id },
  name: { type: 'string', of: ({ record }) => record.name },
  /** An empty description counts as no description: an empty value in a filter finds it. */
  description: { type: 'string', of: ({ record }) => record.description || null },
  status: { type: 'string', of: ({ observed }) => observed.state },
  version: { type: 'string', of: ({ facts }) => facts.version || null },
  nodesCount: { type: 'number', of: ({ facts }) => facts.nodesCount },
  site: { type: 'string', of: ({ record }) => record.site },
  createdAt: { type: 'date', of: ({ record }) => record.createdAt },
  lastConnected: { type: 'date', of: ({ facts }) => facts.lastConnected || null },
} satisfies Fields<ClusterView>;

/** A client's input to register a cluster. */
export interface ClusterInput {
  readonly name: string;
  readonly description?: string;
  readonly config: ClusterConfigInput;
  readonly site?: string;
}

/** A client's changes of a cluster: absent members stay as they are. */
export type ClusterUpdate = Partial<Omit<ClusterInput, 'site'>>;

/** A word that stands in paths at the place of ids and names. */
const RESERVED = 'clusters';

export interface ClustersParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly rightsNow: RightsNow;
  readonly observed: ObservedClusters;
  readonly facts: ClusterFactBook;
  readonly port: ClusterPort;
  readonly watch: ClusterWatch;
  readonly settings: ClusterSettings;
}

/** Registrations of Kubernetes clusters: made, shown, changed, deleted. */
export class Clusters {
  readonly #parts: ClustersParts;

  constructor(parts: ClustersParts) {
    this.#parts = parts;
  }

  /** The clusters that the caller's grants cover, in the order of their making. */
  list(origin: RequestOrigin): ClusterView[] {
    return Array.from(this.#parts.store.list(clusterRecords), (record) => this.view(record)).filter(({ record }) =>
      seesSite(origin, record),
    );
  }

  source(origin: RequestOrigin): Source<ClusterView> {
    return sourceOfList(this.list(origin));
  }

  /**
   * A cluster by id or name. A cluster outside the caller's grants does not exist for the caller.
   * @param permission the permission that the caller needs for its request
   * @throws DomainError `forbidden`, `not_found`.
   */
  get(origin: RequestOrigin, idOrName: string, permission: Permission = 'cluster.read'): ClusterView {
    authorize(origin.caller, permission);
    const { store } = this.#parts;
    const record = findNamed(store, clusterRecords, idOrName);
    if (!record || !seesSite(origin, record)) throw notFound('cluster', idOrName);
    return this.view(record);
  }

  /**
   * Asks for the rights of a request's caller again, right before a change is sent: the caller may have waited.
   * @throws DomainError as {@link Clusters.get} and {@link RightsNow}
   */
  checkNow(origin: RequestOrigin, { id }: ClusterRecord, permission: Permission): void {
    const caller = origin.caller && this.#parts.rightsNow(origin.caller);
    void this.get({ ...origin, caller }, id, permission);
  }

  view(record: ClusterRecord): ClusterView {
    const { observed, facts } = this.#parts;
    return { record, observed: observed.get(record.id), facts: facts.of(record.id) };
  }

  /**
   * Registers a cluster. The hub waits a moment for the cluster's answer. It also registers a cluster that does not answer.
   * @throws DomainError `invalid_input` (of the connection too, where the agent finds something wrong), `already_exists`, `forbidden`, `unavailable`.
   */
  async create(origin: RequestOrigin, input: ClusterInput, signal?: Cancellation): Promise<ClusterView> {
    authorize(origin.caller, 'cluster.write');
    checkSite(origin, input.site, 'cluster');
    this.#checkName(input.name);
    checkOwn(origin, input.config);
    const config = await checkConfig(input.config);
    const { store, agents, observed } = this.#parts;
    const { site, agentId } = placeAmongAble(agents, store, sitedKind, origin, input.site);
    const now = Date.now();
    const id = newId();
    const record: ClusterRecord = {
      id,
      name: input.name,
      description: input.description ?? '',
      access: config.access,
      ...(await sealConnection(store, id, config)),
      insecureSkipTlsVerify: input.config.insecureSkipTlsVerify ?? false,
      timeoutMs: input.config.timeoutMs ?? 0,
      site,
      agentId,
      revision: 1,
      connectionRevision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const outcome = await this.#firstLook(record, signal);
    await store.apply({
      by: origin.caller,
      writes: [put(clusterRecords, record, 'absent'), audit(origin, 'cluster.create', record, addressOf(record))],
      events: [clusterEvent('cluster.added', record)],
    });
    this.#note(record, outcome);
    if (!outcome) observed.unreachable(record.id, agentId, `no agent of site '${site}' is connected`);
    return this.view(record);
  }

  /**
   * Changes a registration; absent fields stay. Another name needs the permission for commands in pods: the credentials go with the name.
   * @throws as {@link Clusters.create}, and `not_found`, `conflict`.
   */
  async update(
    origin: RequestOrigin,
    idOrName: string,
    input: ClusterUpdate,
    signal?: Cancellation,
  ): Promise<ClusterView> {
    const { store } = this.#parts;
    const { record: before } = this.get(origin, idOrName, 'cluster.write');
    checkMayRename(origin, before.name, input.name, 'cluster.execute');
    if (input.name !== undefined && input.name !== before.name) this.#checkName(input.name, before);
    const record: ClusterRecord = {
      ...before,
      name: input.name ?? before.name,
      description: input.description ?? before.description,
      ...(await this.#connectionAfter(origin, before, input.config)),
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    const outcome = input.config && (await this.#firstLook(record, signal));
    const changed = Object.keys(input).sort();
    await store.apply({
      by: origin.caller,
      writes: [
        put(clusterRecords, record, before.revision),
        audit(origin, 'cluster.update', record, { changed, ...(input.config ? addressOf(record) : {}) }),
      ],
      events: [clusterEvent('cluster.updated', record, { changed })],
    });
    this.#note(record, outcome);
    return this.view(record);
  }

  /** Deletes a registration and its credentials. Programs in the cluster stay. @throws DomainError `not_found`. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const { store, observed } = this.#parts;
    const { id } = this.get(origin, idOrName, 'cluster.write').record;
    await retrying(store, Number.POSITIVE_INFINITY, async () => {
      const { record } = this.get(origin, id, 'cluster.write');
      await store.apply({
        by: origin.caller,
        writes: [
          remove(clusterRecords, id, record.revision),
          remove(clusterFacts, id, 'any'),
          audit(origin, 'cluster.delete', record),
        ],
        events: [clusterEvent('cluster.removed', record)],
      });
    });
    observed.forget(id);
  }

  /** Checks the state of a cluster again. @throws DomainError `not_found`, `cluster_unreachable`. */
  async check(origin: RequestOrigin, idOrName: string, signal?: Cancellation): Promise<ClusterView> {
    const { record } = this.get(origin, idOrName);
    const { watch } = this.#parts;
    const info = await watch.ask(record, undefined, signal);
    this.#note(record, info);
    return this.view(record);
  }

  async #connectionAfter(
    origin: RequestOrigin,
    before: ClusterRecord,
    config: ClusterConfigInput | undefined,
  ): Promise<Partial<ClusterRecord>> {
    if (!config) return {};
    const { store } = this.#parts;
    checkOwn(origin, config, before);
    const source = await sourceOf(store, before);
    const checked = await checkConfig(config, source);
    const insecureSkipTlsVerify = config.insecureSkipTlsVerify ?? before.insecureSkipTlsVerify;
    checkCredentialsStay(config, { ...before, source }, { ...checked, insecureSkipTlsVerify });
    return {
      access: checked.access,
      ...(await sealConnection(store, before.id, checked)),
      insecureSkipTlsVerify,
      timeoutMs: config.timeoutMs ?? before.timeoutMs,
      connectionRevision: before.connectionRevision + 1,
    };
  }

  /**
   * The cluster's answer over a connection that is not stored yet; `undefined` if its agent is away.
   * @throws DomainError for an error of the connection itself.
   */
  async #firstLook(record: ClusterRecord, signal?: Cancellation): Promise<ClusterInfo | DomainError | undefined> {
    const { port, watch, settings } = this.#parts;
    if (!port.has(record)) return undefined;
    try {
      return await watch.ask(record, settings.firstLookMs, signal);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'cancelled' || error.code === 'internal') throw error;
      const { reason, field } = error.details;
      if (reason === 'connection_invalid') throw invalid(String(field ?? 'config'), bare(error.message, field));
      return error;
    }
  }

  #note(record: ClusterRecord, outcome: ClusterInfo | DomainError | undefined): void {
    const { store, watch } = this.#parts;
    if (outcome && store.get(clusterRecords, record.id)) watch.note(record, outcome);
  }

  /** Checks the name before the hub asks the cluster: so the caller does not wait in vain. */
  #checkName(name: string, self?: ClusterRecord): void {
    checkName(name);
    if (name.toLowerCase() === RESERVED) throw invalid('name', `must not be '${RESERVED}'`);
    const other = this.#parts.store.find<ClusterRecord>(clusterRecords, 'name', name.toLowerCase());
    if (other && other.id !== self?.id)
      throw new DomainError('already_exists', `a cluster with the name '${name}' exists already`, { field: 'name' });
  }
}

/** A client who may bring credentials may not yet use the credentials of the agent's owner, nor change how they are used. */
function checkOwn({ caller }: RequestOrigin, config: ClusterConfigInput, before?: ClusterRecord): void {
  const { agent, context, insecureSkipTlsVerify } = config;
  const changes = before?.access.kind === 'agent' && (context ?? insecureSkipTlsVerify) !== undefined;
  if ((agent !== undefined || changes) && caller && !allows(caller.role, 'cluster.execute'))
    throw new DomainError('forbidden', `the agent's own credentials are not for role ${caller.role}`, {
      permission: 'cluster.execute',
      field: 'config.agent',
    });
}

function bare(message: string, field: unknown): string {
  return message.startsWith(`${field}: `) ? message.slice(`${field}: `.length) : message;
}

function addressOf({ access, insecureSkipTlsVerify }: ClusterRecord): Record<string, unknown> {
  return { access, insecureSkipTlsVerify };
}

function audit(origin: RequestOrigin, action: string, record: ClusterRecord, details: Record<string, unknown> = {}) {
  const { id, name, site } = record;
  return changeAudit(origin, action, { type: 'cluster', id }, { name, site, ...details });
}
