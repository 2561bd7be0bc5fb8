import { appendFile, stat } from 'node:fs/promises';
import type { Database } from 'lmdb';

/** The file grows by as much at once, bytes; as long as there is room, as much of its end stays free. */
const STEP_BYTES = 256 * 1024;
/** Pages that a write takes in addition to its own bytes: copies of the pages that lead to it, and the notes of free pages. */
const PAGES = 24;

/** What LMDB's package knows about a file. */
interface Stats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
}

/**
 * Takes room in the journal's file before a write needs it: LMDB must not find the disk full. Its package (3.5.6) then writes the reason
 * into a buffer that is too short for it, and the agent is aborted some time later.
 */
export class JournalRoom {
  readonly #journal: Database<unknown, string>;
  readonly #file: string;
  /** The free bytes at the last look, and how many of them were given away since. */
  #free = 0;
  #given = 0;
  /** Of writes that have not ended: LMDB may not know of their pages yet. */
  #held = 0;
  #looking: Promise<void> | undefined;

  constructor(journal: Database<unknown, string>, file: string) {
    this.#journal = journal;
    this.#file = file;
  }

  /** Holds room for a write of so many bytes. @throws Error of the system if there is no room for it, and any error of `write` */
  async hold(bytes: number, write: () => Promise<void>): Promise<void> {
    const { pageSize } = this.#stats();
    const need = bytes + PAGES * pageSize;
    while (this.#given + need > this.#free) {
      this.#looking ??= this.#look(need, pageSize).finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    this.#given += need;
    this.#held += need;
    try {
      await write();
    } finally {
      this.#held -= need;
    }
  }

  async #look(need: number, pageSize: number): Promise<void> {
    const used = () => (this.#stats().lastPageNumber + 1) * pageSize;
    const missing = used() + this.#held + need + STEP_BYTES - (await stat(this.#file)).size;
    // At the end as it is when it is written: nothing that LMDB has is ever overwritten.
    const grown = missing > 0 ? appendFile(this.#file, Buffer.alloc(missing + STEP_BYTES)) : Promise.resolve();
    const failure = await grown.catch((error: Error) => error);
    const { size } = await stat(this.#file);
    this.#free = size - used();
    this.#given = this.#held;
    if (failure && this.#given + need > this.#free) throw failure;
  }

  #stats(): Stats {
    return this.#journal.getStats() as Stats;
  }
}
