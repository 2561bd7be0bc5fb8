import { X509Certificate } from 'node:crypto';
import type { Client } from '@grpc/grpc-js';
import { callRenew } from '../session/service.js';
import { type Identity, saveCertificate } from './identity.js';
import { certificateRequest } from './key.js';

const callMs = 30_000;
const longestWaitMs = 60 * 60_000;

/** When a certificate is due for renewal: when less than a third of its span is left. Milliseconds since 1970. */
export function dueAt(certificatePem: string): number {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const end = Date.parse(validTo);
  return end - (end - Date.parse(validFrom)) / 3;
}

/** How long to wait before a renewal that failed is tried again: ten more tries before it is too late, but one each hour at least. */
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
