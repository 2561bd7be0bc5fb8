import { argument, type Entry, localCommand } from '../../frame/command.js';
import { completionScript, shells } from '../../frame/completion.js';
import { CommandError } from '../../frame/failures.js';

/** `roundhouse completion`. @param table gives the whole table of commands */
export const completion = (table: () => readonly Entry[]) =>
  localCommand({
    name: 'completion',
    summary: `print the completions for a shell: ${shells.join(', ')}`,
    example: 'source <(roundhouse completion bash)',
    args: { shell: argument(shells.join(', ')) },
    isPlain: true,
    async run({ args, out }) {
      const shell = shells.find((name) => name === args.shell);
      if (!shell) throw new CommandError(`'${args.shell}' is no shell of these: ${shells.join(', ')}`, 'usage');
      await out.text(completionScript(shell, table()));
    },
  });
