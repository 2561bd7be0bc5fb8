import { DomainError, type ErrorCode } from '../errors.js';
import { maskQuoted, maskSecrets } from './outcome.js';
import type { DeviceRecord } from './record.js';

/** The kind of work at a device. */
export type DeviceWork = 'connect' | 'command' | 'config';

/** Reasons of `device.proto` that are about the connection, in any kind of work. */
const connecting = new Set([
  'not_connected',
  'unreachable',
  'timeout',
  'auth_failed',
  'key_unreadable',
  'host_key_changed',
  'no_common_algorithm',
  'password_change_required',
  'enable_failed',
  'no_prompt',
  'connection_lost',
]);
/** Reasons that are about a configuration. */
const configuring = new Set([
  'format_unsupported',
  'section_not_found',
  'rejected',
  'locked',
  'reverted',
  'restore_pending',
]);
/** Reasons whose messages quote the entered text. */
const quoting = new Set(['rejected', 'reverted', 'restore_pending', 'policy', 'read_only', 'change_not_allowed']);
/** Decisions of the site, the agent or the caller: the client gets them as they are. */
const plain = new Set<ErrorCode>(['refused', 'unavailable', 'unimplemented', 'cancelled', 'payload_too_large']);

const failed: Readonly<Record<DeviceWork, ErrorCode>> = {
  connect: 'device_unreachable',
  command: 'device_command_failed',
  config: 'device_config_failed',
};

/**
 * The caller's error for a failure at a device: `device_unreachable`, `device_command_failed` or `device_config_failed`, with
 * `details.reason` as in `device.proto`, or `agent_unreachable`. Other errors stay as they are.
 */
export function deviceError(error: unknown, work: DeviceWork, device: DeviceRecord): unknown {
  if (!(error instanceof DomainError)) return error;
  const { code, details } = error;
  const { reason } = details;
  const as = (code: ErrorCode, more: Record<string, unknown> = {}, message = maskedMessage(error)) =>
    new DomainError(code, message, { ...maskedErrors(withResults(details)), ...more }, { cause: error });
  if (code === 'agent_unreachable') {
    const message = `the agent of device '${device.name}' at site '${device.site}' cannot be reached: ${error.message}`;
    return as('device_unreachable', { reason: 'agent_unreachable' }, message);
  }
  if (plain.has(code)) return as(code);
  if (typeof reason === 'string' && connecting.has(reason)) return as('device_unreachable');
  if (typeof reason === 'string' && configuring.has(reason)) return as('device_config_failed');
  if (code === 'conflict') return as('device_config_failed', { reason: reason ?? 'config_changed' });
  if (code === 'timeout') return as(failed[work], { reason: reason ?? (work === 'connect' ? 'timeout' : 'no_answer') });
  if (code === 'not_found') return as('device_unreachable', { reason: 'not_connected' });
  if (code === 'server_disconnected') return as('device_unreachable');
  return code === 'upstream_failed' ? as(failed[work]) : error;
}

/** For commands that ran before the failure, the client sees only the usual fields. */
function withResults(details: DomainError['details']): DomainError['details'] {
  const { results } = details;
  if (!Array.isArray(results)) return details;
  const told = results.map((result: Readonly<Record<string, unknown>> | null) => {
    const { command, output, success, error } = result ?? {};
    return { command, output, success, ...(error === undefined ? {} : { error }) };
  });
  return { ...details, results: told };
}

/** A message that quotes the entered text goes out without the secrets in it. */
function maskedMessage({ message, details }: DomainError): string {
  return quoting.has(String(details.reason)) ? maskQuoted(message) : message;
}

/** The same for the lines that a device refuses. */
function maskedErrors(details: DomainError['details']): DomainError['details'] {
  const { errors } = details;
  if (!Array.isArray(errors)) return details;
  const told = errors.map(({ line, error }: Readonly<Record<string, unknown>>) => ({
    line: maskSecrets(String(line ?? '')),
    error: maskSecrets(String(error ?? '')),
  }));
  return { ...details, errors: told };
}

/** A failure of a configuration change that the hub itself finds. */
export function configError(reason: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
  return new DomainError('device_config_failed', message, { ...details, reason });
}
