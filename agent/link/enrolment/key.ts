import { webcrypto } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '@roundhouse/proto/private-file';

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

const file = 'enrolling.json';

/** The key to enrol with: the key that was made for this token before, or a new one. PKCS #8, PEM. */
export async function pendingKey(dataDir: string, tokenHash: string): Promise<string> {
  const path = join(dataDir, file);
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
export function forgetPendingKey(dataDir: string): Promise<void> {
  return rm(join(dataDir, file), { force: true });
}
