import { AgentFailure, type FailureKind } from '../../failure.js';

/** Why an operation on a device failed: `details.reason` of the contract (`device.proto`). */
export type DeviceReason =
  | 'not_connected'
  | 'unreachable'
  | 'timeout'
  | 'auth_failed'
  | 'key_unreadable'
  | 'host_key_changed'
  | 'no_common_algorithm'
  | 'password_change_required'
  | 'enable_failed'
  | 'no_prompt'
  | 'connection_lost'
  | 'too_many_connections'
  | 'queue_full'
  | 'policy'
  | 'read_only'
  | 'change_not_allowed'
  | 'no_answer'
  | 'output_too_large'
  | 'format_unsupported'
  | 'section_not_found'
  | 'rejected'
  | 'locked'
  | 'reverted'
  | 'restore_pending'
  | 'config_changed';

/** A failure with its reason. Messages and details never hold a password, a key, or an answer to a prompt of the device. */
export function deviceFailure(
  kind: FailureKind,
  reason: DeviceReason,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): AgentFailure {
  return new AgentFailure(kind, message, { ...details, reason });
}

/** The reason of a failure, if it has one. */
export function reasonOf(error: unknown): DeviceReason | undefined {
  if (!(error instanceof AgentFailure)) return undefined;
  const { reason } = error.details;
  return typeof reason === 'string' ? (reason as DeviceReason) : undefined;
}
