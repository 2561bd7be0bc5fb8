import { chmodSync, mkdirSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import type { FailureKind } from '../../failure.js';
import { Sealer } from '../../sealer.js';

/** The journal's entry of a command. */
export type Entry =
  /** The command has begun; its outcome is not recorded. */
  | { readonly state: 'started'; readonly at: number; readonly operation: string }
  /** `result`: an encoded `Result` without its id. */
  | { readonly state: 'answered'; readonly at: number; readonly operation: string; readonly result: Uint8Array }
  | {
      readonly state: 'failed';
      readonly at: number;
      readonly operation: string;
      readonly failure: { readonly kind: FailureKind; readonly message: string; readonly details: object };
    };

/** An entry on disk: answers are sealed, since a command's output may hold any secret. */
interface Kept {
  readonly state: Entry['state'];
  readonly at: number;
  readonly operation: string;
  readonly sealed?: string;
}

/**
 * The commands that change something, by the names that the hub gave them. An entry is on disk before the command begins, and again after
 * its end.
 */
export interface Journal {
  find(name: string): Promise<Entry | undefined>;
  /** Resolves once it is on disk. */
  write(name: string, entry: Entry): Promise<void>;
  close(): Promise<void>;
}

/** How long the outcome of a command is kept, milliseconds, and how many outcomes are kept. */
const keepMs = 7 * 24 * 60 * 60 * 1000;
const keepEntries = 100_000;
/** LMDB takes keys of less than 2 KB. */
const maxName = 512;

/**
 * Opens the journal of a data folder, and drops old entries. An entry that was sealed under a lost key only shows that its command began.
 */
export function openJournal(dataDir: string, sealer: Pick<Sealer, 'seal' | 'unseal'> = new Sealer(dataDir)): Journal {
  const folder = join(dataDir, 'journal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'journal.mdb');
  // With batching, LMDB makes a promise that no code receives. It would reject unhandled if the disk is full.
  const options = { noSubdir: true, overlappingSync: false, eventTurnBatching: false } as const;
  const entries = open<Kept, string>(file, options);
  for (const made of [file, `${file}-lock`]) chmodSync(made, 0o600);
  const room = new JournalRoom(entries, file);
  // Sorted by time: of too many entries the oldest are dropped.
  const all = [...entries.getRange()].map(({ key, value }) => ({ key, at: value.at })).sort((a, b) => a.at - b.at);
  const tooMany = all.length - keepEntries;
  all.forEach(({ key, at }, index) => {
    // An entry that cannot be dropped now is dropped at the next start.
    if (index < tooMany || at < Date.now() - keepMs) committed(entries.remove(key)).catch(() => {});
  });
  return {
    async find(name) {
      const kept = name.length > maxName ? undefined : entries.get(name);
      return kept && unsealed(kept, sealer);
    },
    async write(name, entry) {
      if (name.length > maxName) throw new RangeError(`a command's name may have ${maxName} characters`);
      const kept = await sealed(entry, sealer);
      const bytes = name.length + entry.operation.length + (kept.sealed?.length ?? 0);
      await room.hold(bytes, () => committed(entries.put(name, kept)));
    },
    close: () => entries.close(),
  };
}

/** Resolves once a write is on disk. @throws Error where it cannot be written. */
async function committed(write: Promise<boolean>): Promise<void> {
  try {
    await write;
  } catch (error) {
    // The reason is a separate promise, which no other code handles.
    (error as { readonly commitError?: Promise<never> }).commitError?.catch(() => {});
    throw error;
  }
}

async function sealed(entry: Entry, sealer: Pick<Sealer, 'seal'>): Promise<Kept> {
  const { state, at, operation } = entry;
  if (entry.state === 'started') return { state, at, operation };
  const plain = entry.state === 'answered' ? entry.result : Buffer.from(JSON.stringify(entry.failure));
  return { state, at, operation, sealed: await sealer.seal(plain) };
}

async function unsealed(kept: Kept, sealer: Pick<Sealer, 'unseal'>): Promise<Entry> {
  const { state, at, operation } = kept;
  try {
    const plain = state === 'started' ? undefined : await sealer.unseal(kept.sealed ?? '');
    if (plain && state === 'answered') return { state, at, operation, result: plain };
    if (plain && state === 'failed')
      return { state, at, operation, failure: JSON.parse(Buffer.from(plain).toString()) };
  } catch {
    // The key was lost, or the entry is damaged.
  }
  return { state: 'started', at, operation };
}

/** The file grows in steps of this size, bytes. While the disk has room, at least this much stays free at the end of the file. */
const STEP_BYTES = 256 * 1024;
/** Pages that a write takes in addition to its own bytes: copies of the pages above it in the tree, and the list of free pages. */
const PAGES = 24;

/** LMDB's statistics about a file. */
interface Stats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
}

/**
 * Grows the journal's file before a write needs the space, so that LMDB never finds the disk full. Its package (3.5.6) would then write the
 * reason into a buffer that is too short for it, and the agent would be aborted some time later.
 */
class JournalRoom {
  readonly #journal: Database<unknown, string>;
  readonly #file: string;
  /** The free bytes at the last look, and how many of them were reserved since. */
  #free = 0;
  #given = 0;
  /** The bytes of writes that have not ended: LMDB may not count their pages yet. */
  #held = 0;
  #looking: Promise<void> | undefined;

  constructor(journal: Database<unknown, string>, file: string) {
    this.#journal = journal;
    this.#file = file;
  }

  /** Reserves space for a write, and runs it. @throws Error of the system if the disk has no space for it, and any error of `write` */
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
    // Appended, so that no page of LMDB is ever overwritten.
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
