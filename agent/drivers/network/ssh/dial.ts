import { createHash } from 'node:crypto';
import type { SshCredentials } from '@roundhouse/proto/agent/v1/device';
import type { Algorithms, Client, ClientChannel } from 'ssh2';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';
import { passwordChange, signInMethods } from './credentials.js';

/** An SSH server and how to sign in there. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
  readonly credentials: SshCredentials;
  /** The pinned fingerprint; empty if none is pinned. */
  readonly hostKey: string;
  readonly legacy: boolean;
}

export interface DialOptions {
  /** The time limit of the connection and the sign-in, milliseconds. */
  readonly timeoutMs: number;
  /** The time between keepalive requests to an idle peer, milliseconds. Three without an answer end the connection. */
  readonly keepaliveMs: number;
  readonly signal: Cancellation;
}

/** A connection that is signed in. */
export interface Dialled {
  readonly client: Client;
  /** The fingerprints that are pinned now; the jump host's is empty if there is no jump host. */
  readonly hostKey: string;
  readonly jumpHostKey: string;
  /** Resolves once the connection is closed; never rejects. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * Connects to an SSH server and signs in, through a jump host if one is given.
 * @throws AgentFailure with a reason for connecting (`device.proto`); `cancelled`.
 */
export async function dial(target: Endpoint, jump: Endpoint | undefined, options: DialOptions): Promise<Dialled> {
  const until = performance.now() + options.timeoutMs;
  const left = (): DialOptions => ({ ...options, timeoutMs: Math.max(1, until - performance.now()) });
  if (jump === undefined) {
    const { client, pin, closed } = await signIn(target, left());
    return { client, hostKey: pin.pinned, jumpHostKey: '', closed, close: () => end(client) };
  }
  const outer = await signIn(jump, left()).catch((error: unknown) => {
    throw error instanceof AgentFailure && error.details.reason !== undefined
      ? new AgentFailure(error.kind, `jump host: ${error.message}`, { ...error.details, jumpHost: true })
      : error;
  });
  try {
    const sock = await forward(outer.client, target, left());
    const { client, pin, closed } = await signIn(target, left(), sock);
    void closed.then(() => end(outer.client));
    void outer.closed.then(() => end(client));
    return { client, hostKey: pin.pinned, jumpHostKey: outer.pin.pinned, closed, close: () => end(client) };
  } catch (error) {
    end(outer.client);
    throw error;
  }
}

interface SignedIn {
  readonly client: Client;
  readonly pin: Pin;
  readonly closed: Promise<void>;
}

async function signIn(endpoint: Endpoint, options: DialOptions, sock?: ClientChannel): Promise<SignedIn> {
  const { default: ssh2 } = await import('ssh2');
  const { hostname: host, port, credentials, legacy } = endpoint;
  const where = `${host}:${port}`;
  const client = new ssh2.Client();
  const pin = new Pin(where, endpoint.hostKey);
  return new Promise((resolve, reject) => {
    let over = false;
    const settle = (failure?: AgentFailure): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      if (failure === undefined) {
        resolve({ client, pin, closed });
        return;
      }
      reject(failure);
      end(client);
    };
    const onAbort = (): void => settle(options.signal.reason as AgentFailure);
    const tooLate = (): void =>
      settle(
        deviceFailure('timeout', 'timeout', `no SSH session with ${where} within ${Math.ceil(options.timeoutMs)} ms`),
      );
    const timer = setTimeout(tooLate, options.timeoutMs);
    options.signal.addEventListener('abort', onAbort);
    const closed = new Promise<void>((gone) => client.once('close', () => gone()));
    client.on('ready', () => settle());
    // After the sign-in, the close of the connection reports its end.
    client.on('error', (error: Error & { level?: string }) => settle(pin.failure() ?? explain(error, where, legacy)));
    client.on('close', () => settle(turnedAway(where)));
    client.on('change password', () => settle(passwordChange()));
    if (options.signal.aborted) {
      onAbort();
      return;
    }
    try {
      client.connect({
        ...(sock === undefined ? { host, port } : { sock }),
        username: credentials.username,
        authHandler: signInMethods(ssh2, credentials, settle),
        algorithms: algorithms(legacy),
        hostVerifier: pin.accepts,
        readyTimeout: 0,
        keepaliveInterval: options.keepaliveMs,
        keepaliveCountMax: 3,
      });
    } catch (error) {
      settle(error instanceof AgentFailure ? error : deviceFailure('disconnected', 'unreachable', reason(error)));
    }
  });
}

