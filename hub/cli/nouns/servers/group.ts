import type { connect } from '@roundhouse/sdk';
import { argument, command, type Noun, rest, text, yes } from '../../frame/command.js';
import type { Columns } from '../../frame/output.js';
import { confirm } from '../../frame/prompt.js';
import { counted, defined } from '../../frame/values.js';

const columns: Columns<connect.Group> = {
  GROUP: ({ name }) => name,
  SERVERS: ({ serverCount }) => serverCount,
  DESCRIPTION: ({ description }) => description,
  ID: ({ id }) => id,
};

const group = argument('name or id of the group');

/** `roundhouse group`. */
export const groupNoun: Noun = {
  name: 'group',
  summary: 'groups of servers',
  commands: [
    command({
      name: 'list',
      summary: 'list the groups',
      example: 'roundhouse group list',
      async run({ hub, out, signal }) {
        await out.list(await hub.connect.groups.list({ signal }), columns, ({ name }) => name, 'no groups');
      },
    }),
    command({
      name: 'create',
      summary: 'make a group',
      example: 'roundhouse group create office --description "servers of the office"',
      args: { name: argument('name of the group') },
      options: { description: text('<text>', 'the purpose of the group') },
      async run({ hub, args, options: { description }, out }) {
        const made = await hub.connect.groups.create({ name: args.name, ...defined({ description }) });
        await out.done(`group '${made.name}' is there`, made);
      },
    }),
    command({
      name: 'add',
      summary: 'put servers into a group; a server leaves the group that it was in',
      example: 'roundhouse group add office files notes',
      args: { group, server: argument('name or id of a server'), more: rest('further servers') },
      async run({ hub, args, out }) {
        const given = [args.server, ...args.more];
        const servers = await Promise.all(given.map((server) => hub.connect.servers.get(server)));
        const changed = await hub.connect.groups.addServersTo(args.group, { serverIds: servers.map(({ id }) => id) });
        await out.done(`group '${changed.name}' has ${counted(changed.serverCount, 'server')}`, changed);
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a group; its servers stay',
      example: 'roundhouse group remove office --yes',
      args: { group },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Remove group '${args.group}'?`, options.yes);
        await hub.connect.groups.delete(args.group);
        await out.done(`group '${args.group}' is removed`, { group: args.group, removed: true });
      },
    }),
  ],
};
