import type { ReportedChange } from '../agents/contract.js';
import type { Shape } from '../agents/shape.js';
import { REDACTED } from '../audit/redactor.js';
import { DomainError } from '../errors.js';
import type { ChangeState, DeviceChange } from './config/records.js';

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

/** The form of {@link AppliedConfig}. */
export const appliedConfig: Shape<AppliedConfig> = {
  changed: 'flag',
  protected: 'flag',
  saved: 'flag',
  diff: 'document',
  hashBefore: 'text',
  hashAfter: 'text',
  method: 'text',
};

/** The outcome of a change, as far as it is known. */
export type Ending = Pick<DeviceChange, 'state'> &
  Partial<Pick<DeviceChange, 'hashAfter' | 'changed' | 'protected' | 'saved' | 'method' | 'error' | 'reason'>> & {
    readonly diff?: string;
  };

/** Refusals after which the device is untouched. */
const untouched = new Set(['refused', 'invalid_input', 'unimplemented', 'payload_too_large', 'unavailable']);
/** Reasons after which the device may have been touched, though they are about the connection. */
const unclear = new Set(['connection_lost', 'agent_unreachable', 'no_answer']);

/** The state of the change after a failure; `unknown` if the failure leaves it open. */
export function stateAfterFailure(error: unknown): Exclude<ChangeState, 'begun' | 'confirmed'> | 'unknown' {
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

/** Words that a secret follows in commands and configurations of network devices. */
const names =
  'password|passwd|passphrase|secret|key-string|key|keyed|community|pre-shared-key|authentication-key|encrypted-password|plain-text-password(?:-value)?|authentication\\s+text|md5|sha|sha256|sha512|auth|priv';
/** Words that may stand between the name and the secret: the kind of its encryption, or its purpose. */
const kinds =
  '(?:(?:ascii-text|hexadecimal|clear|encrypted|level|local|remote|md5|sha(?:-?\\d+)?|aes(?:-?\\d+)?|3?des|[0-9]{1,3})\\s+)*';
const secret = new RegExp(`((?:^|[\\s{"-])(?:${names})(?:\\s*[:=])?\\s+${kinds})("[^"]*"|\\S+)`, 'gi');
/** Words that may follow the words above and are no secrets. */
const harmless = /^(?:chain|generate|config-key|encryption|encrypt|zeroize|pubkey-chain|\{|\d{1,2})$/i;

/** An agent's message about a command or a line, with secrets masked from the quotation on: the device may repeat any part of it. */
export function maskQuoted(message: string): string {
  return message.replace(/'[\s\S]*/, maskSecrets);
}

/** A command, or lines of a configuration, with text that looks like a secret replaced. Other code removes known secrets. */
export function maskSecrets(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.replace(secret, (whole, before: string, value: string) =>
        harmless.test(value) ? whole : `${before}${REDACTED}${value.endsWith(';') ? ';' : ''}`,
      ),
    )
    .join('\n');
}
