import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';

/** `roundhouse restore FILE`: into the data folder of a hub that does not run. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup into a data folder; the hub must not run')
    .argument('<file>', 'a backup')
    .option('--data <dir>', 'data folder', process.env.ROUNDHOUSE_DATA ?? './data')
    .option(
      '--sealing-key-file <file>',
      'where the sealing key of the backup goes; default: sealing.key in the data folder',
      process.env.ROUNDHOUSE_SEALING_KEY_FILE,
    )
    .option('--force', 'replace a store that holds something', false)
    .addHelpText('after', '\nExample:\n  roundhouse restore monday.backup --data /var/lib/roundhouse')
    .action(async (file: string, options: { data: string; sealingKeyFile?: string; force: boolean }) => {
      // Before a data folder is made for it.
      await access(resolve(file));
      const { restoreStore } = await import('../../store/copies/restore.js');
      const [from, dir] = [resolve(file), resolve(options.data)];
      const keyFile = resolve(options.sealingKeyFile ?? join(dir, 'sealing.key'));
      const { withSealingKey } = await restoreStore({ from, dir, sealingKeyFile: keyFile, force: options.force });
      process.stderr.write(`restored into ${dir}\n`);
      if (withSealingKey) process.stderr.write(`the sealing key is in ${keyFile}\n`);
      process.stderr.write(
        'Keys that were revoked after the backup, and users who were deleted after it, are back: remove them again.\n',
      );
    });
}
