import { DomainError } from '../errors.js';

/** Codes of JSON-RPC with which a server says that the caller asked wrongly; the server itself is well. */
const callersFault = new Set([-32700, -32600, -32601, -32602]);

const impatient = new WeakSet<DomainError>();

/** Notes of a time-out that its caller had not given the server long enough: it tells nothing about the server. */
export function noteImpatience(timeout: DomainError): void {
  impatient.add(timeout);
}

/**
 * The failures that a server's circuit breaker counts: no answer in time, no way to the server, an answer that breaks the protocol, an
 * error of the server's own. Not: a tool's own error (`isError`, which is an answer), a caller's mistake, a cancelled call, what the
 * site's policy or a full queue refused; nor an agent out of reach, which fails at once by itself and tells nothing about the server: when
 * it is back, the next call succeeds.
 */
export function isServerFailure(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  switch (error.code) {
    case 'timeout':
      return !impatient.has(error);
    case 'server_disconnected':
      return true;
    case 'upstream_failed':
      return !blamesCaller(error);
    default:
      return false;
  }
}

/** Whether an error shows that the server is there and answers. */
export function serverAnswered(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'upstream_failed' && blamesCaller(error);
}

function blamesCaller({ details }: DomainError): boolean {
  const code = (details.jsonrpc as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'number' && callersFault.has(code);
}
