import { FORBIDDEN_ADDRESS } from './site-lookup.js';

/** Why a request did not get through, for people. */
export function networkReason(error: NodeJS.ErrnoException, address: string): string {
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'refused the connection',
    ECONNRESET: 'broke the connection',
    ENOTFOUND: 'is not a known host',
    EAI_AGAIN: 'could not be looked up',
    EHOSTUNREACH: 'is out of reach',
    ENETUNREACH: 'is out of reach',
    ETIMEDOUT: 'did not answer in time',
    EPIPE: 'broke the connection',
  };
  // The message says which host is meant, and why it is not dialled.
  if (error.code === FORBIDDEN_ADDRESS) return `${address}: ${error.message}`;
  return `${address} ${reasons[error.code ?? ''] ?? `failed: ${error.code ?? error.message}`}`;
}

/** Whether an error says that the request never reached the server. */
export function neverSent(error: NodeJS.ErrnoException): boolean {
  const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', FORBIDDEN_ADDRESS];
  return codes.includes(error.code ?? '');
}
