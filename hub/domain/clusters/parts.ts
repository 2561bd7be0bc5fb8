import type { Agents } from '../agents/agents.js';
import type { Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import type { Redactor } from '../audit/redactor.js';
import type { RightsNow } from '../people/creators.js';
import { announceStates } from '../sited/observed.js';
import { learnSecrets, type Store } from '../store.js';
import { type ClusterSettings, Clusters } from './clusters.js';
import { ClusterFactBook, ObservedClusters } from './observed.js';
import { ClusterPort } from './port.js';
import { clusterEvent, clusterRecords } from './record.js';
import { Deployments } from './resources/deployments.js';
import { PodLogs } from './resources/logs.js';
import { Namespaces } from './resources/namespaces.js';
import { PodExec, Pods, PodTerminals } from './resources/pods.js';
import { ClusterWatch } from './watch.js';

export interface KubernetesParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly rightsNow: RightsNow;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly streams: GuardedStreams;
  readonly settings: ClusterSettings;
  readonly onError: (error: unknown) => void;
}

/** Builds the parts of Kubernetes clusters. */
export async function createKubernetes({
  store,
  agents,
  rightsNow,
  redactor,
  fleet,
  streams,
  settings,
  onError,
}: KubernetesParts) {
  await learnSecrets(store, clusterRecords);
  const observed = new ObservedClusters(redactor);
  const facts = new ClusterFactBook(store, observed, onError);
  announceStates(store, clusterRecords, observed, (state, cluster, why) =>
    clusterEvent(`cluster.${state}`, cluster, why),
  );
  const port: ClusterPort = new ClusterPort({
    store,
    redactor,
    fleet,
    onOutcome: (cluster, error) => watch.onOutcome(cluster, error),
  });
  const watch = new ClusterWatch({ store, observed, port, onError });
  const clusters = new Clusters({ store, agents, rightsNow, observed, facts, port, watch, settings });
  const parts = { store, clusters, port, redactor, streams };
  return {
    clusters,
    watch,
    namespaces: new Namespaces(parts),
    pods: new Pods(parts),
    logs: new PodLogs(parts),
    exec: new PodExec(parts),
    terminals: new PodTerminals(parts),
    deployments: new Deployments(parts),
  };
}
