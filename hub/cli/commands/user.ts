import { createInterface } from 'node:readline';
import { shown } from '@roundhouse/proto/text';
import { Command, Option } from 'commander';
import { roles } from '../../domain/access/caller.js';
import { CommandError, call, callJson, type HubOptions, withHub } from '../client.js';

/** `roundhouse user create|password`. Passwords come from standard input: an argument would stand in the process list. */
export function userCommand(): Command {
  const user = new Command('user').description('users with a password');

  withHub(user.command('create <username>').description('make a user; the password is read from standard input'))
    .addOption(new Option('--role <role>').choices([...roles]).default('user'))
    .action(async (username: string, options: HubOptions & { role: string }) => {
      const body = { username, role: options.role, password: await readPassword() };
      const made = await callJson<{ id: string }>(options, 'POST', '/users', body);
      process.stdout.write(`${shown(made.id)}\n`);
    });

  withHub(user.command('password <username>').description('set a password, read from standard input')).action(
    async (username: string, options: HubOptions) => {
      const password = await readPassword();
      await call(options, 'PUT', `/users/${encodeURIComponent(username)}/password`, { password });
      process.stderr.write('password set\n');
    },
  );
  return user;
}

async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write('Password (8 to 256 characters): ');
  const lines = createInterface({ input: process.stdin, output: undefined, terminal });
  for await (const line of lines) {
    lines.close();
    if (terminal) process.stderr.write('\n');
    if (line === '') break;
    return line;
  }
  throw new CommandError('no password was given on standard input');
}
