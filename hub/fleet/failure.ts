import { type Failure, FailureCode, Outcome } from '@roundhouse/proto/agent/v1/command';
import { DomainError, type ErrorCode } from '../domain/errors.js';

const codes: Readonly<Record<FailureCode, ErrorCode>> = {
  [FailureCode.UNSPECIFIED]: 'internal',
  [FailureCode.INVALID_ARGUMENT]: 'invalid_input',
  [FailureCode.UNIMPLEMENTED]: 'unimplemented',
  [FailureCode.NOT_FOUND]: 'not_found',
  [FailureCode.DISCONNECTED]: 'server_disconnected',
  [FailureCode.TIMEOUT]: 'timeout',
  [FailureCode.CANCELLED]: 'cancelled',
  [FailureCode.UPSTREAM]: 'upstream_failed',
  [FailureCode.REFUSED]: 'refused',
  [FailureCode.OVERLOADED]: 'unavailable',
  [FailureCode.INTERNAL]: 'internal',
  [FailureCode.LOST]: 'agent_unreachable',
  [FailureCode.CONFLICT]: 'conflict',
};

/** The domain's error for what an agent said went wrong. A code that this hub does not know is `internal`. */
export function toDomainError(failure: Failure): DomainError {
  const code = codes[failure.code] ?? 'internal';
  const details = parseDetails(failure.details);
  if (failure.outcome === Outcome.NOT_RUN) details.outcome = 'not_run';
  if (failure.outcome === Outcome.UNKNOWN) details.outcome = 'unknown';
  if (code === 'unavailable') {
    const wait = details.retryAfterMs;
    details.retryAfter = typeof wait === 'number' && wait > 0 ? Math.ceil(wait / 1000) : 1;
  }
  if (code === 'invalid_input' && typeof details.field !== 'string') {
    const problem = { field: 'arguments', error: failure.message };
    Object.assign(details, problem, { problems: [problem] });
  }
  return new DomainError(code, failure.message || 'The agent gave no reason', details);
}

/** An agent's word is checked like anybody else's: what is not a JSON object is left out. */
function parseDetails(json: Uint8Array): Record<string, unknown> {
  if (json.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The agent of a command is not there, or went away. */
export function unreachable(
  outcome: 'not_run' | 'unknown',
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): DomainError {
  return new DomainError('agent_unreachable', message, { ...details, outcome });
}
