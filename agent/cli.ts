import { readFileSync } from 'node:fs';
import { ConfigError, settingOptions } from '@roundhouse/proto/settings';
import { Command } from 'commander';
import { type AgentConfig, readConfig, settings } from './config.js';

/** `roundhouse agent`: reads the settings and hands them to `start`. */
export function agentCommand(start: (config: AgentConfig) => Promise<void>): Command {
  const command = new Command('roundhouse agent')
    .description('run an agent: joins a hub, and runs servers and operations for it at this site')
    .version(version)
    .option('--config <file>', 'YAML file with settings');
  for (const [flags, help] of settingOptions(settings)) command.option(flags, help);
  command.addHelpText(
    'after',
    '\nExample:\n  roundhouse agent run --data /var/lib/roundhouse-agent --token-file berlin.token',
  );
  return command.action(async ({ config: file, ...flags }: Readonly<Record<string, string>>) => {
    let config: AgentConfig;
    try {
      config = readConfig({ flags, env: process.env, file: file ?? process.env.ROUNDHOUSE_AGENT_CONFIG });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(`roundhouse: ${error.message}\n`);
      process.exitCode = 1;
      return;
    }
    await start(config);
  });
}

/**
 * Aborts when the process is told to stop: by a signal or, under a parent that holds its standard input
 * (`ROUNDHOUSE_PARENT=stdin`), by the parent's end. The second signal ends the process at once.
 */
export function untilTold(): AbortSignal {
  const told = new AbortController();
  const stop = (signal: string): void => {
    // Restore the default handling: a second signal ends the process at once.
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
    told.abort(signal);
  };
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('SIGTERM', () => stop('SIGTERM'));
  if (process.env.ROUNDHOUSE_PARENT === 'stdin') {
    process.stdin.once('end', () => stop('its parent process is stopping'));
    process.stdin.once('error', () => stop('its parent process is stopping'));
    process.stdin.resume();
    // The listener must not keep the process alive.
    process.stdin.unref();
  }
  return told.signal;
}

/** The agent's semantic version, from its package. Compiled code lies one folder below the sources. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['./package.json', '../package.json']) {
    try {
      const file = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<string, unknown>;
      if (file.name === '@roundhouse/agent' && typeof file.version === 'string') return file.version;
    } catch {
      // Not here: the other path has it.
    }
  }
  throw new Error('package.json of @roundhouse/agent is missing');
}
