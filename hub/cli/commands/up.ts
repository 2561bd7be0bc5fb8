import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { packageFolder } from '../../package.js';
import { CommandError } from '../client.js';

/** Where the start-up script lies in a clone. */
const script = new URL('../deploy/local/up.mjs', packageFolder);

/** `roundhouse up`: hub and local agent in the foreground, as `npm run up` does it. Only a clone has what it installs and builds. */
export function upCommand(): Command {
  return new Command('up')
    .description('install, build and run a hub and a local agent (from a clone)')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => {
      if (!existsSync(script))
        throw new CommandError(`'up' needs a clone of the repository: ${fileURLToPath(script)} is missing`);
      // The script reads its own arguments, and takes over the process.
      process.argv.splice(2, 1);
      await import(script.href);
    });
}
