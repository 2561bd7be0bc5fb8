import type { Caller, Door } from '../domain/access/caller.js';
import type { ErrorCode } from '../domain/errors.js';
import type { AuditNote } from './endpoint.js';

/** Who asked, and from where. */
export interface AuditOrigin {
  /** `null` if the caller was not signed in. */
  readonly caller: Caller | null;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly api: Door;
}

/** What came of it. */
export interface AuditOutcome {
  readonly action: string;
  readonly resource: NonNullable<AuditNote['resource']> | null;
  /** What the handler noted; of a failure also `error`, its code. */
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
