import { createHash, createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as X509 from '@peculiar/x509';
import { hubName } from '@roundhouse/proto/frames';
import { writePrivate } from '@roundhouse/proto/private-file';
import { invalid } from '../../domain/errors.js';

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

/** The hub's own certificate authority: agents trust it, and its certificates identify them. */
export interface Authority {
  /** The CA certificate, DER. */
  readonly certificate: Uint8Array;
  /** The CA certificate, PEM. */
  readonly pem: Buffer;
  /**
   * The key and certificate of the hub itself (PEM), under {@link hubName}: kept in `hub.key` and `hub.crt`, and made if they are missing
   * or no longer valid.
   */
  serverIdentity(): Promise<{ readonly key: Buffer; readonly certificate: Buffer }>;
  /**
   * Issues an agent's certificate.
   * @param request the hub ignores its subject, and names the agent itself
   */
  issue(request: CertificateRequest, agentId: string, lifetimeDays: number): Promise<IssuedCertificate>;
  /** Whether this authority signed a certificate. */
  signed(certificate: X509Certificate): boolean;
}

/** A certificate request whose form, key type and signature have been checked. */
export type CertificateRequest = X509.Pkcs10CertificateRequest & { readonly checked: unique symbol };

/** The longest certificate request, bytes. An agent's request has about 220. A long request with many values would take the parser long. */
const LONGEST_REQUEST = 2048;

/**
 * Reads a certificate request and checks that its sender holds the key.
 * @throws DomainError `invalid_input`.
 */
export async function readCertificateRequest(der: Uint8Array): Promise<CertificateRequest> {
  const field = 'certificate_request';
  if (der.length > LONGEST_REQUEST) throw invalid(field, `must have at most ${LONGEST_REQUEST} bytes`);
  const x509 = await library();
  let request: X509.Pkcs10CertificateRequest;
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

/** The id of the key of a request: SHA-256 of the public key, hex. */
export function keyOf(request: CertificateRequest): string {
  return createHash('sha256').update(new Uint8Array(request.publicKey.rawData)).digest('hex');
}

/** Key and certificate (PEM) of the authority in a data folder; made if they are missing. */
export async function authorityPair(dataDir: string): Promise<{ readonly key: string; readonly certificate: string }> {
  const { key, pem } = (await loadPair(dataDir, 'ca')) ?? (await make(dataDir));
  return { key, certificate: pem };
}

/** Writes the authority of other hubs into a data folder, in place of its own. */
export async function keepAuthority(dataDir: string, { key, certificate }: { key: string; certificate: string }) {
  await keep(dataDir, 'ca', key, certificate);
}

/** Opens the authority kept in a data folder (`ca.key`, `ca.crt`), making it on first use. */
export async function openAuthority(dataDir: string): Promise<Authority> {
  const { key, pem } = (await loadPair(dataDir, 'ca')) ?? (await make(dataDir));
  const own = new X509Certificate(pem);
  const signing = once(async () => {
    const x509 = await library();
    const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
    return {
      x509,
      certificate: new x509.X509Certificate(pem),
      signingKey: await webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']),
    };
  });

  async function sign(
    publicKey: X509.PublicKeyType,
    commonName: string,
    days: number,
    extensions: (x509: Library) => X509.Extension[],
  ): Promise<X509.X509Certificate> {
    const { x509, certificate, signingKey } = await signing();
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
      signingKey,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
        ...extensions(x509),
      ],
    });
  }

  const signed = (candidate: X509Certificate) => candidate.checkIssued(own) && candidate.verify(own.publicKey);

  return {
    certificate: new Uint8Array(own.raw),
    pem: Buffer.from(pem),

    async serverIdentity() {
      const kept = await loadPair(dataDir, 'hub').catch(() => undefined);
      if (kept && isGood(new X509Certificate(kept.pem))) return identity(kept);
      const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
      const issued = await sign(keys.publicKey, hubName, authorityDays, (x509) => [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hubName }]),
      ]);
      return identity(await keep(dataDir, 'hub', await privatePem(keys.privateKey), issued.toString('pem')));
    },

    async issue(request, agentId, lifetimeDays) {
      const issued = await sign(request.publicKey, agentId, lifetimeDays, (x509) => [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ]);
      return {
        certificate: new Uint8Array(issued.rawData),
        serial: issued.serialNumber.toLowerCase(),
        notAfter: issued.notAfter.getTime(),
      };
    },

    signed,
  };

  function isGood(certificate: X509Certificate): boolean {
    const left = Date.parse(certificate.validTo) - Date.now();
    // The certificate lasts as long as the authority: near the end of that, no new one would last longer.
    const enough = left > Math.min(30 * day, Date.parse(own.validTo) - Date.now() - day);
    return signed(certificate) && certificate.subjectAltName === `DNS:${hubName}` && enough;
  }
}

function identity({ key, pem }: KeyAndCertificate) {
  return { key: Buffer.from(key), certificate: Buffer.from(pem) };
}

type Library = typeof import('@peculiar/x509');

/** The library that writes certificates and requests. A hub whose certificates all exist starts without it. */
async function library(): Promise<Library> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A private key and its certificate, both PEM. */
interface KeyAndCertificate {
  readonly key: string;
  readonly pem: string;
}

/** Reads `NAME.key` and `NAME.crt`. @throws Error if they do not belong together. */
async function loadPair(dataDir: string, name: 'ca' | 'hub'): Promise<KeyAndCertificate | undefined> {
  const [keyFile, certificateFile] = [join(dataDir, `${name}.key`), join(dataDir, `${name}.crt`)];
  const [key, pem] = await Promise.all([readIfThere(keyFile), readIfThere(certificateFile)]);
  if (pem === undefined) return undefined;
  if (key === undefined) throw new Error(`${certificateFile} has lost its key, ${name}.key`);
  const certificate = new X509Certificate(pem);
  if (!certificate.checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${keyFile} is not the key of ${certificateFile}`);
  if (name === 'ca' && !certificate.verify(certificate.publicKey))
    throw new Error(`${certificateFile} is not a self-signed certificate`);
  return { key, pem };
}

/** Writes the key first: a crash in between leaves a key without certificate, which the next start replaces. */
async function keep(dataDir: string, name: 'ca' | 'hub', key: string, pem: string): Promise<KeyAndCertificate> {
  await writePrivate(join(dataDir, `${name}.key`), key);
  await writePrivate(join(dataDir, `${name}.crt`), pem, 0o644);
  return { key, pem };
}

async function make(dataDir: string): Promise<KeyAndCertificate> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Each hub has another name, so a foreign certificate differs by name as well as by key.
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
  return keep(dataDir, 'ca', await privatePem(keys.privateKey), certificate.toString('pem'));
}

/** 128 bits, positive, without a leading zero: the same in every notation. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const { PemConverter } = await library();
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
