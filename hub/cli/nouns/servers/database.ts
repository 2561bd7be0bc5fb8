import type { backend } from '@roundhouse/sdk';
import { argument, choice, command, type Noun, parsed, required, text, withDefault, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm, readSecret } from '../../frame/prompt.js';
import { all, defined, wholeNumber } from '../../frame/values.js';

const types = ['postgresql', 'mysql', 'mariadb', 'mssql', 'oracle', 'mongodb', 'redis'] as const;

const columns: Columns<backend.ExternalDatabase> = {
  DATABASE: ({ name }) => name,
  TYPE: ({ db_type }) => db_type,
  SITE: ({ site }) => site,
  HOST: ({ host, port }) => `${host}:${port}`,
  ID: ({ id }) => id,
};

const database = argument('id or name of the database');

/** `roundhouse database`. */
export const databaseNoun: Noun = {
  name: 'database',
  summary: "external databases: servers use them as '{{database:NAME}}' in their variables",
  commands: [
    command({
      name: 'list',
      summary: 'list the databases',
      example: 'roundhouse database list',
      async run({ hub, out, signal }) {
        const found = await all(hub.backend.externalDbConfigs.listAll({ limit: 100 }, { signal }));
        await out.list(found, columns, ({ name }) => name, 'no databases');
      },
    }),
    command({
      name: 'show',
      summary: 'show a database; its password stays sealed',
      example: 'roundhouse database show orders',
      args: { database },
      async run({ hub, args, out }) {
        const found = await hub.backend.externalDbConfigs.get(args.database);
        const facts = {
          ...{ database: found.name, id: found.id, type: found.db_type, host: `${found.host}:${found.port}` },
          ...{ 'database name': found.db_name, user: found.username, site: found.site, changed: found.updated_at },
        };
        await out.record(found, facts, found.id);
      },
    }),
    command({
      name: 'add',
      summary: 'register a database; its password is read from standard input unless --password-file is given',
      example: 'roundhouse database add orders db.example.com --type postgresql --port 5432 --user reader',
      args: { name: argument('name of the database'), host: argument('its name or address, as the site knows it') },
      options: {
        type: required(choice(types, 'type of the database')),
        port: required(parsed('<number>', 'the port at which it listens', wholeNumber)),
        database: withDefault(text('<name>', 'name of the database at its server'), '', 'none'),
        user: withDefault(text('<name>', 'user name at the database'), '', 'none'),
        passwordFile: text('<file>', 'file that holds the password'),
        site: text('<name>', 'the site that it belongs to'),
      },
      async run({ hub, args, options, out, signal }) {
        const { type, port, database, user, passwordFile, site } = options;
        const password = await readSecret(out, `Password of ${args.name}`, passwordFile);
        const body: backend.CreateExternalDbConfigBody = {
          ...{ name: args.name, db_type: type as backend.DatabaseType, host: args.host, port: Number(port) },
          ...{ db_name: database, username: user, password, ...defined({ site }) },
        };
        const made = await hub.backend.externalDbConfigs.create(body, { signal });
        await out.done(`${made.name} is registered: 'roundhouse database check ${made.name}' tries it`, made);
      },
    }),
    command({
      name: 'check',
      summary: 'check whether a database answers a site; exit code 6 if it does not',
      example: 'roundhouse database check orders --site berlin',
      args: { database },
      options: { site: text('<name>', "the site that checks; default: the database's own") },
      async run({ hub, args, options, out, signal }) {
        const found = await out.progress.during(
          `checking ${args.database}`,
          hub.backend.externalDbConfigs.check(args.database, defined({ site: options.site }), { signal }),
        );
        const { site, reachable, latency_ms, server, error } = found;
        const facts = { site, reachable, milliseconds: latency_ms, server, reason: error };
        await out.record(found, facts, String(reachable));
        if (!reachable) throw new CommandError(error || `${args.database} does not answer`, 'outcome');
      },
    }),
    command({
      name: 'remove',
      summary: 'forget a database and its password; the database itself stays',
      example: 'roundhouse database remove orders --yes',
      args: { database },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Forget database '${args.database}'?`, options.yes);
        await hub.backend.externalDbConfigs.delete(args.database);
        await out.done(`${args.database} is forgotten`, { database: args.database, removed: true });
      },
    }),
  ],
};
