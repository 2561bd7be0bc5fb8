import type { Command, Entry } from '../../hub/cli/frame/command.js';
import { isCommand, isNoun } from '../../hub/cli/frame/program.js';
import { table } from '../../hub/cli/table.js';

/** The commands of a table, each with the words that call it. Other programs run the external ones, which are left out. */
export function commandsOf(entries: readonly Entry[]): [string, Command][] {
  return entries.flatMap((entry): [string, Command][] => {
    if (isCommand(entry)) return [[entry.name, entry]];
    return isNoun(entry)
      ? entry.commands.filter(isCommand).map((command) => [`${entry.name} ${command.name}`, command])
      : [];
  });
}

/** All commands of `roundhouse`. */
export const commands = commandsOf(table);

/** The words of an example as a shell reads them, without the program and without redirections. */
export function words(example: string): string[] {
  const line = example.replace(/^source <\((.*)\)$/, '$1').replace(/ > \S+$/, '');
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '').slice(1);
}
