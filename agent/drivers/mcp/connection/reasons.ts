import { AgentFailure } from '../../../failure.js';

/** The reason why a step is cancelled whose purpose is gone. */
export function superseded(): AgentFailure {
  return new AgentFailure('cancelled', 'something else is wanted of the server meanwhile');
}

/** Why an attempt to connect failed, as a failure to be told and shown. */
export function asReason(error: unknown): AgentFailure {
  if (error instanceof AgentFailure) {
    // A connection that breaks during the handshake fails it with `disconnected`.
    return error.kind === 'disconnected' ? new AgentFailure('upstream', error.message, error.details) : error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AgentFailure('upstream', reason, { reason }, { cause: error });
}
