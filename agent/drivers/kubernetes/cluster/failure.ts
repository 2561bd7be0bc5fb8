import { AgentFailure, type FailureKind } from '../../../failure.js';

/** Why an operation on a cluster failed: `details.reason` of the contract (`kubernetes.proto`). */
export type ClusterReason =
  | 'unreachable'
  | 'tls'
  | 'unauthorized'
  | 'not_kubernetes'
  | 'timeout'
  | 'connection_lost'
  | 'connection_invalid'
  | 'no_connection'
  | 'forbidden'
  | 'not_found'
  | 'already_exists'
  | 'conflict'
  | 'too_old'
  | 'invalid'
  | 'too_many_requests'
  | 'failed'
  | 'policy'
  | 'read_only'
  | 'container_required'
  | 'container_not_found'
  | 'not_running'
  | 'stdin_unsupported';

/** A failure with its reason. Messages and details never hold credentials. */
export function clusterFailure(
  kind: FailureKind,
  reason: ClusterReason,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): AgentFailure {
  return new AgentFailure(kind, message, { ...details, reason });
}

/** The reason of a failure, where it has one. */
export function reasonOf(error: unknown): ClusterReason | undefined {
  if (!(error instanceof AgentFailure)) return undefined;
  const { reason } = error.details;
  return typeof reason === 'string' ? (reason as ClusterReason) : undefined;
}

/** The request is wrong, and was not sent. `field`: the position of the error in the request. */
export function invalid(field: string, message: string): AgentFailure {
  return clusterFailure('invalid_argument', 'invalid', message, {
    field,
    errors: [{ field, message }],
    outcome: 'not_run',
  });
}

/** How the cluster is to be reached is wrong. `field`: its position within the contract's ClusterConnection. */
export function connectionInvalid(field: string, message: string): AgentFailure {
  return clusterFailure('invalid_argument', 'connection_invalid', message, { field, outcome: 'not_run' });
}

/** Something answers there, but not as Kubernetes would. */
export function notKubernetes(address: string, what: string): AgentFailure {
  return clusterFailure('disconnected', 'not_kubernetes', `${address} does not answer as Kubernetes does: ${what}`);
}
