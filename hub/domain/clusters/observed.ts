import type { Redactor } from '../audit/redactor.js';
import type { ClusterInfo } from './resources/answers.js';

export type ClusterState = 'connected' | 'disconnected' | 'error';

/** The state of a cluster, as of the hub's last question. */
export interface ClusterObservation {
  readonly state: ClusterState;
  /** Why it is not connected, for people; empty when all is well. */
  readonly error: string;
  /** One of the reasons of `kubernetes.proto`; empty for none. */
  readonly reason: string;
  readonly agentId: string;
  /** Its last answer; `null` if the hub has not asked since its start. */
  readonly info: ClusterInfo | null;
  /** Milliseconds since 1970; 0 for never. */
  readonly checkedAt: number;
}

export const NOT_OBSERVED: ClusterObservation = {
  state: 'disconnected',
  error: '',
  reason: '',
  agentId: '',
  info: null,
  checkedAt: 0,
};

/** Called after an observation changed. */
export type ClusterListener = (clusterId: string, now: ClusterObservation, before: ClusterObservation) => void;

/** Observed state of all clusters. In memory: after a restart the hub asks them again. */
export class ObservedClusters {
  readonly #byId = new Map<string, ClusterObservation>();
  readonly #listeners = new Set<ClusterListener>();
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  get(clusterId: string): ClusterObservation {
    return this.#byId.get(clusterId) ?? NOT_OBSERVED;
  }

  answered(clusterId: string, agentId: string, info: ClusterInfo): void {
    this.#set(clusterId, { state: 'connected', error: '', reason: '', agentId, info, checkedAt: Date.now() });
  }

  /** The cluster did not answer. Its earlier answer stays known. */
  failed(clusterId: string, agentId: string, error: string, reason: string): void {
    const { info } = this.get(clusterId);
    const told = this.#redactor.of(clusterId).text(error);
    this.#set(clusterId, { state: 'error', error: told, reason, agentId, info, checkedAt: Date.now() });
  }

  /** The hub cannot ask: the agent is away. */
  away(clusterId: string, agentId: string, error: string): void {
    const { info, checkedAt } = this.get(clusterId);
    this.#set(clusterId, { state: 'disconnected', error, reason: 'agent_unreachable', agentId, info, checkedAt });
  }

  agentLost(agentId: string, why: string): void {
    for (const [clusterId, before] of this.#byId) if (before.agentId === agentId) this.away(clusterId, agentId, why);
  }

  forget(clusterId: string): void {
    this.#byId.delete(clusterId);
  }

  /** Returns the way to stop. */
  onChange(listener: ClusterListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(clusterId: string, now: ClusterObservation): void {
    const before = this.get(clusterId);
    this.#byId.set(clusterId, now);
    for (const listener of this.#listeners) listener(clusterId, now, before);
  }
}
