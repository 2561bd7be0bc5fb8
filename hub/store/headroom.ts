import { appendFile, stat } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';

/** The step by which the file grows, bytes. */
const STEP_BYTES = 1024 * 1024;
/** The purpose of a commit: a deletion frees room, but needs some first; an urgent change may use the reserve. */
export type Purpose = 'deletion' | 'urgent' | 'growth';

/** The part of the file's free end that only deletions and urgent changes may use when the disk is full. */
const RESERVE_BYTES = 2 * 1024 * 1024;
/** Pages that every commit takes, and pages for each operation: copies of the pages above it, and a split. */
const PAGES = 24;
const PAGES_PER_OPERATION = 5;
/** Beyond this number, operations share their pages. */
const MOST_OPERATIONS = 1024;

/** The part of an operation that counts here. */
interface Sized {
  readonly value: { readonly length: number } | undefined;
}

/** LMDB's own figures of a file. */
interface Stats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
}

function stats(root: RootDatabase): Stats {
  return root.getStats() as Stats;
}

/**
 * Takes room in the store's file before a commit needs it: LMDB itself must not find the disk full. Its package (3.5.6) would write the
 * reason into a buffer that is too short, and the hub would abort some time later.
 */
export class Headroom {
  readonly #root: RootDatabase;
  readonly #file: string;
  readonly #pageSize: number;
  /** The part of the file after its last used page that is certainly free. */
  #left = 0;
  /** On a full disk: the used pages at the last admitted commit, and whether that commit only deleted. */
  #used = 0;
  #deleted = false;
  /** On a full disk: whether LMDB seems to reuse pages that deletions freed. */
  #reuses = true;

  constructor(root: RootDatabase, file: string) {
    this.#root = root;
    this.#file = file;
    this.#pageSize = stats(root).pageSize;
  }

  /** Takes room for a commit; awaited before each. @throws Error of the system if there is no room, and the file cannot grow */
  async take(operations: readonly Sized[], purpose: Purpose): Promise<void> {
    const need = needed(operations, this.#pageSize);
    if (this.#left >= need + RESERVE_BYTES) {
      this.#left -= need;
      return;
    }
    const used = (stats(this.#root).lastPageNumber + 1) * this.#pageSize;
    const missing = used + need + RESERVE_BYTES - (await stat(this.#file)).size;
    try {
      // `appendFile` writes at the present end of the file, so it never overwrites data of LMDB.
      if (missing > 0) await appendFile(this.#file, Buffer.alloc(missing + STEP_BYTES));
    } catch (error) {
      await this.#squeeze(purpose, used, need, error);
    }
    this.#left = (await stat(this.#file)).size - used - need;
  }

  /** The disk is full: deletions go on, and so do changes that fit into the room that deletions freed. */
  async #squeeze(purpose: Purpose, used: number, need: number, error: unknown): Promise<void> {
    if (!this.#deleted && used > this.#used) this.#reuses = false;
    if (purpose === 'deletion') this.#reuses = true;
    const free = (await stat(this.#file)).size - used;
    if ((!this.#reuses && purpose !== 'urgent') || free < need) throw error;
    this.#used = used;
    this.#deleted = purpose !== 'growth';
  }
}

/** About the most bytes of new pages. */
function needed(operations: readonly Sized[], pageSize: number): number {
  let bytes = 0;
  for (const { value } of operations) bytes += value?.length ?? 0;
  return bytes + (PAGES + PAGES_PER_OPERATION * Math.min(operations.length, MOST_OPERATIONS)) * pageSize;
}
