import { randomInt } from 'node:crypto';

/** The shortest text that is looked for, in UTF-16 units. */
export const SHORTEST = 6;

/** Bits of the first sieve: 8 KiB stay in the processor's cache. */
const SIEVE_BITS = 16;

/** A text that is looked for: known by its length and two keyed hashes, never by itself. */
interface Pattern {
  readonly length: number;
  readonly hash: number;
}

/** Where a text was found: from `start` up to, not including, `end`. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds any of many texts in another, in one pass, whatever their number (Rabin–Karp over the last six units of each). The texts
 * themselves are not kept: only polynomial hashes under multipliers drawn at random by each process, 64 bits for each text. So an attacker
 * who reads the hub's memory does not find its secrets here. Two texts with one hash would mean one find too many, never one too few.
 */
export class SecretMatcher {
  readonly #sieve = new Uint8Array(2 ** (SIEVE_BITS - 3));
  readonly #byTail = new Map<number, Pattern[]>();
  readonly #tailFactor = oddFactor();
  readonly #wholeFactor = oddFactor();
  /** The factor of the unit that leaves the window of six. */
  readonly #leaving: number;
  #size = 0;

  constructor() {
    let leaving = 1;
    for (let i = 0; i < SHORTEST; i += 1) leaving = Math.imul(leaving, this.#tailFactor);
    this.#leaving = leaving;
  }

  /** How many texts are looked for. */
  get size(): number {
    return this.#size;
  }

  /** Looks for a text from now on; shorter ones than {@link SHORTEST} are left out. */
  add(text: string): void {
    if (text.length < SHORTEST) return;
    const tail = hashOf(text, text.length - SHORTEST, text.length, this.#tailFactor);
    const pattern = { length: text.length, hash: hashOf(text, 0, text.length, this.#wholeFactor) };
    const same = this.#byTail.get(tail) ?? [];
    if (same.some(({ length, hash }) => length === pattern.length && hash === pattern.hash)) return;
    this.#byTail.set(tail, [...same, pattern]);
    const bit = sieveBit(tail);
    this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    this.#size += 1;
  }

  /** Whether any of the texts is in this one. */
  touches(text: string): boolean {
    return this.#scan(text, undefined);
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
    const factor = this.#tailFactor;
    const leaving = this.#leaving;
    let hash = hashOf(text, 0, SHORTEST, factor);
    for (let end = SHORTEST; ; end += 1) {
      const bit = sieveBit(hash);
      if (((sieve[bit >>> 3] as number) & (1 << (bit & 7))) !== 0) {
        const start = this.#startOf(text, end, hash);
        if (start >= 0) {
          if (!found) return true;
          add(found, start, end);
        }
      }
      if (end >= length) break;
      const gone = Math.imul(text.charCodeAt(end - SHORTEST), leaving);
      hash = (Math.imul(hash, factor) + text.charCodeAt(end) - gone) | 0;
    }
    return found !== undefined && found.length > 0;
  }

  /** Where the longest text that ends here begins; -1 for none. */
  #startOf(text: string, end: number, tail: number): number {
    let start = -1;
    for (const { length, hash } of this.#byTail.get(tail) ?? []) {
      const from = end - length;
      if (from < 0 || (start >= 0 && from >= start)) continue;
      if (hashOf(text, from, end, this.#wholeFactor) === hash) start = from;
    }
    return start;
  }
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

/** The high bits of a product depend on all bits of the hash. */
function sieveBit(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> (32 - SIEVE_BITS);
}

function oddFactor(): number {
  return randomInt(2 ** 31, 2 ** 32) | 1;
}
