import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { shownLines } from '@roundhouse/proto/text';
import { Command } from 'commander';
import { DomainError } from '../domain/errors.js';
import { hubCommand } from './commands/hub.js';
import { restoreCommand } from './commands/restore.js';
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
