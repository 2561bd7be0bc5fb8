import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '@roundhouse/proto/private-file';

/** The identity of this agent: the files that enrolment left in the data folder. Keys and certificates in PEM. */
export interface Identity {
  readonly agentId: string;
  readonly site: string;
  readonly name: string;
  /** `HOST:PORT` of the hub that it enrolled with. */
  readonly hub: string;
  /** SHA-256 of the join token that was used, hex: tells a new token from the old one. */
  readonly tokenHash: string;
  readonly key: string;
  readonly certificate: string;
  readonly ca: string;
}

const files = { key: 'agent.key', certificate: 'agent.crt', ca: 'ca.crt', about: 'identity.json', epoch: 'epoch' };

/**
 * Reads the identity of a data folder; `undefined` if no agent has enrolled with it.
 * @throws Error when the folder is damaged.
 */
export async function loadIdentity(dataDir: string): Promise<Identity | undefined> {
  const about = await readIfThere(join(dataDir, files.about));
  if (about === undefined) return undefined;
  try {
    const { agentId, site, name, hub, tokenHash } = JSON.parse(about) as Record<string, unknown>;
    const [key, certificate, ca] = await Promise.all(
      [files.key, files.certificate, files.ca].map((name) => readFile(join(dataDir, name), 'utf8')),
    );
    const identity = { agentId, site, name, hub, tokenHash, key, certificate, ca };
    for (const [field, value] of Object.entries(identity)) {
      if (typeof value !== 'string' || value === '') throw new Error(`${field} is missing`);
    }
    return identity as Identity;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the identity in ${dataDir} is damaged (${reason}): remove ${files.about} there and enrol again`);
  }
}

/** Keeps a new identity. Its description is written last: without it the folder counts as not enrolled. */
export async function saveIdentity(dataDir: string, identity: Identity): Promise<void> {
  const { key, certificate, ca, ...about } = identity;
  await rm(join(dataDir, files.about), { force: true });
  await writePrivate(join(dataDir, files.key), key);
  await writePrivate(join(dataDir, files.certificate), certificate, 0o644);
  await writePrivate(join(dataDir, files.ca), ca, 0o644);
  await writePrivate(join(dataDir, files.about), `${JSON.stringify(about, null, 2)}\n`);
}

/** Replaces the certificate of the present key. */
export async function saveCertificate(dataDir: string, certificate: string): Promise<void> {
  await writePrivate(join(dataDir, files.certificate), certificate, 0o644);
}

/**
 * The number of the next connection, higher than all earlier ones. It is at least the current time, so that a folder restored from a backup
 * does not fall behind.
 */
export async function nextEpoch(dataDir: string): Promise<bigint> {
  const path = join(dataDir, files.epoch);
  const last = (await readIfThere(path))?.trim() ?? '';
  const now = BigInt(Date.now());
  const next = /^\d{1,18}$/.test(last) && BigInt(last) >= now ? BigInt(last) + 1n : now;
  await writePrivate(path, `${next}\n`);
  return next;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
