import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, settingOptions } from '@roundhouse/proto/settings';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { shownLines } from '@roundhouse/proto/text';
import { Command } from 'commander';
import { readConfig, settings } from '../config.js';
import { DomainError } from '../domain/errors.js';
import { CommandError } from './frame/failures.js';

/** Runs `roundhouse hub` or `roundhouse restore`: the commands that need the code of the hub. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('roundhouse').addCommand(hubCommand()).addCommand(restoreCommand());
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    // The user can mend a refusal of the domain: a folder in use, a file that is no backup. The same holds for errors of the operating
    // system: a missing file, an address that is taken. So the user gets the message alone.
    if (!(error instanceof CommandError || error instanceof DomainError || isOfSystem(error))) throw error;
    process.stderr.write(`roundhouse: ${shownLines(isOfSystem(error) ? systemSentence(error) : error.message)}\n`);
    process.exitCode = 1;
  }
}

/** `roundhouse restore FILE`: puts a backup into the data folder of a hub that does not run. */
function restoreCommand(): Command {
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
      // This fails before a data folder is made.
      await access(resolve(file));
      const { restoreStore } = await import('../store/copies/restore.js');
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

/** `roundhouse hub`: runs a hub until it is told to stop. The hub's code is loaded only when the command runs, so that its help stays fast. */
function hubCommand(): Command {
  const command = new Command('hub').description('run a hub').option('--config <file>', 'YAML file with settings');
  for (const [flags, help] of settingOptions(settings)) command.option(flags, help);
  command.addHelpText('after', '\nExample:\n  roundhouse hub --data /var/lib/roundhouse --listen 0.0.0.0:8080');
  return command.action(async ({ config: file, ...flags }: Record<string, string>) => {
    try {
      const config = readConfig({ flags, env: process.env, file });
      const { createLog } = await import('../host/log.js');
      const { Redactor } = await import('../domain/audit/redactor.js');
      const redactor = new Redactor();
      const { LogFiles } = await import('../host/log-files.js');
      const logFiles = new LogFiles(join(config.data, 'logs'));
      const log = createLog(config.logLevel, redactor, logFiles);
      const { startHub } = await import('../main.js');
      // This comes before the start, so that a signal during the start also ends the hub.
      const told = untilTold();
      const stop = new AbortController();
      void told.then(() => stop.abort());
      // Requests of this process may still run, so it ends at once. The supervisor of the system starts it again.
      const onLost = () => process.exit(LOST);
      const hub = await startHub(config, log, redactor, { logFiles, signal: stop.signal, onLost });
      log.info({ event: 'hub.stopping', ...(await told) }, 'stopping');
      await hub.close();
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return;
      if (error instanceof ConfigError) throw new CommandError(error.message);
      throw error;
    }
  });
}

/** The exit code of a hub whose place another hub has taken. */
const LOST = 75;

/** Resolves when the process is told to stop: by a signal or, under a parent that holds its standard input, by the parent's end. */
function untilTold(): Promise<{ signal: string }> {
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      // With the listeners removed, a second signal ends the process at once.
      process.removeAllListeners('SIGINT');
      process.removeAllListeners('SIGTERM');
      resolve({ signal });
    };
    process.once('SIGINT', () => stop('SIGINT'));
    process.once('SIGTERM', () => stop('SIGTERM'));
    if (process.env.ROUNDHOUSE_PARENT === 'stdin') {
      process.stdin.once('end', () => stop('its parent process is stopping'));
      process.stdin.once('error', () => stop('its parent process is stopping'));
      process.stdin.resume();
      // Watching standard input must not keep the process alive.
      process.stdin.unref();
    }
  });
}
