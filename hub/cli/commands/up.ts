import { Command } from 'commander';
import { CommandError } from '../client.js';

/** `roundhouse up`: a hub and a local agent in the foreground. The package @roundhouse/cli runs it itself; here it is for the help text. */
export function upCommand(): Command {
  return new Command('up')
    .description('run a hub and a local agent in the foreground')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CommandError("'up' comes with the package @roundhouse/cli, which is not installed here");
    });
}
