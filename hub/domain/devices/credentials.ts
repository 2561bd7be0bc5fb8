import { invalid } from '../errors.js';
import type { Store } from '../store.js';
import type { DeviceRecord } from './record.js';

/** How to sign in, as a client gives it. */
export interface LoginInput {
  readonly username: string;
  readonly password?: string;
  /** A private key, base64 or as text. */
  readonly sshKey?: string;
  readonly passphrase?: string;
}

/** The sealed part of one sign-in. */
export interface LoginSecrets {
  readonly password: string;
  readonly privateKey: string;
  readonly passphrase: string;
}

/** The sealed part of a device. */
export interface DeviceSecrets extends LoginSecrets {
  readonly enablePassword: string;
  readonly jumpHost: LoginSecrets | null;
}

const MAX_SECRET = 4096;
const MAX_KEY = 64 * 1024;

/** Checks a sign-in and takes the secrets out of it. @throws DomainError `invalid_input` naming the field. */
export function loginSecrets(field: string, login: LoginInput): LoginSecrets {
  const { username, password = '', sshKey, passphrase = '' } = login;
  if (!/^[^\p{C}]{1,256}$/u.test(username)) throw invalid(`${field}.username`, 'must be 1 to 256 printable characters');
  if (password === '' && sshKey === undefined) throw invalid(`${field}.password`, 'or ssh_key is needed');
  checkSecret(`${field}.password`, password);
  checkSecret(`${field}.passphrase`, passphrase);
  return { password, privateKey: sshKey === undefined ? '' : privateKeyOf(`${field}.ssh_key`, sshKey), passphrase };
}

/** A password is entered at a prompt: it is one line. */
export function checkSecret(field: string, secret: string): void {
  if (secret.length > MAX_SECRET) throw invalid(field, `must have at most ${MAX_SECRET} characters`);
  if (/\p{Cc}/u.test(secret)) throw invalid(field, 'must be one line without control characters');
}

function privateKeyOf(field: string, given: string): string {
  if (given.length > MAX_KEY * 2) throw invalid(field, `must have at most ${MAX_KEY} bytes`);
  const text = looksLikeKey(given) ? given : Buffer.from(given, 'base64').toString();
  if (!looksLikeKey(text)) throw invalid(field, 'must be a private key (OpenSSH, PEM or PuTTY format) in base64');
  if (text.length > MAX_KEY) throw invalid(field, `must have at most ${MAX_KEY} bytes`);
  return text;
}

function looksLikeKey(text: string): boolean {
  return /^\s*(?:-----BEGIN [A-Z ]*PRIVATE KEY-----|PuTTY-User-Key-File-)/.test(text);
}

export function sealDeviceSecrets(store: Store, id: string, secrets: DeviceSecrets): Promise<string> {
  return store.seal(JSON.stringify(secrets), id);
}

/** The secrets of a device, unsealed. They go to its agent, and nowhere else. */
export async function unsealDeviceSecrets(store: Store, { id, sealedSecrets }: DeviceRecord): Promise<DeviceSecrets> {
  return JSON.parse(await store.unseal(sealedSecrets, id)) as DeviceSecrets;
}
