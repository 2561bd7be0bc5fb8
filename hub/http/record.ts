import { DomainError, type ErrorCode } from '../domain/errors.js';
import type { AuditSink } from './audit.js';
import type { AuditNote } from './endpoint.js';
import type { Exchange } from './exchange.js';

/** How much of an unchecked id an entry keeps, characters. */
const MAX_ID = 256;

/**
 * Records the outcome of a request whose endpoint has an audit action. An audit log that fails must not fail the request: the failure is
 * logged.
 */
export function recordAudit(sink: AuditSink, x: Exchange, error?: unknown): void {
  const { target, requestId } = x;
  const action = target?.spec.audit;
  if (!target || action === undefined) return;
  const code = error === undefined ? undefined : codeOf(error);
  const { resource, details, written } = x.audit;
  if (written) return;
  try {
    sink.record(
      { caller: x.verified, ip: x.ip, userAgent: x.userAgent, requestId, api: target.api },
      {
        action,
        resource: resource ?? resourceOf(action, x),
        details: { ...details, ...(code === undefined ? {} : { error: code }) },
        success: code === undefined,
        durationMs: Math.round((performance.now() - x.startedAt) * 1000) / 1000,
        ...(code === undefined ? {} : { error: code }),
      },
    );
  } catch (failure) {
    x.log.error({ err: failure, action }, 'audit entry lost');
  }
}

/** The resource of a request that was refused before its handler ran: its kind, and the id in the path if there is one. */
function resourceOf(action: string, { values }: Exchange): NonNullable<AuditNote['resource']> {
  const [type = action] = action.split('.', 1);
  return { type, id: (values[0] ?? '').slice(0, MAX_ID) };
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'internal';
}
