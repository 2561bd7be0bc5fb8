import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { argument, command, flag } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';

/** `roundhouse backup FILE`: a consistent copy of a live hub's store. */
export const backup = command({
  name: 'backup',
  summary: "copy a running hub's store into a file",
  example: 'roundhouse backup monday.backup',
  args: { file: argument('the backup; an existing file is never replaced without --force') },
  options: {
    force: flag('replace the file if there is one'),
    withSealingKey: flag(
      'put the hub’s keys into the backup, too: the one that unseals the secrets, and the one that agents trust',
    ),
  },
  async run({ hub, args, options: { force, withSealingKey }, out, signal }) {
    const path = resolve(args.file);
    if (!force) await reserve(path);
    // No other user of the folder can know this name, and make a file or a link with it.
    const part = `${path}.${randomUUID()}.part`;
    try {
      const bytes = await hub.connect.backups.create({ withSealingKey }, { signal, timeoutMs: 0 });
      const file = createWriteStream(part, { flags: 'wx', mode: 0o600 });
      await out.progress.during(
        'copying the store',
        pipeline(Readable.fromWeb(bytes as ReadableStream<Uint8Array>), file, { signal }),
      );
      await rename(part, path);
    } catch (error) {
      if (!force) await rm(path, { force: true });
      throw error;
    } finally {
      await rm(part, { force: true });
    }
    await out.text(path, { file: path });
  },
});

/** Reserves the name of a new file. The complete backup replaces this file. @throws CommandError if the file exists */
async function reserve(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(`${path} is there already: choose another name, or replace it with --force`);
  }
}
