import type { AgentClusterKind } from '../agents/contract.js';
import { type EventType, newEvent } from '../events/types.js';
import { isoNow } from '../moments.js';
import { collection, type NewEvent } from '../store.js';

/** How a cluster is reached. Every caller who may see the cluster may see this. */
export type ClusterAccess =
  /** `context`: the chosen context; `server`: the address of its cluster. */
  | { readonly kind: 'kubeconfig'; readonly context: string; readonly server: string }
  | { readonly kind: 'endpoint'; readonly server: string; readonly tlsServerName: string }
  /** With the agent's own access. */
  | { readonly kind: 'agent'; readonly agent: AgentClusterKind; readonly context: string };

/** Registration of a Kubernetes cluster. */
export interface ClusterRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly access: ClusterAccess;
  /** JSON of the connection's `source`, credentials included. */
  readonly sealedSource: string;
  /** The credentials alone, as JSON: code that unseals them teaches the redactor. Empty for none. */
  readonly sealedSecrets: string;
  readonly insecureSkipTlsVerify: boolean;
  /** The limit of one request, milliseconds; 0 for the agent's default. */
  readonly timeoutMs: number;
  readonly site: string;
  /** The agent that it is pinned to. */
  readonly agentId: string;
  /** `revision` grows by one with every change, `connectionRevision` with every change of the connection. */
  readonly revision: number;
  readonly connectionRevision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const clusterRecords = collection<ClusterRecord>(
  'clusters',
  'cluster',
  {
    name: { of: (cluster) => cluster.name.toLowerCase(), unique: true },
    agent: { of: (cluster) => cluster.agentId },
  },
  { sealed: ({ id, sealedSecrets }) => (sealedSecrets === '' ? undefined : { text: sealedSecrets, scope: id }) },
);

/** An event about a cluster. `data` holds no secret. */
export function clusterEvent(
  type: EventType,
  { id, name, site }: ClusterRecord,
  data: NewEvent['data'] = {},
): NewEvent {
  return newEvent(type, { clusterId: id, clusterName: name, site, ...data, timestamp: isoNow() });
}
