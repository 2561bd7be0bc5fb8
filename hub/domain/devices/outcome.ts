import type { ReportedChange } from '../agents/fleet-devices.js';
import { DomainError } from '../errors.js';
import type { ChangeState, DeviceChange } from './change-record.js';
import { maskQuoted } from './mask.js';

/** An agent's answer once a change is confirmed. */
export interface AppliedConfig {
  readonly changed: boolean;
  readonly protected: boolean;
  readonly saved: boolean;
  readonly diff: string;
  readonly hashBefore: string;
  readonly hashAfter: string;
  readonly method: string;
}

/** The outcome of a change, as far as it is known. */
export type Ending = Pick<DeviceChange, 'state'> &
  Partial<Pick<DeviceChange, 'hashAfter' | 'changed' | 'protected' | 'saved' | 'method' | 'error' | 'reason'>> & {
    readonly diff?: string;
  };

/** Refusals by which nothing was sent to the device. */
const untouched = new Set(['refused', 'invalid_input', 'unimplemented', 'payload_too_large', 'unavailable']);
/** Reasons after which the device may have been touched, though they are about the connection. */
const unclear = new Set(['connection_lost', 'agent_unreachable', 'no_answer']);

/** The state of the change after a failure; `unknown` if the failure leaves it open. */
export function fateOf(error: unknown): Exclude<ChangeState, 'begun' | 'confirmed'> | 'unknown' {
  if (!(error instanceof DomainError)) return 'unknown';
  const { code, details } = error;
  const reason = String(details.reason ?? '');
  if (reason === 'reverted' || reason === 'restore_pending') return reason;
  if (reason === 'rejected') return details.restored === false ? 'failed' : 'reverted';
  if (details.outcome === 'not_run') return 'not_run';
  if (details.outcome === 'unknown' || unclear.has(reason)) return 'unknown';
  if (untouched.has(code) || code === 'device_unreachable') return 'not_run';
  return code === 'device_config_failed' && reason !== '' ? 'not_run' : 'unknown';
}

/** The outcome of the change in an agent's report; `undefined` while it is under way. */
export function endingOf({ state, hashAfter, hashBefore, error }: ReportedChange): Ending | undefined {
  if (state === 'begun') return undefined;
  const changed = state === 'confirmed' ? hashAfter !== hashBefore : state === 'failed';
  return { state, hashAfter, changed: state === 'restore_pending' ? null : changed, error: maskQuoted(error) };
}
