import type { Redactor } from '../audit/redactor.js';
import { retrying } from '../retrying.js';
import { ObservedStates } from '../sited/observed.js';
import { collection, guard, onRemoved, onWritten, replace, type Store } from '../store.js';
import { clusterRecords } from './record.js';
import type { ClusterInfo } from './resources/answers.js';

export type ClusterState = 'connected' | 'disconnected' | 'error';

/** The state of a cluster at the hub's last check. */
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

const NOT_OBSERVED: ClusterObservation = {
  state: 'disconnected',
  error: '',
  reason: '',
  agentId: '',
  info: null,
  checkedAt: 0,
};

/** Observed state of all clusters, in memory: after a restart the hub asks them again. */
export class ObservedClusters extends ObservedStates<ClusterObservation> {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    super(NOT_OBSERVED);
    this.#redactor = redactor;
  }

  answered(clusterId: string, agentId: string, info: ClusterInfo): void {
    this.set(clusterId, { state: 'connected', error: '', reason: '', agentId, info, checkedAt: Date.now() });
  }

  /** Notes that a cluster did not answer. Its earlier answer stays. */
  failed(clusterId: string, agentId: string, error: string, reason: string): void {
    const { info } = this.get(clusterId);
    const told = this.#redactor.of(clusterId).text(error);
    this.set(clusterId, { state: 'error', error: told, reason, agentId, info, checkedAt: Date.now() });
  }

  /** Notes that the hub cannot ask, because the agent is away. */
  unreachable(clusterId: string, agentId: string, error: string): void {
    this.set(clusterId, this.away({ ...this.get(clusterId), agentId }, error));
  }

  protected override away({ agentId, info, checkedAt }: ClusterObservation, error: string): ClusterObservation {
    return { state: 'disconnected', error, reason: 'agent_unreachable', agentId, info, checkedAt };
  }
}

/** Facts of a cluster: they outlive restarts of hub and agent. */
export interface ClusterFacts {
  /** The cluster's id. */
  readonly id: string;
  /** When it answered last, milliseconds since 1970; 0 for never. On disk it may be some minutes behind. */
  readonly lastConnected: number;
  /** Empty: not known yet. */
  readonly version: string;
  readonly nodesCount: number;
  /** Counts the changes. Older facts have none, which stands for 0. */
  readonly revision?: number;
}

export const clusterFacts = collection<ClusterFacts>('cluster_facts', 'cluster');

/** How often the hub stores that a cluster still answers, milliseconds. */
const NOTE_MS = 300_000;

/** The facts of clusters, in memory at once, and on disk a moment later. The facts of a later answer stay. */
export class ClusterFactBook {
  readonly #byId = new Map<string, ClusterFacts>();
  readonly #kept = new Map<string, ClusterFacts>();

  constructor(store: Store, observed: ObservedClusters, onError: (error: unknown) => void) {
    for (const facts of store.list(clusterFacts)) this.#byId.set(facts.id, facts);
    onRemoved(store, clusterRecords, (id) => {
      this.#byId.delete(id);
      this.#kept.delete(id);
    });
    onWritten(store, clusterFacts, (facts) => {
      if (facts.lastConnected >= this.of(facts.id).lastConnected) this.#byId.set(facts.id, facts);
    });
    observed.onChange((id, { state, info, checkedAt }) => {
      if (state !== 'connected' || !info) return;
      const { version, nodesCount = 0 } = info;
      const facts = { id, lastConnected: checkedAt, version, nodesCount };
      this.#byId.set(id, facts);
      const kept = this.#kept.get(id);
      const same = kept?.version === version && kept.nodesCount === nodesCount;
      // A cluster that is not registered yet has no facts on disk.
      if ((same && checkedAt - kept.lastConnected < NOTE_MS) || !store.get(clusterRecords, id)) return;
      this.#kept.set(id, facts);
      keep(store, facts).catch(onError);
    });
  }

  of(clusterId: string): ClusterFacts {
    return this.#byId.get(clusterId) ?? { id: clusterId, lastConnected: 0, version: '', nodesCount: 0 };
  }
}

function keep(store: Store, facts: ClusterFacts): Promise<void> {
  return retrying(store, Number.POSITIVE_INFINITY, async () => {
    const cluster = store.get(clusterRecords, facts.id);
    const before = store.get(clusterFacts, facts.id);
    // The cluster may have been deleted, or may have given a later answer to another hub.
    if (!cluster || (before && before.lastConnected > facts.lastConnected)) return;
    const writes = [replace(clusterFacts, before, facts)];
    await store.apply({ by: null, writes, guards: [guard(clusterRecords, cluster)] });
  });
}
