import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { invalid } from '../errors.js';

const PREFIX = 'whsec_';
const RANDOM_BYTES = 24;
/** The lengths that this hub takes, bytes. Standard Webhooks recommends 24 to 64; secrets that clients choose may be shorter. */
const LEAST_BYTES = 16;
const MOST_BYTES = 64;

/** A secret as Standard Webhooks has it: `whsec_` and 24 random bytes in base64. */
export function makeSecret(): string {
  return PREFIX + randomBytes(RANDOM_BYTES).toString('base64');
}

/**
 * Brings a secret of a client into the same form. `whsec_…` stays; any other text is encoded.
 * @throws DomainError `invalid_input`.
 */
export function takeSecret(given: string): string {
  const encoded = given.startsWith(PREFIX) ? given.slice(PREFIX.length) : Buffer.from(given).toString('base64');
  const { length } = Buffer.from(encoded, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || Buffer.from(encoded, 'base64').toString('base64') !== padded(encoded))
    throw invalid('secret', `must be base64 after '${PREFIX}'`);
  if (length < LEAST_BYTES || length > MOST_BYTES)
    throw invalid('secret', `must be of ${LEAST_BYTES} to ${MOST_BYTES} bytes; it is of ${length}`);
  return PREFIX + padded(encoded);
}

/** The headers of Standard Webhooks for one attempt. `at`: milliseconds since 1970. */
export function signatureHeaders(secret: string, id: string, at: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** How far the clocks of a sender and the hub may differ, milliseconds: Standard Webhooks recommends five minutes. */
export const CLOCKS_DIFFER_MS = 300_000;

/** The headers of a signed message. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** Whether a message is signed with a secret, and its time is about now. The header may hold several signatures. */
export function isSigned(
  secret: string,
  { id, timestamp, signature }: SignedHeaders,
  body: string,
  now: number,
): boolean {
  const at = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN;
  if (id === '' || id.length > 256 || !(Math.abs(now - at) <= CLOCKS_DIFFER_MS)) return false;
  const wanted = Buffer.from(signatureHeaders(secret, id, at, body)['webhook-signature'] ?? '');
  return signature
    .split(' ', MOST_SIGNATURES)
    .map((one) => Buffer.from(one))
    .some((one) => one.length === wanted.length && timingSafeEqual(one, wanted));
}

/** A sender that changes its secret signs with both. */
const MOST_SIGNATURES = 8;

function padded(encoded: string): string {
  const bare = encoded.replace(/(?<!=)=+$/, '');
  return bare + '='.repeat((4 - (bare.length % 4)) % 4);
}
