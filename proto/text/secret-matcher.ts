import { randomInt } from 'node:crypto';

/** The shortest text that is looked for, in UTF-16 units. */
export const SHORTEST = 6;

/** Bits of the first sieve, as powers of two: it grows with the number of texts, up to 8 KiB, which stay in the processor's cache. */
const LEAST_SIEVE_BITS = 10;
const MOST_SIEVE_BITS = 16;

/** The factor of the hashes of last six units, drawn by each process. */
const tailFactor = oddFactor();
/** The factor of the unit that leaves the window of six. */
const leaving = powerOf(tailFactor, SHORTEST);
/** Each byte with its factor as the first unit of six. */
const leavingBytes = Int32Array.from({ length: 256 }, (_, byte) => Math.imul(byte, powerOf(tailFactor, SHORTEST - 1)));

/** So many lengths of texts with the same last six units are compared whole. */
const MOST_LENGTHS = 32;

/** Texts with the same last six units, of which equally many units are compared. */
interface SameLength {
  /** The factor of the unit before the compared units. */
  readonly power: number;
  /** The hashes of the compared units, each with the length of its longest text. */
  readonly lengths: Map<number, number>;
}

/** Where a text was found: from `start` up to, not including, `end`. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds any of many texts in another, in one pass, whatever their number (Rabin–Karp over the last six units of each). The texts
 * themselves are not kept: only polynomial hashes under multipliers drawn at random by each process, 64 bits for each text. So an attacker
 * who reads the hub's memory does not find its secrets here. Hashes of parts, or a tree of the units, would take less time, but an attacker
 * could guess a text from them part by part. If two texts have one hash, the matcher finds one text too many, never one too few.
 *
 * The time for each unit of the searched text has a bound, too, even if all texts end alike. Beyond {@link MOST_LENGTHS} lengths of such texts,
 * the matcher compares only the last four fifths of a text or more, in few lengths (see {@link coarse}), and takes the rest for found.
 */
export class SecretMatcher {
  #sieveBits = LEAST_SIEVE_BITS;
  #sieve = new Uint8Array(2 ** (LEAST_SIEVE_BITS - 3));
  /** By the hash of the last six units, then by length. */
  readonly #byTail = new Map<number, Map<number, SameLength>>();
  readonly #wholeFactor = oddFactor();
  #size = 0;
  #longest = 0;

  /** How many texts are looked for. */
  get size(): number {
    return this.#size;
  }

  /** The length of the longest text that is looked for. */
  get longest(): number {
    return this.#longest;
  }

