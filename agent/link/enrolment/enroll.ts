import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { connect } from 'node:tls';
import { type Client, type ServiceError, status } from '@grpc/grpc-js';
import { hubName } from '@roundhouse/proto/frames';
import { type JoinToken, parseJoinToken } from '@roundhouse/proto/join-token';
import type { Logger } from '@roundhouse/proto/log';
import { writePrivate } from '@roundhouse/proto/private-file';
import { Backoff, pause } from '../../backoff.js';
import { isNotTls, plainReason, ReasonLog } from '../connection-reason.js';
import { callEnroll, callRenew, dialHub, Hubs, parseAddress } from '../session/channel.js';
import { type Identity, loadIdentity, saveCertificate, saveIdentity } from './identity.js';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** A new key: PKCS #8, PEM. */
export async function newKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

/** A certificate request for a key: PKCS #10, DER. The hub chooses the name in the certificate. */
export async function certificateRequest(keyPem: string): Promise<Uint8Array> {
  // Loaded here, because an enrolled agent needs it only once in weeks.
  await import('reflect-metadata');
  const { PemConverter, Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
  const der = PemConverter.decodeFirst(keyPem);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, true, ['sign']);
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y }, keyAlgorithm, true, ['verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=roundhouse-agent',
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return new Uint8Array(request.rawData);
}

const pendingFile = 'enrolling.json';

/** The key to enrol with: the key that was made for this token before, or a new one. PKCS #8, PEM. */
async function pendingKey(dataDir: string, tokenHash: string): Promise<string> {
  const path = joinPath(dataDir, pendingFile);
  try {
    const pending = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    if (pending.tokenHash === tokenHash && typeof pending.key === 'string') return pending.key;
  } catch {
    // No key, or a damaged file: a new key is made.
  }
  const key = await newKey();
  await writePrivate(path, `${JSON.stringify({ tokenHash, key })}\n`);
  return key;
}

/** Deletes the pending key: the identity holds it now. */
function forgetPendingKey(dataDir: string): Promise<void> {
  return rm(joinPath(dataDir, pendingFile), { force: true });
}

/** The hub refused the token, or another hub made it: a retry does not help. The message is for the operator. */
export class EnrollmentRefused extends Error {
  override readonly name = 'EnrollmentRefused';
}

export interface EnrollOptions {
  /** `HOST:PORT`, several separated by commas; if absent, the address in the token. */
  readonly hub?: string | undefined;
  /** As `roundhouse token create` printed it. */
  readonly token: string;
  readonly dataDir: string;
  readonly name: string;
  /** Semantic version of the agent. */
  readonly version: string;
  readonly log: Logger;
  /** Gives up. */
  readonly signal: AbortSignal;
}

const attemptMs = 15_000;

/** The form in which a data folder keeps the token that it enrolled with. */
function hashToken(token: string): string {
  return createHash('sha256').update(token.trim()).digest('hex');
}

/**
 * Makes a key, exchanges the join token for a certificate, and keeps both. Waits for a hub that cannot be reached.
 * @throws EnrollmentRefused; Error when the token or address is malformed, or the signal aborted.
 */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const { log, signal, name, version, dataDir } = options;
  const joinToken = parseJoinToken(options.token);
  const hub = options.hub ?? joinToken.hub;
  if (hub === undefined) throw new Error('the join token does not say where the hub is: give --hub HOST:PORT');
  const hubs = new Hubs(hub);
  const tokenHash = hashToken(options.token);
  // The same token keeps its key: if the hub's answer is lost, the hub repeats it for this key only.
  const key = await pendingKey(dataDir, tokenHash);
  const request = await certificateRequest(key);
  const backoff = new Backoff();
  const reasons = new ReasonLog(log);
  while (!signal.aborted) {
    const dialled = hubs.current;
    const client = dialHub(dialled, { ca: joinToken.ca.toString() });
    try {
      const sent = { token: joinToken.token, certificateRequest: request, name, version };
      const answer = await callEnroll(client, sent, attemptMs);
      const identity: Identity = {
        agentId: answer.agentId,
        site: answer.site,
        name,
        hub,
        tokenHash,
        key,
        certificate: toPem(answer.certificate),
        // Not the answer's authority: the token says which authority to trust.
        ca: joinToken.ca.toString(),
      };
      await saveIdentity(dataDir, identity);
      await forgetPendingKey(dataDir);
      return identity;
    } catch (error) {
      const problem = await explain(error as ServiceError, dialled, joinToken);
      const waitMs = hubs.next() ? 0 : isNotTls(problem) ? Backoff.long() : backoff.next();
      reasons.tell(
        { event: 'link.unreachable', hub: dialled, reason: plainReason(problem, dialled), waitMs },
        'the hub cannot be reached; trying again',
      );
      await pause(waitMs, signal);
    } finally {
      client.close();
    }
  }
  throw new Error('enrolment was given up');
}

