import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connectionInvalid } from './failure.js';

const certificates = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** One or more certificates. @throws AgentFailure `connection_invalid`. */
export function checkCertificates(pem: string, field: string): void {
  const found = pem.match(certificates);
  if (found === null) throw connectionInvalid(field, `${field} holds no PEM certificate`);
  for (const one of found) {
    try {
      new X509Certificate(one);
    } catch {
      throw connectionInvalid(field, `${field} holds a certificate that cannot be read`);
    }
  }
}

/** The key of a certificate. @throws AgentFailure `connection_invalid`; neither key is in it. */
export function checkKeyPair(certificate: string, key: string, fields: { certificate: string; key: string }): void {
  checkCertificates(certificate, fields.certificate);
  let fits: boolean;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw connectionInvalid(
      fields.key,
      `${fields.key} cannot be read: a PEM private key without a passphrase is expected`,
    );
  }
  if (!fits) throw connectionInvalid(fields.key, `${fields.key} is not the key of the certificate`);
}
