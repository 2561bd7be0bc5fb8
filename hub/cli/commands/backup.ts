import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { CommandError, call, type HubOptions, withHub } from '../client.js';

/** `roundhouse backup FILE`: a consistent copy of a live hub's store. */
export function backupCommand(): Command {
  return withHub(new Command('backup').description("copy a running hub's store into a file"))
    .argument('<file>', 'where to; must not exist')
    .option('--with-sealing-key', 'put the key that unseals the secrets into the backup, too', false)
    .action(async (file: string, options: HubOptions & { withSealingKey: boolean }) => {
      const response = await call(options, 'POST', '/backups', { withSealingKey: options.withSealingKey });
      if (!response.body) throw new CommandError('the hub sent no backup');
      const part = `${resolve(file)}.part`;
      try {
        await pipeline(Readable.fromWeb(response.body), createWriteStream(part, { mode: 0o600 }));
        await rename(part, resolve(file));
      } finally {
        await rm(part, { force: true });
      }
      process.stdout.write(`${resolve(file)}\n`);
    });
}

/** `roundhouse restore FILE`: into the data folder of a hub that does not run. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup into a data folder; the hub must not run')
    .argument('<file>', 'a backup')
    .option('--data <dir>', 'data folder', process.env.ROUNDHOUSE_DATA ?? './data')
    .option('--force', 'replace a store that holds something', false)
    .action(async (file: string, options: { data: string; force: boolean }) => {
      const { restoreStore } = await import('../../store/restore.js');
      await restoreStore({ from: resolve(file), dir: resolve(options.data), force: options.force });
      process.stderr.write(`restored into ${resolve(options.data)}\n`);
    });
}
