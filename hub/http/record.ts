import { DomainError, type ErrorCode } from '../domain/errors.js';
import type { AuditSink } from './audit.js';
import type { Exchange } from './exchange.js';

/** Records what came of a request whose endpoint has an audit action. An audit log that fails must not fail the request: it is logged. */
export function recordAudit(sink: AuditSink, x: Exchange, error?: unknown): void {
  const { target, requestId } = x;
  const action = target?.spec.audit;
  if (!target || action === undefined) return;
  const code = error === undefined ? undefined : codeOf(error);
  const { resource, details } = x.audit;
  try {
    sink.record(
      { caller: x.verified, ip: x.ip, userAgent: x.userAgent, requestId, api: target.api },
      {
        action,
        resource: resource ?? null,
        details: { ...details, ...(code === undefined ? {} : { error: code }) },
        success: code === undefined,
        durationMs: performance.now() - x.startedAt,
        ...(code === undefined ? {} : { error: code }),
      },
    );
  } catch (failure) {
    x.log.error({ err: failure, action }, 'audit entry lost');
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'internal';
}
