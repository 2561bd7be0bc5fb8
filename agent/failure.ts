/** Why an operation failed; the names are the names of the contract's `FailureCode`. */
export type FailureKind =
  | 'invalid_argument'
  | 'unimplemented'
  | 'not_found'
  | 'disconnected'
  | 'timeout'
  | 'cancelled'
  | 'upstream'
  | 'refused'
  | 'overloaded'
  | 'internal'
  /** The agent was restarted while the command ran. */
  | 'lost'
  /** The state has changed since the command was made; the command changed nothing. */
  | 'conflict';

/** The one error type that operations and drivers throw. Messages and details never hold a secret. */
export class AgentFailure extends Error {
  override readonly name = 'AgentFailure';

  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Why a signal was aborted, as an AgentFailure. */
export function asFailure(reason: unknown): AgentFailure {
  return reason instanceof AgentFailure ? reason : new AgentFailure('cancelled', 'the call was cancelled');
}

/** The failure of a request that the site's policy refuses: nothing of it ran. */
export function refusedBySite(reason: string): AgentFailure {
  return new AgentFailure('refused', reason, { reason, outcome: 'not_run' });
}

/** Treats a rejection with `not_found` as success: a removal has nothing left to do. @throws any other error */
export function ignoreNotFound(error: unknown): void {
  if (!(error instanceof AgentFailure) || error.kind !== 'not_found') throw error;
}
