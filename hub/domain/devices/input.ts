import { invalid } from '../errors.js';
import { checkName } from '../names.js';
import type { Store } from '../store.js';
import type { ConnectionOptions, DeviceRecord, DeviceType } from './record.js';

/** A client's input to register a device. */
export interface DeviceInput {
  readonly name: string;
  readonly type: DeviceType;
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: LoginInput & { readonly enablePassword?: string };
  readonly options?: Partial<ConnectionOptions>;
  readonly jumpHost?: JumpHostInput | null;
  /** The host key that it must show, as OpenSSH prints it; `null`: the hub pins the next key that it sees. */
  readonly knownHostKey?: string | null;
  readonly tags?: readonly string[];
  readonly site?: string;
}

export interface JumpHostInput {
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: LoginInput;
  readonly knownHostKey?: string | null;
}

/** A client's changes of a device: absent members stay as they are, credentials are replaced as a whole. */
export type DeviceUpdate = Partial<Omit<DeviceInput, 'type' | 'site'>>;

const SSH_PORT = 22;

/** @throws DomainError `invalid_input` naming the field. */
export function checkInput({ name, hostname, jumpHost, knownHostKey }: DeviceUpdate): void {
  if (name !== undefined) checkName(name);
  if (hostname !== undefined) checkHostname('hostname', hostname);
  if (jumpHost) checkHostname('connection_options.jump_host.hostname', jumpHost.hostname);
  if (knownHostKey) checkFingerprint('known_host_key', knownHostKey);
  if (jumpHost?.knownHostKey) checkFingerprint('connection_options.jump_host.known_host_key', jumpHost.knownHostKey);
}

/** The jump host as it is kept, without its secrets. */
export function jumpHostOf(jumpHost: JumpHostInput | null | undefined): DeviceRecord['jumpHost'] {
  if (!jumpHost) return null;
  const { hostname, port = SSH_PORT, credentials } = jumpHost;
  return { hostname, port, username: credentials.username };
}

/** The secrets of a registration. `kept`: the old secrets, for fields that an update leaves out. @throws DomainError `invalid_input`. */
export function secretsOf({ credentials, jumpHost }: DeviceUpdate, kept?: DeviceSecrets): DeviceSecrets {
  const before = { password: '', privateKey: '', passphrase: '', enablePassword: '', jumpHost: null, ...kept };
  const { enablePassword = '' } = credentials ?? {};
  checkSecret('credentials.enable_password', enablePassword);
  const jump = 'connection_options.jump_host.credentials';
  return {
    ...before,
    ...(credentials ? { ...loginSecrets('credentials', credentials), enablePassword } : {}),
    ...(jumpHost === undefined ? {} : { jumpHost: jumpHost && loginSecrets(jump, jumpHost.credentials) }),
  };
}

/** Only the form is checked: devices live in private ranges, and behind names that only their site knows. */
function checkHostname(field: string, hostname: string): void {
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_.])?$/.test(hostname) && !isIpv6(hostname))
    throw invalid(field, 'must be a host name or an address');
}

function isIpv6(text: string): boolean {
  return text.length <= 64 && /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?$/.test(text);
}

function checkFingerprint(field: string, text: string): void {
  if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(text))
    throw invalid(field, "must be a fingerprint as OpenSSH prints it: 'SHA256:' and 43 characters of base64");
}

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
interface DeviceSecrets extends LoginSecrets {
  readonly enablePassword: string;
  readonly jumpHost: LoginSecrets | null;
}

const MAX_SECRET = 4096;
const MAX_KEY = 64 * 1024;

/** Checks a sign-in and takes the secrets out of it. @throws DomainError `invalid_input` naming the field. */
function loginSecrets(field: string, login: LoginInput): LoginSecrets {
  const { username, password = '', sshKey, passphrase = '' } = login;
  if (!/^[^\p{C}]{1,256}$/u.test(username)) throw invalid(`${field}.username`, 'must be 1 to 256 printable characters');
  if (password === '' && sshKey === undefined) throw invalid(`${field}.password`, 'or ssh_key is needed');
  checkSecret(`${field}.password`, password);
  checkSecret(`${field}.passphrase`, passphrase);
  return { password, privateKey: sshKey === undefined ? '' : privateKeyOf(`${field}.ssh_key`, sshKey), passphrase };
}

/** A password is entered at a prompt: it is one line. */
function checkSecret(field: string, secret: string): void {
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
