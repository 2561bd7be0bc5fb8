import type { ConnectedAgent } from '../agents/fleet.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { Periodic } from '../periodic.js';
import type { Store } from '../store.js';
import type { ObservedClusters } from './observed.js';
import type { ClusterPort } from './port.js';
import { type ClusterRecord, clusterRecords } from './record.js';
import { type ClusterInfo, clusterInfo } from './resources/answers.js';

/** How often the hub checks each cluster, milliseconds, and how many at once. */
const EVERY_MS = 60_000;
const AT_ONCE = 16;
/** The limit of one check, milliseconds. */
const CHECK_MS = 20_000;

export interface WatchParts {
  readonly store: Pick<Store, 'get' | 'list'>;
  readonly observed: ObservedClusters;
  readonly port: ClusterPort;
  readonly onError: (error: unknown) => void;
}

/** Checks the state of clusters: at intervals, when their agent connects, and when a caller asks. Lists never wait for it. */
export class ClusterWatch {
  readonly #parts: WatchParts;
  readonly #periodic: Periodic;
  /** Checks under way, by cluster and revision. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#periodic = new Periodic(() => this.#lookAtAll(), parts.onError);
  }

  start(): void {
    this.#periodic.start(EVERY_MS);
  }

  /** Resolves when no run is under way. */
  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** An agent has connected: the hub checks its clusters. */
  onAgent({ id, operations }: ConnectedAgent): void {
    if (!operations.includes('checkCluster')) return;
    const records = [...this.#parts.store.list(clusterRecords, { index: 'agent', equals: id })];
    this.#lookAt(records).catch(this.#parts.onError);
  }

  onDisconnect({ id, name, site }: ConnectedAgent, reason: string): void {
    this.#parts.observed.agentLost(id, `agent '${name}' at site '${site}' is not connected: ${reason}`);
  }

  /** An operation has shown whether the cluster answers. */
  onOutcome(cluster: ClusterRecord, error: DomainError | undefined): void {
    const { observed, store, onError } = this.#parts;
    if (store.get(clusterRecords, cluster.id)?.connectionRevision !== cluster.connectionRevision) return;
    if (error) this.#failed(cluster, error);
    else if (observed.get(cluster.id).state !== 'connected') this.look(cluster).catch(onError);
  }

  /** Asks a cluster now, and notes its answer. A problem of the cluster is an observation, not an error. */
  look(cluster: ClusterRecord): Promise<void> {
    const key = `${cluster.id} ${cluster.connectionRevision}`;
    const running = this.#running.get(key);
    if (running) return running;
    const check = this.#check(cluster).finally(() => this.#running.delete(key));
    this.#running.set(key, check);
    return check;
  }

  /** Asks a cluster, registered or not. @throws DomainError `cluster_unreachable`, and of the site, the agent and the caller. */
  ask(cluster: ClusterRecord, timeoutMs = CHECK_MS, signal?: Cancellation): Promise<ClusterInfo> {
    const options = { kind: 'read', timeoutMs, signal } as const;
    return this.#parts.port.ask<ClusterInfo>(cluster, { case: 'checkCluster', value: {} }, clusterInfo, options);
  }

  /** Notes the outcome of a question. */
  note(cluster: ClusterRecord, outcome: ClusterInfo | DomainError): void {
    if (outcome instanceof DomainError) this.#failed(cluster, outcome);
    else this.#parts.observed.answered(cluster.id, cluster.agentId, outcome);
  }

  async #check(cluster: ClusterRecord): Promise<void> {
    const outcome = await this.ask(cluster).catch((error: unknown) => {
      if (error instanceof DomainError && error.code !== 'internal') return error;
      throw error;
    });
    // The cluster may have changed, or may be deleted by now.
    const now = this.#parts.store.get(clusterRecords, cluster.id);
    if (now?.connectionRevision === cluster.connectionRevision) this.note(cluster, outcome);
  }

  #failed({ id, agentId }: ClusterRecord, { code, message, details }: DomainError): void {
    const { observed } = this.#parts;
    const reason = typeof details.reason === 'string' ? details.reason : code;
    if (reason === 'agent_unreachable') observed.unreachable(id, agentId, message);
    else if (code !== 'cancelled') observed.failed(id, agentId, message, reason);
  }

  #lookAtAll(): Promise<void> {
    const { store, port } = this.#parts;
    return this.#lookAt([...store.list(clusterRecords)].filter((record) => port.has(record)));
  }

  async #lookAt(records: readonly ClusterRecord[]): Promise<void> {
    const left = [...records];
    const worker = async () => {
      for (let record = left.shift(); record; record = left.shift()) await this.look(record).catch(this.#parts.onError);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, worker));
  }
}
