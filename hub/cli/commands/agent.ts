import { Command } from 'commander';
import { CommandError } from '../client.js';

/** `roundhouse agent` in the list of commands. The agent's package has the command itself, and the program calls that package first. */
export function agentCommand(): Command {
  return new Command('agent')
    .description('run an agent: joins a hub and runs what the hub wants at this site')
    .usage('[options]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CommandError("'agent' is a command of the package @roundhouse/agent: run it by that package's program");
    });
}
