import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '@roundhouse/proto/private-file';
import { CompactEncrypt, compactDecrypt } from 'jose';

const keyFile = 'state.key';
const keyBytes = 32;

/** Seals the files on this machine's disk (JWE, A256GCM), under a key in a file that no other user can read. */
export class Sealer {
  readonly #folder: string;
  #key: Promise<Uint8Array> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async seal(plain: Uint8Array): Promise<string> {
    const key = await this.#theKey(true);
    return new CompactEncrypt(plain).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(key);
  }

  /** @throws Error if the text was sealed with another key, or the key is missing. */
  async unseal(sealed: string): Promise<Uint8Array> {
    const key = await this.#theKey(false);
    const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
    return (await compactDecrypt(sealed, key, options)).plaintext;
  }

  /** Deletes the key: files that were sealed with it are unreadable for good. */
  async wipe(): Promise<void> {
    this.#key = undefined;
    await rm(join(this.#folder, keyFile), { force: true });
  }

  #theKey(make: boolean): Promise<Uint8Array> {
    this.#key ??= this.#open(make);
    return this.#key;
  }

  async #open(make: boolean): Promise<Uint8Array> {
    const path = join(this.#folder, keyFile);
    try {
      const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
      if (key.length !== keyBytes) throw new Error(`${path} does not hold a key`);
      return key;
    } catch (error) {
      this.#key = undefined;
      if (!make || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const key = randomBytes(keyBytes);
    await writePrivate(path, `${key.toString('base64url')}\n`);
    return key;
  }
}
