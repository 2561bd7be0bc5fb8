import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { OwnCertificate } from '../domain/alerts/measurements.js';
import type { OwnUsage, Usage } from '../domain/alerts/usage.js';

/**
 * The certificates of the hub itself: that of HTTPS, read from its file now, and that of the authority that agents trust. An unreadable certificate
 * is left out: the part that serves with it reports the error.
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
      // The file may be half written at this moment.
    }
  };
  if (tlsCert !== undefined) add('hub-tls', "the hub's HTTPS", () => readFileSync(tlsCert));
  if (fleet) add('hub-ca', "the hub's authority for agents", () => fleet.caCertificate);
  return own;
}

/** The memory of the hub's machine, or of the control group that limits it, and the file system of the hub's data. */
export class HubUsage implements OwnUsage {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async measure(): Promise<Pick<Usage, 'memory' | 'disk'>> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.#dir);
    const [limit, machine] = [process.constrainedMemory(), totalmem()];
    const totalBytes = limit > 0 && limit < machine ? limit : machine;
    return {
      memory: { totalBytes, usedBytes: Math.max(0, totalBytes - process.availableMemory()) },
      // The file system's reserve for root is neither used nor free.
      disk: { totalBytes: bsize * (blocks - bfree + bavail), usedBytes: bsize * (blocks - bfree) },
    };
  }
}

/** The host names that a certificate is for, without wildcards; none if the file is unreadable. @param file PEM */
export function namesInCertificate(file: string): string[] {
  try {
    const { subjectAltName = '' } = new X509Certificate(readFileSync(file));
    return Array.from(subjectAltName.matchAll(/DNS:([A-Za-z0-9.-]+)/g), ([, name = '']) => name);
  } catch {
    return [];
  }
}
