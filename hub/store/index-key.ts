import { createHash } from 'node:crypto';
import { DomainError } from '../domain/errors.js';
import type { IndexKey, IndexPart } from '../domain/store.js';

/**
 * Keys as bytes, in the order that the port defines. Every element delimits itself, so a key's bytes are a prefix of another's
 * exactly if its elements are:
 *
 *     false  10        number  20 + 8 bytes, big endian, negative ones inverted
 *     true   11        string  30 + UTF-8 (00 → 01 01, 01 → 01 02) + 00
 *
 * A string above {@link LONGEST} bytes is cut there and ends in its SHA-256: equal strings stay equal, and different strings stay different.
 * In an index that is not unique, `01`, the record's id and the id's length follow. No byte ever is FF.
 */
const FALSE = 0x10;
const TRUE = 0x11;
const NUMBER = 0x20;
const STRING = 0x30;
const ID = 0x01;
const LONGEST = 256;

/** LMDB's longest key with pages of 4 KiB. */
const MAX_KEY = 1978;
const MAX_ID = 255;

/** Sorts after every key that starts with the bytes before it. */
const AFTER = Buffer.from([0xff]);

// Everything here is synchronous: one scratch buffer serves all keys.
const scratch = Buffer.allocUnsafeSlow(2 * MAX_KEY + 2 * LONGEST + 64);
let end = 0;

/** The common first bytes of all keys of an index. */
export function indexPrefix(name: string): Buffer {
  end = 0;
  writeString(name);
  return Buffer.from(scratch.subarray(0, end));
}

/** The key of an index entry; with `id`, for an index in which several records may share a key. */
export function entryKey(prefix: Buffer, key: IndexKey, id?: Buffer): Buffer {
  writeKey(prefix, key);
  if (id) {
    scratch[end++] = ID;
    end += id.copy(scratch, end);
    scratch[end++] = id.length;
  }
  if (end > MAX_KEY) throw new DomainError('invalid_input', 'an index key is too long');
  return Buffer.from(scratch.subarray(0, end));
}

/** The lowest bytes of a key, and of all keys that start with it. */
export function boundary(prefix: Buffer, key: IndexKey): Buffer {
  writeKey(prefix, key);
  return Buffer.from(scratch.subarray(0, end));
}

/** The bytes after all keys that start with `boundary`. */
export function behind(boundary: Buffer): Buffer {
  return Buffer.concat([boundary, AFTER]);
}

/** The record's id in the key of an entry that `entryKey` made with an id. */
export function idOfEntry(key: Buffer): string {
  const last = key.length - 1;
  return key.toString('utf8', last - (key[last] ?? 0), last);
}

/** The key of a record, or `undefined` for an id that no record can have. */
export function recordKey(id: string): Buffer | undefined {
  if (typeof id !== 'string' || id.length === 0 || id.length > MAX_ID) return undefined;
  const key = Buffer.from(id);
  return key.length > MAX_ID ? undefined : key;
}

function writeKey(prefix: Buffer, key: IndexKey): void {
  end = prefix.copy(scratch);
  if (typeof key !== 'object') writePart(key);
  else for (const part of key) writePart(part);
}

function writePart(part: IndexPart): void {
  if (end > MAX_KEY) throw new DomainError('invalid_input', 'an index key is too long');
  if (typeof part === 'string') writeString(part);
  else if (typeof part === 'number') writeNumber(part);
  else if (typeof part === 'boolean') scratch[end++] = part ? TRUE : FALSE;
  else throw new TypeError(`an index key cannot hold ${part === null ? 'null' : typeof part}`);
}

function writeNumber(value: number): void {
  if (Number.isNaN(value)) throw new TypeError('an index key cannot hold NaN');
  scratch[end++] = NUMBER;
  // `+ 0` turns -0, which would sort apart, into 0.
  scratch.writeDoubleBE(value + 0, end);
  if (value < 0) for (let i = 0; i < 8; i++) scratch[end + i] = ~(scratch[end + i] ?? 0);
  else scratch[end] = (scratch[end] ?? 0) ^ 0x80;
  end += 8;
}

function writeString(text: string): void {
  scratch[end++] = STRING;
  if (!writeAscii(text)) writeEscaped(text);
  scratch[end++] = 0;
}

/** Writes a short ASCII text without a buffer in between: most keys are such texts. Returns `false` for any other text. */
function writeAscii(text: string): boolean {
  if (text.length > LONGEST) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 2 || code > 0x7f) return false;
    scratch[end + i] = code;
  }
  end += text.length;
  return true;
}

function writeEscaped(text: string): void {
  const bytes = Buffer.from(text);
  for (const byte of bytes.length > LONGEST ? bytes.subarray(0, LONGEST) : bytes) {
    if (byte < 2) {
      scratch[end++] = 1;
      scratch[end++] = byte + 1;
    } else scratch[end++] = byte;
  }
  if (bytes.length > LONGEST)
    end += scratch.write(createHash('sha256').update(bytes).digest('base64url'), end, 'latin1');
}