  /** Looks for a text from now on; shorter ones than {@link SHORTEST} are left out. */
  add(text: string): void {
    if (text.length < SHORTEST) return;
    this.#longest = Math.max(this.#longest, text.length);
    const tail = hashOf(text, text.length - SHORTEST, text.length, tailFactor);
    const byLength = this.#byTail.get(tail) ?? new Map<number, SameLength>();
    const compared = byLength.has(text.length) || byLength.size < MOST_LENGTHS ? text.length : coarse(text.length);
    const same = byLength.get(compared) ?? {
      power: powerOf(this.#wholeFactor, compared),
      lengths: new Map<number, number>(),
    };
    const hash = hashOf(text, text.length - compared, text.length, this.#wholeFactor);
    const longest = same.lengths.get(hash);
    if (longest === undefined) this.#size += 1;
    else if (longest >= text.length) return;
    same.lengths.set(hash, Math.max(text.length, longest ?? 0));
    byLength.set(compared, same);
    this.#byTail.set(tail, byLength);
    if (this.#sieveBits < MOST_SIEVE_BITS && this.#byTail.size > 2 ** (this.#sieveBits - 4)) this.#growSieve();
    else this.#sift(tail);
  }

  /** Whether any of the texts is in this one. */
  touches(text: string): boolean {
    return this.#scan(text, undefined);
  }

  /** Whether any of the texts is in these bytes, with one unit for each byte. Takes half the time of {@link touches}. */
  touchesBytes(bytes: Buffer): boolean {
    const { length } = bytes;
    if (this.#size === 0 || length < SHORTEST) return false;
    const sieve = this.#sieve;
    const shift = 32 - this.#sieveBits;
    let hash = 0;
    for (let i = 0; i < SHORTEST - 1; i += 1) hash = (Math.imul(hash, tailFactor) + (bytes[i] as number)) | 0;
    for (let last = SHORTEST - 1; last < length; last += 1) {
      hash = (Math.imul(hash, tailFactor) + (bytes[last] as number)) | 0;
      const bit = Math.imul(hash, SPREAD) >>> shift;
      if (((sieve[bit >>> 3] as number) & (1 << (bit & 7))) !== 0 && this.#byTail.has(hash))
        return this.touches(bytes.toString('latin1'));
      hash = (hash - (leavingBytes[bytes[last - SHORTEST + 1] as number] as number)) | 0;
    }
    return false;
  }

  /** Every place where one is, overlapping ones joined, in order. */
  find(text: string): readonly Found[] {
    const found: Found[] = [];
    this.#scan(text, found);
    return found;
  }

  /** Without `found` it stops at the first find. */
  #scan(text: string, found: Found[] | undefined): boolean {
    const { length } = text;
    if (this.#size === 0 || length < SHORTEST) return false;
    const sieve = this.#sieve;
    const shift = 32 - this.#sieveBits;
    let begins: Beginnings | undefined;
    let hash = hashOf(text, 0, SHORTEST, tailFactor);
    for (let end = SHORTEST; ; end += 1) {
      const bit = Math.imul(hash, SPREAD) >>> shift;
      if (((sieve[bit >>> 3] as number) & (1 << (bit & 7))) !== 0) {
        const byLength = this.#byTail.get(hash);
        if (byLength) {
          begins ??= new Beginnings(text, this.#wholeFactor);
          const longest = longestAt(end, byLength, begins);
          if (longest > 0) {
            if (!found) return true;
            add(found, end - longest, end);
          }
        }
      }
      if (end >= length) break;
      const gone = Math.imul(text.charCodeAt(end - SHORTEST), leaving);
      hash = (Math.imul(hash, tailFactor) + text.charCodeAt(end) - gone) | 0;
    }
    return found !== undefined && found.length > 0;
  }

  #growSieve(): void {
    this.#sieveBits += 1;
    this.#sieve = new Uint8Array(2 ** (this.#sieveBits - 3));
    for (const tail of this.#byTail.keys()) this.#sift(tail);
  }

  #sift(tail: number): void {
    // The high bits of a product depend on all bits of the hash.
    const bit = Math.imul(tail, SPREAD) >>> (32 - this.#sieveBits);
    this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }
}

/** Room for the hashes of a short text: most texts are short, and new room takes longer than to fill it. One text is searched at a time. */
const SHORT_TEXT = 4096;
const shortHashes = new Int32Array(SHORT_TEXT + 1);

/** The hashes of a text's beginnings. From two of them comes the hash of any part, in the same time for a part of any length. */
class Beginnings {
  readonly #text: string;
  readonly #factor: number;
  readonly #hashes: Int32Array;
  #known = 0;

  constructor(text: string, factor: number) {
    this.#text = text;
    this.#factor = factor;
    this.#hashes = text.length <= SHORT_TEXT ? shortHashes : new Int32Array(text.length + 1);
  }

  /** @param power the factor to the power of the part's length */
  hashOf(from: number, to: number, power: number): number {
    for (; this.#known < to; this.#known += 1)
      this.#hashes[this.#known + 1] =
        Math.imul(this.#at(this.#known), this.#factor) + this.#text.charCodeAt(this.#known);
    return (this.#at(to) - Math.imul(this.#at(from), power)) | 0;
  }

  #at(length: number): number {
    return this.#hashes[length] as number;
  }
}

/** The length of the longest text that ends here; 0 for none. */
function longestAt(end: number, byLength: ReadonlyMap<number, SameLength>, begins: Beginnings): number {
  let longest = 0;
  for (const [compared, { power, lengths }] of byLength)
    if (compared <= end) longest = Math.max(longest, lengths.get(begins.hashOf(end - compared, end, power)) ?? 0);
  return Math.min(longest, end);
}

/** The next lower one of a few lengths, four for each power of two: `1.75 * 2 ** n`, `1.5 * 2 ** n`, `1.25 * 2 ** n` and `2 ** n`. */
function coarse(length: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(length)) - 2);
  return Math.max(SHORTEST, Math.floor(length / step) * step);
}

/** Joins a place to the earlier places, all of which end before it does. */
function add(found: Found[], start: number, end: number): void {
  let from = start;
  for (let last = found.at(-1); last && last.end > from; last = found.at(-1)) {
    from = Math.min(from, last.start);
    found.pop();
  }
  found.push({ start: from, end });
}

function hashOf(text: string, from: number, to: number, factor: number): number {
  let hash = 0;
  for (let i = from; i < to; i += 1) hash = (Math.imul(hash, factor) + text.charCodeAt(i)) | 0;
  return hash;
}

/** A multiplication by it spreads the bits of a hash. */
const SPREAD = 0x9e3779b1;

function powerOf(factor: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i += 1) power = Math.imul(power, factor);
  return power;
}

function oddFactor(): number {
  return randomInt(2 ** 31, 2 ** 32) | 1;
}