function forward(client: Client, { hostname, port }: Endpoint, { timeoutMs }: DialOptions): Promise<ClientChannel> {
  const where = `${hostname}:${port}`;
  return new Promise((resolve, reject) => {
    const fail = (text: string): void =>
      reject(deviceFailure('disconnected', 'unreachable', `${where} through the jump host: ${text}`));
    const timer = setTimeout(() => fail('no answer'), timeoutMs);
    client.forwardOut('127.0.0.1', 0, hostname, port, (error, channel) => {
      clearTimeout(timer);
      if (error) fail(reason(error));
      else resolve(channel);
    });
  });
}

function explain(error: Error & { level?: string; code?: string }, where: string, legacy: boolean): AgentFailure {
  if (error.level === 'client-authentication') {
    return deviceFailure('disconnected', 'auth_failed', `${where} does not accept these credentials`);
  }
  if (/no matching/i.test(error.message)) {
    const hint = legacy ? '' : '; old devices need legacy_algorithms';
    const message = `${where}: ${error.message.replace(/^Handshake failed: /, '')}${hint}`;
    return deviceFailure('disconnected', 'no_common_algorithm', message, { legacy: !legacy });
  }
  if (error.code === 'ECONNRESET' || /lost before handshake|ended by|closed/i.test(error.message))
    return turnedAway(where);
  return deviceFailure('disconnected', 'unreachable', `${where}: ${reason(error)}`);
}

function turnedAway(where: string): AgentFailure {
  return deviceFailure('disconnected', 'unreachable', `${where} closed the connection`, { turnedAway: true });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends a connection, even one that was never made. */
function end(client: Client): void {
  client.end();
  // Does not wait for a peer that does not answer.
  const timer = setTimeout(() => client.destroy(), 1_000);
  timer.unref();
  client.once('close', () => clearTimeout(timer));
}

/** A host key's fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256')
    .update(key)
    .digest('base64')
    .replace(/(?<!=)=+$/, '')}`;
}

/** Pins a host's key. The first key counts if none is known; later it accepts no other key. */
class Pin {
  /** The key that the host has shown. */
  offered: string | undefined;

  /** `expected`: the pinned fingerprint; empty if none is pinned. */
  constructor(
    private readonly host: string,
    private readonly expected: string,
  ) {}

  /** The fingerprint that is pinned from now on; empty while none is known. */
  get pinned(): string {
    return this.expected || this.offered || '';
  }

  readonly accepts = (key: Buffer): boolean => {
    this.offered = fingerprint(key);
    return this.expected === '' || this.offered === this.expected;
  };

  /** The failure if the host has shown another key. */
  failure(): AgentFailure | undefined {
    const { expected, offered } = this;
    if (offered === undefined || expected === '' || offered === expected) return undefined;
    const message = `the host key of ${this.host} has changed: expected ${expected}, offered ${offered}`;
    return deviceFailure('disconnected', 'host_key_changed', message, { expected, offered });
  }
}

const kex = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
] as const;

const serverHostKey = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

const cipher = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'] as const;

const hmac = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const;

const modern: Algorithms = {
  kex: [...kex],
  serverHostKey: [...serverHostKey],
  cipher: [...cipher],
  hmac: [...hmac],
};

/**
 * All algorithms, and the weak ones that old devices need. Only a registration that asks for them gets them. The strong ones come first.
 */
const withLegacy: Algorithms = {
  kex: [...kex, 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: [...serverHostKey, 'ssh-rsa', 'ssh-dss'],
  cipher: [...cipher, 'aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: [...hmac, 'hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-md5'],
};

/** The algorithms that the agent offers a device. */
function algorithms(legacy: boolean): Algorithms {
  return legacy ? withLegacy : modern;
}
