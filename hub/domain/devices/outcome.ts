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

/** Words that a secret follows in commands and configurations of network devices. A word may also end with `-` and one of them. */
const names = new Set(
  'password passwd passphrase secret key-string key keyed community psk plain-text-password-value md5 sha sha256 sha512 auth priv'.split(
    ' ',
  ),
);
/** Words that may stand between the name and the secret: the kind of its encryption, its purpose, or another name. */
const kind =
  /^(?:ascii-text|ascii|hexadecimal|hex|clear|encrypted|level|local|remote|sha-?\d+|aes(?:-?\d+)?|3?des|[0-9]{1,3}|[:=])$/i;
/** Words that may follow the words above without being a secret. */
const harmless =
  /^(?:chain|key-chain|generate|export|import|config-key|encryption|encrypt|zeroize|pubkey-chain|\{|\d{1,2})$/i;
/** `snmp-server host H traps version 2c COMMUNITY`: the words that may stand before the community. */
const beforeCommunity = /^(?:traps|informs|version|1|2c|3|auth|noauth|priv|community)$/i;

/** An agent's message about a command or a line, with secrets masked from the quotation on: the device may repeat any part of it. */
export function maskQuoted(message: string): string {
  return message.replace(/'[\s\S]*/, maskSecrets);
}

/** A command, or lines of a configuration, with text that looks like a secret replaced. Other code removes known secrets. */
export function maskSecrets(text: string): string {
  return text.split('\n').map(maskLine).join('\n');
}

/**
 * The first `length` characters of {@link maskSecrets}. The rest of a long text costs no search: it ends after the word at this length. No
 * word is cut before the search, because the search does not find a part of a secret.
 */
export function maskedBeginning(text: string, length: number): string {
  return maskSecrets(text.slice(0, endOfWord(text, length))).slice(0, length);
}

/** Where the word ends that reaches a length; the end of its line if no word does. */
function endOfWord(text: string, length: number): number {
  if (text.length <= length) return text.length;
  const start = text.lastIndexOf('\n', length - 1) + 1;
  const end = text.indexOf('\n', length);
  const line = text.slice(start, end < 0 ? text.length : end);
  for (const { 0: word, index } of line.matchAll(wordPattern))
    if (start + index + word.length >= length) return start + index + word.length;
  return start + line.length;
}

/** The words of a line; a quotation is one word. */
const wordPattern = /"[^"]*"|\S+/g;

function maskLine(line: string): string {
  const words = [...line.matchAll(wordPattern)].map(({ 0: text, index }) => ({ text, index }));
  let masked = '';
  let from = 0;
  const mask = ({ text, index }: { readonly text: string; readonly index: number }, by: string) => {
    masked += line.slice(from, index) + by;
    from = index + text.length;
  };
  const secrets = new Set(secretsIn(words.map(({ text }) => text)));
  for (const [at, word] of words.entries()) {
    if (secrets.has(at)) mask(word, `${REDACTED}${word.text.endsWith(';') ? ';' : ''}`);
    else if (word.text.includes('://')) mask(word, word.text.replace(/(:\/\/)[^/]*@/g, `$1${REDACTED}@`));
  }
  return masked + line.slice(from);
}

/** The places of the words of a line that look like secrets. */
function secretsIn(words: readonly string[]): number[] {
  const found: number[] = [];
  let expected = false;
  for (const [at, word] of words.entries()) {
    const isLast = at === words.length - 1;
    const announces = isName(words, at);
    if (expected && (isLast || !(announces || kind.test(word)))) {
      if (!harmless.test(word) && !/^[:=]$/.test(word)) found.push(at);
      expected = false;
    } else expected ||= announces;
  }
  return [...found, ...secretsAfterPlaces(words)];
}

/** Whether a secret follows a word. */
function isName(words: readonly string[], at: number): boolean {
  const word = bare(words[at]).replace(/[:=]$/, '');
  if (names.has(word) || names.has(word.slice(word.lastIndexOf('-') + 1))) return true;
  const before = bare(words[at - 1]);
  if (word === 'text') return before === 'authentication';
  return word === 'authentication' && /^(?:standby|vrrp|glbp)$/.test(bare(words[0]) || bare(words[1]));
}

/** Secrets that follow a host or a file: the community of `snmp-server host`, the passphrase of `crypto … import … pkcs12 FILE`. */
function secretsAfterPlaces(words: readonly string[]): number[] {
  const lower = words.map(bare);
  const start = lower.indexOf('snmp-server');
  const host = start >= 0 && lower[start + 1] === 'host' ? start + 2 : -1;
  const vrf = lower[host + 1] === 'vrf' ? 2 : 0;
  const form = lower.includes('crypto') ? lower.findIndex((word) => /^(?:pkcs12|pem)$/.test(word)) : -1;
  const after = (from: number, skipped: (word: string) => boolean) =>
    lower.findIndex((word, at) => at >= from && !skipped(word));
  const file = after(form + 1, (word) => /^(?:url|usage-keys)$/.test(word));
  return [
    host < 0 ? -1 : after(host + 1 + vrf, (word) => beforeCommunity.test(word)),
    form < 0 || file < 0 ? -1 : after(file + 1, (word) => names.has(word) || kind.test(word)),
  ].filter((at) => at >= 0);
}

/** A word in lower case, without the signs that may stand before it: of a diff, of a quotation, of a structure. */
function bare(word = ''): string {
  return word.replace(/^[+\-'"{(]+/, '').toLowerCase();
}
