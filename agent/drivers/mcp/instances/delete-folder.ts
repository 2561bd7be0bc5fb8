import { chmod, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';

const all = { recursive: true, force: true } as const;

/** Deletes a folder that a server wrote to, as far as it can be deleted. Never fails: what stays is logged. */
export async function deleteFolder(folder: string, log: Logger): Promise<void> {
  try {
    await rm(folder, all).catch(async () => {
      await empty(folder);
      await rm(folder, all);
    });
  } catch (err) {
    log.warn({ err, folder }, 'what a server left in a folder of its own could not be deleted');
  }
}

/** Deletes all that can be deleted in a folder, while `rm` stops at the first failure. A server may also leave read-only folders behind. */
async function empty(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await empty(path);
    await (entry.isDirectory() ? rmdir(path) : unlink(path)).catch(() => {});
  }
}
