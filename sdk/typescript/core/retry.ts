import { defaults } from '../gen/behaviour.js';
import type { RoundhouseError } from './errors.js';

/** So that not all who were refused at once come back at once. */
const SPREAD = 0.2;

/** Whether a call may be sent again: it changed nothing, for all that is known, and the hub does not say that waiting is useless. */
export function mayRetry(verb: string, { status, code, details }: RoundhouseError): boolean {
  if (details.retryable === false) return false;
  if (status === 429) return true;
  if (status === 503) return verb === 'GET' || details.outcome === 'not_run';
  return code === 'CONNECTION_FAILED' && (verb === 'GET' || details.outcome === 'not_run');
}

/**
 * Milliseconds before attempt number `attempt` (from 0 on) is repeated: the hub's wait and a little more, or exponential backoff with full
 * jitter.
 */
export function waitBefore(attempt: number, { retryAfterMs }: Pick<RoundhouseError, 'retryAfterMs'>): number {
  if (retryAfterMs !== undefined) return retryAfterMs + Math.random() * Math.min(retryAfterMs * SPREAD, 1000);
  return Math.random() * Math.min(defaults.maxBackoffMs, defaults.firstBackoffMs * 2 ** attempt);
}
