import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { FailureKind } from '../failure.js';

/** What the journal has of a command. */
export type Entry =
  /** It was begun; what came of it is not written down. */
  | { readonly state: 'started'; readonly at: number; readonly operation: string }
  /** `result`: an encoded `Result` without its id. */
  | { readonly state: 'answered'; readonly at: number; readonly operation: string; readonly result: Uint8Array }
  | {
      readonly state: 'failed';
      readonly at: number;
      readonly operation: string;
      readonly failure: { readonly kind: FailureKind; readonly message: string; readonly details: object };
    };

/** Commands that change something, by the names that the hub gave them: on disk before the effect, and after it. */
export interface Journal {
  find(name: string): Entry | undefined;
  /** Resolves once it is on disk. */
  write(name: string, entry: Entry): Promise<void>;
  close(): Promise<void>;
}

/** How long the outcome of a command is kept, milliseconds, and of how many. */
const keepMs = 7 * 24 * 60 * 60 * 1000;
const keepEntries = 100_000;
/** LMDB takes keys of less than 2 KB. */
const maxName = 512;

/** Opens the journal of a data folder, and drops what is too old. */
export function openJournal(dataDir: string): Journal {
  const folder = join(dataDir, 'journal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'journal.mdb');
  const entries = open<Entry, string>(file, { noSubdir: true, overlappingSync: false });
  for (const made of [file, `${file}-lock`]) chmodSync(made, 0o600);
  // By time, so that the oldest go first where there are too many.
  const all = [...entries.getRange()].map(({ key, value }) => ({ key, at: value.at })).sort((a, b) => a.at - b.at);
  const tooMany = all.length - keepEntries;
  all.forEach(({ key, at }, index) => {
    if (index < tooMany || at < Date.now() - keepMs) void entries.remove(key);
  });
  return {
    find: (name) => (name.length > maxName ? undefined : entries.get(name)),
    async write(name, entry) {
      if (name.length > maxName) throw new RangeError(`a command's name may have ${maxName} characters`);
      await entries.put(name, entry);
    },
    close: () => entries.close(),
  };
}
