import { appendFile, stat } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';

/** The file grows by as much at once, bytes. */
const STEP_BYTES = 1024 * 1024;
/** The purpose of a commit: a deletion frees room, though it takes some first; an urgent change goes on without room. */
export type Purpose = 'deletion' | 'urgent' | 'growth';

/** The part of the file's free end that only deletions and urgent changes may use when the disk is full. */
const RESERVE_BYTES = 2 * 1024 * 1024;
/** Pages that every commit takes, and pages for each operation: copies of the pages above it, and a split. */
const PAGES = 24;
const PAGES_PER_OPERATION = 5;
/** Beyond this number many operations share their pages. */
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
 * Takes room in the store's file before a commit needs it: LMDB must not be the one to find the disk full. Its package (3.5.6) then
 * writes the reason into a buffer that is too short for it, and the hub is aborted some time later.
 */
export class Headroom {
  readonly #root: RootDatabase;
  readonly #file: string;
  readonly #pageSize: number;
  /** The part of the file behind its last page in use that is surely free. */
  #left = 0;
  /** When the disk is full: the pages that the last commit was allowed to find in use, and whether it only deleted. */
  #used = 0;
  #deleted = false;
  /** Where the disk is full: pages that were given back are there, as far as is known. */
  #reuses = true;

  constructor(root: RootDatabase, file: string) {
    this.#root = root;
    this.#file = file;
    this.#pageSize = stats(root).pageSize;
  }

  /** To be awaited before each commit. @throws Error of the system where there is no room for it, and none can be had */
  async take(operations: readonly Sized[], purpose: Purpose): Promise<void> {
    const need = needed(operations, this.#pageSize);
    if (this.#left >= need + RESERVE_BYTES) {
      this.#left -= need;
      return;
    }
    const used = (stats(this.#root).lastPageNumber + 1) * this.#pageSize;
    const missing = used + need + RESERVE_BYTES - (await stat(this.#file)).size;
    try {
      // At the end as it is when it is written: nothing that LMDB has is ever overwritten.
      if (missing > 0) await appendFile(this.#file, Buffer.alloc(missing + STEP_BYTES));
    } catch (error) {
      await this.#squeeze(purpose, used, need, error);
    }
    this.#left = (await stat(this.#file)).size - used - need;
  }

  /** The disk is full: deletions go on, and so does whatever finds room that they made. */
  async #squeeze(purpose: Purpose, used: number, need: number, error: unknown): Promise<void> {
    if (!this.#deleted && used > this.#used) this.#reuses = false;
    if (purpose === 'deletion') this.#reuses = true;
    const free = (await stat(this.#file)).size - used;
    if ((!this.#reuses && purpose !== 'urgent') || free < need) throw error;
    this.#used = used;
    this.#deleted = purpose !== 'growth';
  }
}

/** The bytes of new pages, at most and about. */
function needed(operations: readonly Sized[], pageSize: number): number {
  let bytes = 0;
  for (const { value } of operations) bytes += value?.length ?? 0;
  return bytes + (PAGES + PAGES_PER_OPERATION * Math.min(operations.length, MOST_OPERATIONS)) * pageSize;
}
