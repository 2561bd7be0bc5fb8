import { join } from 'node:path';
import { ConfigError, settingOptions } from '@roundhouse/proto/settings';
import { Command } from 'commander';
import { readConfig, settings } from '../../config.js';
import { CommandError } from '../frame/failures.js';

/**
 * `roundhouse hub`: runs a hub until it is told to stop. It loads the hub's code only when it runs, so that the other commands stay quick.
 */
export function hubCommand(): Command {
  const command = new Command('hub').description('run a hub').option('--config <file>', 'YAML file with settings');
  for (const [flags, help] of settingOptions(settings)) command.option(flags, help);
  command.addHelpText('after', '\nExample:\n  roundhouse hub --data /var/lib/roundhouse --listen 0.0.0.0:8080');
  return command.action(async ({ config: file, ...flags }: Record<string, string>) => {
    try {
      const config = readConfig({ flags, env: process.env, file });
      const { createLog } = await import('../../host/log.js');
      const { Redactor } = await import('../../domain/audit/redactor.js');
      const redactor = new Redactor();
      const { LogFiles } = await import('../../host/log-files.js');
      const logFiles = new LogFiles(join(config.data, 'logs'));
      const log = createLog(config.logLevel, redactor, logFiles);
      const { startHub } = await import('../../main.js');
      // From now on: a signal during the hub's start ends it as well as a later signal.
      const told = untilTold();
      const stop = new AbortController();
      void told.then(() => stop.abort());
      // Requests of this process could still run: it ends at once, and the system's supervisor starts it again.
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
      // The process watches standard input, but this must not keep it alive.
      process.stdin.unref();
    }
  });
}
