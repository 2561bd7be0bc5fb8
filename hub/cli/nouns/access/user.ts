import type { infrastructure, Roundhouse } from '@roundhouse/sdk';
import { roles } from '../../../domain/access/caller.js';
import { argument, choice, command, type Noun, text, withDefault, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm, readSecret } from '../../frame/prompt.js';
import { all } from '../../frame/values.js';

const username = argument('name of the user');
const passwordFile = text('<file>', 'file that holds the password; default: standard input');
const question = 'Password (8 to 256 characters)';

const columns: Columns<infrastructure.User> = {
  USERNAME: (user) => user.username,
  ROLE: ({ role }) => role,
  EMAIL: ({ email }) => email,
  CREATED: ({ created_at }) => created_at,
  'LAST LOGIN': ({ last_login }) => last_login ?? 'never',
  ID: ({ id }) => id,
};

/** `roundhouse user`. Passwords come from standard input or a file: an argument would be visible in the process list. */
export const user: Noun = {
  name: 'user',
  summary: 'users with a password',
  commands: [
    command({
      name: 'create',
      summary: 'make a user; the password is read from standard input',
      example: 'roundhouse user create ann --role operator',
      args: { username },
      options: { role: withDefault(choice(roles, '', '<role>'), 'user'), passwordFile },
      async run({ hub, args, options, out }) {
        const password = await readSecret(out, question, options.passwordFile);
        const made = await hub.connect.users.create({ username: args.username, role: options.role, password });
        await out.text(made.id, made);
      },
    }),
    command({
      name: 'password',
      summary: 'set a password, read from standard input; earlier sign-ins of the user end',
      example: 'roundhouse user password ann',
      args: { username },
      options: { passwordFile },
      async run({ hub, args, options, out }) {
        const password = await readSecret(out, question, options.passwordFile);
        await hub.connect.users.setPassword(args.username, { password });
        await out.done('password set', { username: args.username });
      },
    }),
    command({
      name: 'list',
      summary: 'list the users',
      example: 'roundhouse user list',
      async run({ hub, out, signal }) {
        const users = await all(hub.infrastructure.users.listAll({ limit: 100 }, { signal }));
        await out.list(users, columns, (user) => user.username, 'no users');
      },
    }),
    command({
      name: 'role',
      summary: 'give a user another role',
      example: 'roundhouse user role ann viewer',
      args: { username, role: argument(roles.join(', ')) },
      async run({ hub, args, out }) {
        const role = roles.find((name) => name === args.role);
        if (!role) throw new CommandError(`'${args.role}' is no role: give one of ${roles.join(', ')}`, 'usage');
        const changed = await hub.infrastructure.users.update(await idOf(hub, args.username), { role });
        await out.done(`${args.username} has role ${role}`, changed);
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a user, with the sign-ins and keys of this user',
      example: 'roundhouse user remove ann --yes',
      args: { username },
      options: { yes },
      async run({ hub, args, options, out }) {
        const id = await idOf(hub, args.username);
        await confirm(out, `Remove user '${args.username}'?`, options.yes);
        await hub.infrastructure.users.delete(id);
        await out.done(`${args.username} is removed`, { id, username: args.username, removed: true });
      },
    }),
  ],
};

/** The id of a user. @throws CommandError if no user has this name */
async function idOf({ infrastructure }: Roundhouse, username: string): Promise<string> {
  const { data } = await infrastructure.users.list({ 'username[eq]': username });
  const [found] = data;
  if (!found)
    throw new CommandError(`there is no user '${username}': 'roundhouse user list' shows their names`, 'missing');
  return found.id;
}
