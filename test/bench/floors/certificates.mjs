// Certificates for the relay's link, of the kind that hub and agents use.
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** PEM. @typedef {{ certificate: string, key: string }} Identity */
/** @typedef {{ ca: string, hub: Identity, agent: Identity }} Certificates */

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** @returns {Promise<Certificates>} */
export async function makeCertificates() {
  x509.cryptoProvider.set(webcrypto);
  const generate = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const caKeys = await generate();
  const notAfter = new Date(Date.now() + 24 * 3600 * 1000);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=floor',
    notAfter,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  const identity = async () => {
    const keys = await generate();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: 'CN=localhost',
      issuer: ca.subject,
      notAfter,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    });
    const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(der, 'PRIVATE KEY') };
  };
  return { ca: ca.toString('pem'), hub: await identity(), agent: await identity() };
}
