import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { CommandError, call, type HubOptions, withHub } from '../client.js';

/** `roundhouse backup FILE`: a consistent copy of a live hub's store. */
export function backupCommand(): Command {
  return withHub(new Command('backup').description("copy a running hub's store into a file"))
    .argument('<file>', 'the backup; an existing file is never replaced without --force')
    .option('--force', 'replace the file if there is one', false)
    .option('--with-sealing-key', 'put the key that unseals the secrets into the backup, too', false)
    .action(async (file: string, options: HubOptions & { withSealingKey: boolean; force: boolean }) => {
      const { withSealingKey, force } = options;
      const path = resolve(file);
      if (!force) await reserve(path);
      // Another user of the folder cannot have made a file, or a link, of this name.
      const part = `${path}.${randomUUID()}.part`;
      try {
        const response = await call(options, 'POST', '/backups', { withSealingKey });
        if (!response.body) throw new CommandError('the hub sent no backup');
        await pipeline(Readable.fromWeb(response.body), createWriteStream(part, { flags: 'wx', mode: 0o600 }));
        await rename(part, path);
      } catch (error) {
        if (!force) await rm(path, { force: true });
        throw error;
      } finally {
        await rm(part, { force: true });
      }
      process.stdout.write(`${path}\n`);
    });
}

/** Takes the name of a file that there is not: the backup takes its place once it is whole. @throws CommandError if there is one. */
async function reserve(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(`${path} is there already: choose another name, or replace it with --force`);
  }
}

/** `roundhouse restore FILE`: into the data folder of a hub that does not run. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup into a data folder; the hub must not run')
    .argument('<file>', 'a backup')
    .option('--data <dir>', 'data folder', process.env.ROUNDHOUSE_DATA ?? './data')
    .option('--force', 'replace a store that holds something', false)
    .action(async (file: string, options: { data: string; force: boolean }) => {
      // Before a data folder is made for it.
      await access(resolve(file));
      const { restoreStore } = await import('../../store/copies/restore.js');
      await restoreStore({ from: resolve(file), dir: resolve(options.data), force: options.force });
      process.stderr.write(`restored into ${resolve(options.data)}\n`);
    });
}
