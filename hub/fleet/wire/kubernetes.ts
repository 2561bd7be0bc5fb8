import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandSchema } from '@roundhouse/proto/agent/v1/command';
import { AgentClusterKind, type ClusterConnectionSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import type { ClusterConnection, ClusterOperation } from '../../domain/agents/fleet-kubernetes.js';

type WireOperation = NonNullable<MessageInitShape<typeof CommandSchema>['operation']>;

const kinds = {
  in_cluster: AgentClusterKind.IN_CLUSTER,
  kubeconfig: AgentClusterKind.KUBECONFIG,
} as const;

/** An operation on a cluster in the contract's terms: 64-bit numbers are bigints there, and lists its own. */
export function toWireClusterOperation(operation: ClusterOperation): WireOperation {
  const { cluster: connection } = operation.value;
  const cluster = toWireConnection(connection);
  switch (operation.case) {
    case 'readPodLog': {
      const limitBytes = BigInt(operation.value.limitBytes);
      return { case: 'readPodLog', value: { ...operation.value, cluster, limitBytes } };
    }
    case 'execPod': {
      const command = [...operation.value.command];
      return { case: 'execPod', value: { ...operation.value, cluster, command } };
    }
    default:
      return { case: operation.case, value: { ...operation.value, cluster } } as WireOperation;
  }
}

function toWireConnection(connection: ClusterConnection): MessageInitShape<typeof ClusterConnectionSchema> {
  const { source } = connection;
  const wire =
    source.case === 'agent'
      ? { case: source.case, value: { ...source.value, kind: kinds[source.value.kind] } }
      : { ...source };
  return { ...connection, source: wire, revision: BigInt(connection.revision) };
}
