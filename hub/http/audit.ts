import type { Caller, Door } from '../domain/access/caller.js';
import type { ErrorCode } from '../domain/errors.js';
import type { AuditNote } from './endpoint.js';

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
