import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Test } from 'tap';

/** The content of a folder: for each name the bytes or the text of a file, or the content of a folder. */
export interface Content {
  readonly [name: string]: string | Uint8Array | Content;
}

/** How long a program of the test may go on writing into its folder, milliseconds. A program that writes longer was not ended. */
const lateWritesMs = 20_000;

/** How many folders each test has asked for. */
const made = new WeakMap<object, number>();

/**
 * A folder of the test's own: the first is the folder that tap calls `testdirName`, each further one is another. It is deleted after
 * everything that the test starts afterwards has ended. tap's own `testdir` does not do: it empties the first folder when a test asks
 * again, deletes it before the programs that still write into it have ended, and fails the test if one of them writes meanwhile.
 */
export function tempFolder(t: Pick<Test, 'testdirName' | 'teardown'>, content: Content = {}): string {
  const count = (made.get(t) ?? 0) + 1;
  made.set(t, count);
  const folder = count === 1 ? t.testdirName : `${t.testdirName}-${count}`;
  rmSync(folder, { recursive: true, force: true });
  fill(folder, content);
  t.teardown(() => removeFolder(folder));
  return folder;
}

/** A folder outside the clone, for programs that must find none of its packages. It is deleted as {@link tempFolder} does it. */
export function outsideFolder(t: Pick<Test, 'teardown'>, content: Content = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-test-'));
  fill(folder, content);
  t.teardown(() => removeFolder(folder));
  return folder;
}

/**
 * Deletes a folder, also files that an ending program still writes into it. Node's own retries delete only the folder, not new files in it,
 * and they block the writes of this process that they wait for.
 */
export async function removeFolder(folder: string): Promise<void> {
  const late = Date.now() + lateWritesMs;
  for (;;) {
    try {
      return await rm(folder, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || Date.now() > late) throw error;
    }
    await setImmediate();
  }
}

function fill(folder: string, content: Content): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(content)) {
    const path = join(folder, name);
    if (typeof value === 'string' || value instanceof Uint8Array) writeFileSync(path, value);
    else fill(path, value);
  }
}
