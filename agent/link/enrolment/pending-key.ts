import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '../../private-file.js';
import { newKey } from './csr.js';

const file = 'enrolling.json';

/** The key to enrol with: the key that was made for this token before, or a new one. PKCS #8, PEM. */
export async function pendingKey(dataDir: string, tokenHash: string): Promise<string> {
  const path = join(dataDir, file);
  try {
    const pending = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    if (pending.tokenHash === tokenHash && typeof pending.key === 'string') return pending.key;
  } catch {
    // No key, or a damaged one: a new key does as well.
  }
  const key = await newKey();
  await writePrivate(path, `${JSON.stringify({ tokenHash, key })}\n`);
  return key;
}

/** The key has a certificate, and is kept with it. */
export function forgetPendingKey(dataDir: string): Promise<void> {
  return rm(join(dataDir, file), { force: true });
}
