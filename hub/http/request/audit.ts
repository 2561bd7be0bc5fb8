import type { RequestOrigin } from '../../domain/access/caller.js';
import { failureDetails } from '../../domain/errors.js';
import type { AuditNote } from '../endpoint.js';
import type { Exchange } from './exchange.js';

/** The audit entry of a request that was refused or that failed. */
export interface FailureEntry {
  readonly action: string;
  readonly resource: NonNullable<AuditNote['resource']> | null;
  /** The handler's notes, `error`, the error's code, and `outcome` if it is unknown. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly success: false;
  readonly durationMs: number;
}

/**
 * Takes the entries of refusals and failures, for endpoints with an audit action. The domain implements it, and writes the entry of a
 * success itself, in the change that the entry is about. The domain cuts a long id, after the search for secrets.
 */
export interface AuditSink {
  record(origin: RequestOrigin, entry: FailureEntry): void;
}

/** Records the failure of a request whose endpoint has an audit action. If the audit log fails, the request goes on, and the hub logs the failure. */
export function recordFailure(sink: AuditSink, x: Exchange, error: unknown): void {
  const action = x.target?.spec.audit;
  if (action === undefined) return;
  const { resource = resourceOf(action, x), details, written } = x.audit;
  if (written) return;
  try {
    sink.record(x.origin, {
      action,
      resource,
      details: { ...details, ...failureDetails(error) },
      success: false,
      durationMs: Math.round((performance.now() - x.startedAt) * 1000) / 1000,
    });
  } catch (failure) {
    x.log.error({ event: 'audit.entry_lost', err: failure, action }, 'audit entry lost');
  }
}

/** The resource of a request that was refused before its handler ran: its kind, and the id in the path if there is one. */
function resourceOf(action: string, { values }: Exchange): NonNullable<AuditNote['resource']> {
  const [type = action] = action.split('.', 1);
  return { type, id: values[0] ?? '' };
}
