import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, settingOptions } from '@roundhouse/proto/settings';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { shownLines } from '@roundhouse/proto/text';
import { Command } from 'commander';
import { readConfig, settings } from '../config.js';
import { DomainError } from '../domain/errors.js';
import type { RunningHub } from '../main.js';
import { CommandError } from './frame/failures.js';

/** An agent in the process of the hub. */
export interface LocalAgent {
  /** Rejects, with a sentence for the operator, if the agent ended by itself. */
  readonly ended: Promise<void>;
  close(reason?: string): Promise<void>;
}

export type StartLocalAgent = (hub: RunningHub) => Promise<LocalAgent>;

/** Runs `roundhouse hub`, `roundhouse hubs` or `roundhouse restore`: the commands that need the code of the hub. */
export async function run(argv: readonly string[], startAgent?: StartLocalAgent): Promise<void> {
  const program = new Command('roundhouse')
    .addCommand(hubCommand(startAgent))
    .addCommand(hubsCommand())
    .addCommand(restoreCommand());
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

/** `roundhouse hubs`: shows the hubs that share a database, and moves a hub into the database and out of it. */
function hubsCommand(): Command {
  const hubs = new Command('hubs').description('several hubs that share a PostgreSQL database');
  const database = ['--cluster <url>', 'database of the hubs', process.env.ROUNDHOUSE_CLUSTER] as const;
  const withFolder = (command: Command, sealingKey: string) =>
    command
      .option(...database)
      .option('--data <dir>', 'data folder', process.env.ROUNDHOUSE_DATA ?? './data')
      .option('--sealing-key-file <file>', sealingKey, process.env.ROUNDHOUSE_SEALING_KEY_FILE);
  hubs
    .command('status')
    .description('show the hubs, and which of them is active')
    .option(...database)
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  roundhouse hubs status --json')
    .action(async ({ cluster, json }: { cluster?: string; json: boolean }) => {
      const { hubsStatus } = await import('../membership.js');
      const { hubs, synchronousStandby } = await hubsStatus(databaseOf(cluster));
      if (json) return void process.stdout.write(`${JSON.stringify({ hubs, synchronousStandby })}\n`);
      const stateOf = (hub: (typeof hubs)[number]) => (hub.active ? 'active' : hub.alive ? 'waiting' : 'away');
      const rows = hubs.map((hub) => [stateOf(hub), hub.address, hub.version, hub.id]);
      const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
      for (const row of rows)
        process.stdout.write(`${row.map((cell, at) => shownLines(cell).padEnd(widths[at] ?? 0)).join('  ')}\n`);
      if (!synchronousStandby)
        process.stderr.write('No standby has each change before it is acknowledged: a failover can lose changes.\n');
    });
  withFolder(hubs.command('init'), 'sealing key of the hub; default: sealing.key in the data folder')
    .description('bring the records of a hub into an empty database; the hub must not run')
    .addHelpText('after', '\nExample:\n  roundhouse hubs init --data /var/lib/roundhouse')
    .action(async ({ cluster, ...folder }: { cluster?: string; data: string; sealingKeyFile?: string }) => {
      const { bringHub } = await import('../membership.js');
      await bringHub(databaseOf(cluster), resolved(folder));
      process.stderr.write(
        'The database has the records. Start the hubs with ROUNDHOUSE_CLUSTER and the same sealing key.\n',
      );
    });
  withFolder(hubs.command('export'), 'sealing key of the hubs; default: sealing.key in the data folder')
    .description('copy all records into an empty data folder, for a hub by itself')
    .addHelpText('after', '\nExample:\n  roundhouse hubs export --data /var/lib/roundhouse-alone')
    .action(async ({ cluster, ...folder }: { cluster?: string; data: string; sealingKeyFile?: string }) => {
      const { exportHub } = await import('../membership.js');
      await exportHub(databaseOf(cluster), resolved(folder));
      process.stderr.write(`${resolve(folder.data)} has all records. Start a hub on it without ROUNDHOUSE_CLUSTER.\n`);
    });
  return hubs;
}

function databaseOf(cluster: string | undefined): string {
  if (cluster) return cluster;
  throw new CommandError('no database is named: set ROUNDHOUSE_CLUSTER, or use --cluster');
}

const resolved = ({ data, sealingKeyFile }: { readonly data: string; readonly sealingKeyFile?: string }) => ({
  data: resolve(data),
  sealingKeyFile: sealingKeyFile && resolve(sealingKeyFile),
});

/** `roundhouse hub`: runs a hub until it is told to stop. The hub's code is loaded only when the command runs, so that its help stays fast. */
function hubCommand(startAgent: StartLocalAgent | undefined): Command {
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
      if (startAgent) await withAgent(hub, startAgent, told);
      log.info({ event: 'hub.stopping', ...(await told) }, 'stopping');
      await hub.close();
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return;
      if (error instanceof ConfigError) throw new CommandError(error.message);
      throw error;
    }
  });
}

/**
 * Runs an agent in the process of the hub until the process is told to stop. The agent stops first, so that the hub sees it leave.
 * @throws CommandError if the agent cannot start, or ends by itself: the hub is then closed
 */
async function withAgent(hub: RunningHub, start: StartLocalAgent, told: Promise<{ signal: string }>): Promise<void> {
  try {
    const agent = await start(hub);
    const { signal } = await Promise.race([told, agent.ended.then(() => told)]);
    await agent.close(signal);
  } catch (error) {
    await hub.close();
    throw new CommandError(isOfSystem(error) ? systemSentence(error) : String((error as Error).message));
  }
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
