import type { backend } from '@roundhouse/sdk';
import { all, pick } from '../../frame/values.js';
import type { DatabaseEntry } from '../format.js';
import { SECRET } from '../secrets.js';
import { type Found, ifThere, type KindOf } from './kind.js';

/** External databases. */
export const databases: KindOf<DatabaseEntry> = {
  section: 'databases',
  noun: 'database',
  read: async ({ hub, options }) =>
    (await all(hub.backend.externalDbConfigs.listAll({ limit: 100 }, options))).map(foundOf),
  async look({ hub, options }, { id }) {
    const now = await ifThere(hub.backend.externalDbConfigs.get(id, options));
    return now && foundOf(now);
  },
  stateOf: ({ password: _, ...shown }) => shown,
  // The hub keeps a password only while the server and the user of the database stay the same.
  needsSecrets: (fields) => ['type', 'host', 'port', 'database', 'username'].some((field) => fields.includes(field)),
  create: ({ hub, options }, name, entry) =>
    hub.backend.externalDbConfigs.create({ name, ...bodyOf(entry) } as backend.CreateExternalDbConfigBody, options),
  update({ hub, options }, { id }, entry, { fields, hasSecrets }) {
    const sent = [...fields, ...(hasSecrets ? ['password'] : [])];
    const body = bodyOf(pick(entry, sent) as Partial<DatabaseEntry>);
    return hub.backend.externalDbConfigs.update(id, body as backend.UpdateExternalDbConfigBody, options);
  },
  remove: ({ hub, options }, { id }) => hub.backend.externalDbConfigs.delete(id, options),
  entryOf: (state) => ({ ...state, password: SECRET }),
};

function foundOf({ id, name, db_type, host, port, db_name, username, site }: backend.ExternalDatabase): Found {
  return { id, name, state: { type: db_type, host, port, database: db_name, username, site } };
}

/** The members for the API. Absent members stay absent. */
function bodyOf({ type, database, ...same }: Partial<DatabaseEntry>) {
  return {
    ...same,
    ...(type === undefined ? {} : { db_type: type }),
    ...(database === undefined ? {} : { db_name: database }),
  };
}
