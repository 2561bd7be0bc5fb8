import { createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import { DomainError } from '../domain/errors.js';
import type { StoreLog } from './environment.js';

export const SEALING_KEY_FILE = 'sealing.key';

/** 32 bytes in base64url, without padding. */
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;
const ALGORITHM = 'dir';
const ENCRYPTION = 'A256GCM';

/** Seals secrets with the key in a separate file: JWE compact, `dir`, `A256GCM`, the key's id as `kid`. */
export class Sealer {
  readonly #key: Uint8Array;
  readonly #file: string;
  /** The id of the key; it does not reveal the key. */
  readonly keyId: string;

  constructor(key: Uint8Array, file: string) {
    this.#key = key;
    this.#file = file;
    this.keyId = createHash('sha256').update('roundhouse sealing key').update(key).digest('base64url').slice(0, 16);
  }

  seal(plain: string): Promise<string> {
    return this.sealData(Buffer.from(plain));
  }

  sealData(data: Uint8Array): Promise<string> {
    return new CompactEncrypt(data)
      .setProtectedHeader({ alg: ALGORITHM, enc: ENCRYPTION, kid: this.keyId })
      .encrypt(this.#key);
  }

  /** @throws DomainError `internal`, without the reason's text, if another key sealed the secret, or it was changed. */
  async unseal(sealed: string): Promise<string> {
    return Buffer.from(await this.unsealData(sealed)).toString();
  }

  /** @throws DomainError as {@link Sealer.unseal}. */
  async unsealData(sealed: string): Promise<Uint8Array> {
    try {
      return decrypted(sealed, this.#key);
    } catch {
      const why = keyIdOf(sealed) === this.keyId ? 'it is damaged' : `it was not sealed under the key in ${this.#file}`;
      throw new DomainError('internal', `a secret cannot be unsealed: ${why}`);
    }
  }
}

/**
 * Decrypts a JWE of this sealer. The hub unseals every secret when it starts: Node's own cipher takes a tenth of the time that a JWE
 * library needs for a short text.
 * @throws for any other text
 */
function decrypted(sealed: string, key: Uint8Array): Uint8Array {
  const [header = '', encryptedKey, ...rest] = sealed.split('.');
  const [iv, text, tag, ...more] = rest.map((part) => Buffer.from(part, 'base64url'));
  const { alg, enc, crit, zip } = decodeProtectedHeader(sealed);
  const isOurs = alg === ALGORITHM && enc === ENCRYPTION && crit === undefined && zip === undefined;
  if (!isOurs || encryptedKey !== '' || !iv || !text || !tag || more.length > 0) throw new TypeError('not a secret');
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(header)).setAuthTag(tag);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

/**
 * Reads the sealing key. If the file is missing and `make` is set, makes it.
 * @throws DomainError `internal` when the file is missing and must not be made, cannot be read, or holds no key.
 */
export function openSealer(file: string, make: boolean, log: StoreLog): Sealer {
  let text = readKey(file);
  if (text === undefined) {
    if (!make) {
      const remedy =
        'put it back; or, if it is lost, make a new one of 32 random bytes in base64url and enter all secrets again';
      throw new DomainError(
        'internal',
        `the sealing key ${file} is missing, and this store holds secrets under it: ${remedy}`,
      );
    }
    makeKey(file);
    log.info(
      { event: 'sealing_key.made', file },
      'made a sealing key: without it, a backup cannot give back any secret',
    );
    text = readKey(file) ?? '';
  }
  if (!KEY_TEXT.test(text)) {
    throw new DomainError(
      'internal',
      `the sealing key ${file} is malformed: it must be 32 bytes in base64url, 43 characters`,
    );
  }
  const mode = statSync(file).mode & 0o077;
  if (mode !== 0)
    log.warn(
      { event: 'sealing_key.readable', file, mode: mode.toString(8) },
      'the sealing key can be read by others: its mode should be 600',
    );
  return new Sealer(Buffer.from(text, 'base64url'), file);
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new DomainError('internal', `the sealing key ${file} cannot be read: ${code}`, {}, { cause: error });
  }
}

/** Writes the key to a draft in the same folder and links it: no crash leaves half a key, and no key is ever replaced. */
function makeKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
  syncFolder(dirname(file));
}

/** Makes names in a folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function keyIdOf(sealed: string): string | undefined {
  try {
    return decodeProtectedHeader(sealed).kid as string | undefined;
  } catch {
    return undefined;
  }
}