/**
 * * Why an attempt failed, if a further attempt may succeed.
 * * @throws EnrollmentRefused, and any error that is no failure of the call.
 */
async function explain(error: ServiceError, hub: string, token: JoinToken): Promise<string> {
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED: {
      const problem = await probe(hub, token.ca.toString());
      if (problem === 'untrusted') {
        throw new EnrollmentRefused(
          `the hub at ${hub} did not make this join token (its certificate is of another authority)`,
        );
      }
      return problem ?? error.details;
    }
    case status.INTERNAL:
    case status.RESOURCE_EXHAUSTED:
      return error.details;
    case status.UNAUTHENTICATED:
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
    case status.PERMISSION_DENIED:
      throw new EnrollmentRefused(`the hub at ${hub} refused to enrol this agent: ${error.details}`);
    case status.UNIMPLEMENTED:
      throw new EnrollmentRefused(`the program at ${hub} is not a Roundhouse hub's port for agents`);
    default:
      throw error;
  }
}

/** gRPC reports every failed connection as "unavailable". A TLS handshake shows whether the certificate is the reason. */
function probe(hub: string, ca: string): Promise<string | undefined> {
  const { host, port } = parseAddress(hub);
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, servername: hubName, ALPNProtocols: ['h2'], timeout: 5_000 });
    const done = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('secureConnect', () => done(undefined));
    socket.once('timeout', () => done('no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? '';
      if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
        done("the hub's certificate is not valid at this machine's time; is the clock right?");
      } else {
        done(/CERT|UNABLE_TO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE/.test(code) ? 'untrusted' : error.message || code);
      }
    });
  });
}

function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

export interface JoinOptions {
  /** `HOST:PORT`; if absent, the address in the token or the folder. */
  readonly hub: string | undefined;
  /** As `roundhouse token create` printed it. Needed the first time. */
  readonly token: string | undefined;
  readonly dataDir: string;
  readonly name: string;
  /** Semantic version of the agent. */
  readonly version: string;
  readonly log: Logger;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * The identity of a data folder. The agent enrols if the folder has none, and enrols again if the token is not the token that the folder
 * enrolled with: that is how an agent moves to another hub, or comes back after it was revoked.
 * @throws EnrollmentRefused; Error with a sentence for the operator.
 */
export async function join(options: JoinOptions): Promise<Identity> {
  const { token, dataDir, log } = options;
  const known = await loadIdentity(dataDir);
  if (token === undefined) {
    if (known) return known;
    throw new Error(`no agent has enrolled in ${dataDir} yet: give a join token (roundhouse token create --site NAME)`);
  }
  if (known && known.tokenHash === hashToken(token)) return known;
  if (known)
    log.warn({ event: 'link.enrolling_again', agent: known.agentId }, 'enrolling again: the join token is a new one');
  const identity = await enroll({ ...options, token });
  log.info({ event: 'link.enrolled', agent: identity.agentId, site: identity.site, name: identity.name }, 'enrolled');
  return identity;
}

const callMs = 30_000;
const longestWaitMs = 60 * 60_000;

/** When a certificate is due for renewal: when less than a third of its span is left. Milliseconds since 1970. */
export function dueAt(certificatePem: string): number {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const end = Date.parse(validTo);
  return end - (end - Date.parse(validFrom)) / 3;
}

/** The wait after a failed renewal, milliseconds: a tenth of the time that the certificate is still valid, and at most an hour. */
export function retryAfter(certificatePem: string, now = Date.now()): number {
  const left = Date.parse(new X509Certificate(certificatePem).validTo) - now;
  return Math.min(Math.max(left / 10, 250), longestWaitMs);
}

/**
 * Exchanges the certificate for a new one of the same key and keeps it.
 * @throws when the hub does not answer, or answers with something that is not a certificate for this key.
 */
export async function renew(client: Client, dataDir: string, identity: Identity): Promise<Identity> {
  const answer = await callRenew(client, await certificateRequest(identity.key), callMs);
  const certificate = new X509Certificate(Buffer.from(answer.certificate));
  const old = new X509Certificate(identity.certificate);
  if (!certificate.verify(new X509Certificate(identity.ca).publicKey) || !certificate.publicKey.equals(old.publicKey)) {
    throw new Error("the hub's answer is not a certificate for this agent's key");
  }
  const pem = certificate.toString();
  await saveCertificate(dataDir, pem);
  return { ...identity, certificate: pem };
}
