import { collection, put, type Store } from '../store.js';
import type { ObservedClusters } from './observed.js';
import { clusterRecords } from './record.js';

/** Facts of a cluster: they outlive restarts of hub and agent. */
export interface ClusterFacts {
  /** The cluster's id. */
  readonly id: string;
  /** When it answered last, milliseconds since 1970; 0 for never. On disk it may be some minutes behind. */
  readonly lastConnected: number;
  /** Empty: not known yet. */
  readonly version: string;
  readonly nodesCount: number;
}

export const clusterFacts = collection<ClusterFacts>('cluster_facts', 'cluster');

/** A cluster that goes on to answer is noted on disk so often, milliseconds. */
const NOTE_MS = 300_000;

/** The facts of clusters, in memory at once, and on disk a moment later. */
export class ClusterFactBook {
  readonly #byId = new Map<string, ClusterFacts>();
  readonly #kept = new Map<string, ClusterFacts>();

  constructor(store: Store, observed: ObservedClusters, onError: (error: unknown) => void) {
    for (const facts of store.list(clusterFacts)) this.#byId.set(facts.id, facts);
    observed.onChange((id, { state, info, checkedAt }) => {
      if (state !== 'connected' || !info) return;
      const { version, nodesCount = 0 } = info;
      const facts = { id, lastConnected: checkedAt, version, nodesCount };
      this.#byId.set(id, facts);
      const kept = this.#kept.get(id);
      const same = kept?.version === version && kept.nodesCount === nodesCount;
      // Before it is registered it is only looked at.
      if ((same && checkedAt - kept.lastConnected < NOTE_MS) || !store.get(clusterRecords, id)) return;
      this.#kept.set(id, facts);
      store.apply({ writes: [put(clusterFacts, facts)] }).catch(onError);
    });
  }

  of(clusterId: string): ClusterFacts {
    return this.#byId.get(clusterId) ?? { id: clusterId, lastConnected: 0, version: '', nodesCount: 0 };
  }

  forget(clusterId: string): void {
    this.#byId.delete(clusterId);
    this.#kept.delete(clusterId);
  }
}
