import { Command } from 'commander';
import { CommandError } from '../client.js';

/** `roundhouse up`: hub and local agent in the foreground, as `npm run up` does it. In a clone, bin/roundhouse.mjs runs it itself. */
export function upCommand(): Command {
  return new Command('up')
    .description('install, build and run a hub and a local agent (from a clone)')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CommandError("'up' needs a clone of the repository");
    });
}
