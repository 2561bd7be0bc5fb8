import 'reflect-metadata';
import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { invalid } from '../domain/errors.js';
import { writePrivate } from './files.js';

/** The one name that the hub's certificate carries, whatever address the agents dial. */
export const hubName = 'roundhouse-hub';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const day = 24 * 60 * 60 * 1000;
const authorityDays = 10 * 365;

export interface IssuedCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Lower-case hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/** The hub's own certificate authority: who the agents trust, and what says who they are. */
export interface Authority {
  /** The CA certificate, DER. */
  readonly certificate: Uint8Array;
  /** The CA certificate, PEM. */
  readonly pem: Buffer;
  /** A new key and certificate for the hub itself (PEM), under {@link hubName}. */
  serverIdentity(): Promise<{ readonly key: Buffer; readonly certificate: Buffer }>;
  /**
   * Issues an agent's certificate.
   * @param request Its subject is ignored: the hub says who the agent is.
   */
  issue(request: CertificateRequest, agentId: string, lifetimeDays: number): Promise<IssuedCertificate>;
  /** Whether this authority signed a certificate. */
  signed(certificate: X509Certificate): boolean;
}

/** A certificate request whose form, key type and signature have been checked. */
export type CertificateRequest = x509.Pkcs10CertificateRequest & { readonly checked: unique symbol };

/**
 * Reads a certificate request and checks that its sender holds the key.
 * @throws DomainError `invalid_input`.
 */
export async function readCertificateRequest(der: Uint8Array): Promise<CertificateRequest> {
  const field = 'certificate_request';
  let request: x509.Pkcs10CertificateRequest;
  let valid: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
    const algorithm = request.publicKey.algorithm as Partial<typeof keyAlgorithm>;
    if (algorithm.name !== keyAlgorithm.name || algorithm.namedCurve !== keyAlgorithm.namedCurve) {
      throw invalid(field, 'the key must be of type EC P-256');
    }
    valid = await request.verify();
  } catch (error) {
    if (error instanceof Error && error.name === 'DomainError') throw error;
    throw invalid(field, 'not a PKCS #10 request');
  }
  if (!valid) throw invalid(field, 'the signature does not match the key');
  return request as CertificateRequest;
}

/** Tells the key of a request from others: SHA-256 of its public half, hex. */
export function keyOf(request: CertificateRequest): string {
  return createHash('sha256').update(new Uint8Array(request.publicKey.rawData)).digest('hex');
}

/** Opens the authority kept in a data folder (`ca.key`, `ca.crt`), making it on first use. */
export async function openAuthority(dataDir: string): Promise<Authority> {
  const { key, certificate } = (await load(dataDir)) ?? (await make(dataDir));
  const own = new X509Certificate(Buffer.from(certificate.rawData));

  async function sign(
    publicKey: x509.PublicKeyType,
    commonName: string,
    days: number,
    extensions: x509.Extension[],
  ): Promise<x509.X509Certificate> {
    const lifetime = days * day;
    const notAfter = Math.min(Date.now() + lifetime, certificate.notAfter.getTime());
    return x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${commonName}`,
      issuer: certificate.subject,
      // A day early, for agents whose clocks are behind; but never by more than the certificate lasts, since when it is due
      // for renewal is told by its whole span.
      notBefore: new Date(Date.now() - Math.min(day, lifetime)),
      notAfter: new Date(notAfter),
      publicKey,
      signingKey: key,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
        ...extensions,
      ],
    });
  }

  return {
    certificate: new Uint8Array(certificate.rawData),
    pem: Buffer.from(certificate.toString('pem')),

    async serverIdentity() {
      const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
      const issued = await sign(keys.publicKey, hubName, authorityDays, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hubName }]),
      ]);
      return { key: Buffer.from(await privatePem(keys.privateKey)), certificate: Buffer.from(issued.toString('pem')) };
    },

    async issue(request, agentId, lifetimeDays) {
      const issued = await sign(request.publicKey, agentId, lifetimeDays, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ]);
      return {
        certificate: new Uint8Array(issued.rawData),
        serial: issued.serialNumber.toLowerCase(),
        notAfter: issued.notAfter.getTime(),
      };
    },

    signed: (candidate) => candidate.checkIssued(own) && candidate.verify(own.publicKey),
  };
}

type KeyAndCertificate = { readonly key: webcrypto.CryptoKey; readonly certificate: x509.X509Certificate };

async function load(dataDir: string): Promise<KeyAndCertificate | undefined> {
  const [keyPem, certificatePem] = await Promise.all([
    readIfThere(join(dataDir, 'ca.key')),
    readIfThere(join(dataDir, 'ca.crt')),
  ]);
  if (certificatePem === undefined) return undefined;
  if (keyPem === undefined) throw new Error(`${join(dataDir, 'ca.crt')} has lost its key, ca.key`);
  const der = x509.PemConverter.decodeFirst(keyPem);
  const key = await webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']);
  const certificate = new x509.X509Certificate(certificatePem);
  if (!(await certificate.verify({ signatureOnly: true }))) {
    throw new Error(`${join(dataDir, 'ca.crt')} is not a self-signed certificate`);
  }
  return { key, certificate };
}

async function make(dataDir: string): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // A name of its own for each hub, so that a foreign certificate is told apart by name as well as by key.
    name: `CN=Roundhouse CA ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + authorityDays * day),
    signingAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a crash in between leaves a key without certificate, which the next start replaces.
  await writePrivate(join(dataDir, 'ca.key'), await privatePem(keys.privateKey));
  await writePrivate(join(dataDir, 'ca.crt'), certificate.toString('pem'), 0o644);
  return { key: keys.privateKey, certificate };
}

/** 128 bits, positive, without a leading zero: the same in every notation. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
