import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { OwnCertificate } from '../domain/alerts/readings.js';

/**
 * The certificates of the hub itself: the certificate of HTTPS as its file is now, and the certificate of the authority that agents trust.
 * An unreadable certificate is left out: the part that serves with it reports the error.
 */
export function hubCertificates(
  { tlsCert }: { readonly tlsCert: string | undefined },
  fleet: { readonly caCertificate: Uint8Array } | undefined,
): OwnCertificate[] {
  const own: OwnCertificate[] = [];
  const add = (id: string, name: string, read: () => Uint8Array) => {
    try {
      own.push({ id, name, notAfter: Date.parse(new X509Certificate(read()).validTo) });
    } catch {
      // Half written at this moment, perhaps.
    }
  };
  if (tlsCert !== undefined) add('hub-tls', "the hub's HTTPS", () => readFileSync(tlsCert));
  if (fleet) add('hub-ca', "the hub's authority for agents", () => fleet.caCertificate);
  return own;
}
