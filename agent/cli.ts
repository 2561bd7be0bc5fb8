import { Command } from 'commander';
import { type AgentConfig, ConfigError, readConfig, type SettingName, settings } from './config.js';
import { version } from './version.js';

/** `roundhouse agent`: reads the settings and hands them to `start`. */
export function agentCommand(start: (config: AgentConfig) => Promise<void>): Command {
  const command = new Command('roundhouse agent')
    .description('run an agent: joins a hub and runs what the hub wants at this site')
    .version(version)
    .option('--config <file>', 'YAML file with settings');
  for (const [name, setting] of Object.entries(settings)) {
    const fallback = 'fallback' in setting ? ` (default: ${setting.fallback})` : '';
    command.option(`--${name.replaceAll('_', '-')} <value>`, `${setting.help}${fallback}`);
  }
  return command.action(async (options: Readonly<Record<string, string>>) => {
    const flags: Partial<Record<SettingName, string>> = {};
    for (const name of Object.keys(settings) as SettingName[]) {
      const value = options[name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
      if (value !== undefined) flags[name] = value;
    }
    let config: AgentConfig;
    try {
      config = readConfig({ flags, env: process.env, file: options.config ?? process.env.ROUNDHOUSE_AGENT_CONFIG });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(`roundhouse: ${error.message}\n`);
      process.exitCode = 1;
      return;
    }
    await start(config);
  });
}
