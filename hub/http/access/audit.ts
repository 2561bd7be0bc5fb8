import type { Caller, Door } from '../../domain/access/caller.js';
import { DomainError, type ErrorCode } from '../../domain/errors.js';
import type { AuditNote } from '../endpoint.js';
import type { Exchange } from '../request/exchange.js';

/** The caller of a request, and where it came from. */
export interface AuditOrigin {
  /** `null` if the caller was not signed in. */
  readonly caller: Caller | null;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly api: Door;
}

/** The outcome. */
export interface AuditOutcome {
  readonly action: string;
  readonly resource: NonNullable<AuditNote['resource']> | null;
  /** The handler's notes; for a failure also `error`, its code. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly success: boolean;
  readonly durationMs: number;
  /** Absent when it succeeded. */
  readonly error?: ErrorCode;
}

/** Takes the audit entries of requests; implemented by the domain. Called for endpoints with an audit action, refusals included. */
export interface AuditSink {
  record(origin: AuditOrigin, outcome: AuditOutcome): void;
}

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
