import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { shownLines } from '@roundhouse/proto/text';
import { Command } from 'commander';
import { DomainError } from '../domain/errors.js';
import { version } from '../host/package.js';
import { CommandError } from './client.js';
import { agentCommand } from './commands/agent.js';
import { backupCommand, restoreCommand } from './commands/backup.js';
import { hubCommand } from './commands/hub.js';
import { keyCommand } from './commands/key.js';
import { mcpCommand } from './commands/mcp.js';
import { tokenCommand } from './commands/token.js';
import { upCommand } from './commands/up.js';
import { userCommand } from './commands/user.js';

/** Runs one `roundhouse` command. `argv` holds the arguments after the program's name. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('roundhouse')
    .description('run a fleet of MCP servers from one place')
    .version(version)
    .addCommand(upCommand())
    .addCommand(hubCommand())
    .addCommand(agentCommand())
    .addCommand(mcpCommand())
    .addCommand(tokenCommand())
    .addCommand(keyCommand())
    .addCommand(userCommand())
    .addCommand(backupCommand())
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
