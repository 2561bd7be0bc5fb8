import { withoutUndefined } from '@roundhouse/proto/json';
import { form } from '@roundhouse/proto/wording';
import { Type } from 'typebox';
import type { DatabaseInput } from '../../domain/databases/databases.js';
import { type DatabaseRecord, databaseTypes } from '../../domain/databases/record.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time } from '../shared/values.js';
import { IdOrName, Message, PageOf, pageOf, pageQuery } from './schemas.js';

/** A name has no braces and bars: they have a meaning in references (`{{database:NAME|host}}`). */
const Name = Type.String({
  minLength: 1,
  maxLength: 128,
  ...form(
    "no '{', '}' or '|', no control characters, and no blank first or last",
    '^[^\\s{}|\\u0000-\\u001f]([^{}|\\u0000-\\u001f]*[^\\s{}|\\u0000-\\u001f])?$',
  ),
});
const DatabaseType = Type.Enum(databaseTypes, { title: 'DatabaseType' });
const Site = Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()], {
  description: 'Extension: the site that it belongs to; keys whose grants name that site see it',
});

const fields = {
  name: Name,
  db_type: DatabaseType,
  host: Type.String({
    minLength: 1,
    maxLength: 253,
    ...form('must be a host name or an IP address', '^[A-Za-z0-9_]([A-Za-z0-9_.-]*)$|^[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?$'),
  }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  db_name: Type.String({ maxLength: 256, ...form('no control characters', '^[^\\u0000-\\u001f]*$') }),
  username: Type.String({ maxLength: 256, ...form('no control characters', '^[^\\u0000-\\u001f]*$') }),
  password: Type.String({
    maxLength: 4096,
    ...form('any but NUL', '^[^\\u0000]*$'),
    description: 'Sealed, and never shown',
  }),
};
const Database = Type.Object(
  {
    id: Id,
    name: Type.String(),
    db_type: DatabaseType,
    host: Type.String(),
    port: Type.Integer(),
    db_name: Type.String(),
    username: Type.String(),
    created_at: Time,
    updated_at: Time,
    site: Site,
  },
  { title: 'ExternalDatabase' },
);
const params = Type.Object({ config_id: IdOrName });

/** `seeds/004`, "External Database Configuration". */
export const databaseEndpoints = {
  listExternalDbConfigs: endpoint({
    method: 'GET',
    path: '/api/v1/external-db-configs',
    summary: 'List external database configurations',
    description: "The list holds the databases that the caller's grants cover, without passwords.",
    permission: 'database.read',
    query: Type.Object(pageQuery),
    response: PageOf(Database),
  }),
  createExternalDbConfig: endpoint({
    method: 'POST',
    path: '/api/v1/external-db-configs',
    summary: 'Create an external database configuration',
    description:
      'The hub seals the password and never shows it. `{{database:NAME}}` in the environment of a server stands for the connection URL. To name a database in an environment needs role admin, because a program can reveal its environment.',
    permission: 'database.write',
    audit: 'database.create',
    body: Type.Object({ ...fields, site: Type.Optional(Site) }),
    example: {
      name: 'orders',
      db_type: 'postgresql',
      host: 'db.example.com',
      port: 5432,
      db_name: 'orders',
      username: 'reader',
      password: 'correct horse battery staple',
    },
    response: Database,
    status: 201,
  }),
  getExternalDbConfig: endpoint({
    method: 'GET',
    path: '/api/v1/external-db-configs/{config_id}',
    summary: 'Get an external database configuration',
    description: 'The answer never has the password.',
    permission: 'database.read',
    params,
    response: Database,
    extension: true,
  }),
  updateExternalDbConfig: endpoint({
    method: 'PUT',
    path: '/api/v1/external-db-configs/{config_id}',
    summary: 'Update an external database configuration',
    description:
      'Absent fields stay. The stored password stays only if type, host, port, db_name and username stay. Servers that name the database reconnect with the new values. Another `name` needs role admin, because steps of workflows name the database.',
    permission: 'database.write',
    audit: 'database.update',
    params,
    body: Type.Object(
      {
        name: Type.Optional(fields.name),
        db_type: Type.Optional(fields.db_type),
        host: Type.Optional(fields.host),
        port: Type.Optional(fields.port),
        db_name: Type.Optional(fields.db_name),
        username: Type.Optional(fields.username),
        password: Type.Optional(fields.password),
        site: Type.Optional(Site),
      },
      { minProperties: 1 },
    ),
    example: { host: 'db2.example.com', password: 'correct horse battery staple' },
    response: Database,
    extension: true,
  }),
  deleteExternalDbConfig: endpoint({
    method: 'DELETE',
    path: '/api/v1/external-db-configs/{config_id}',
    summary: 'Delete an external database configuration',
    description: 'The hub refuses with 409 while servers name the database.',
    permission: 'database.write',
    audit: 'database.delete',
    params,
    response: Message,
    extension: true,
  }),
  checkExternalDbConfig: endpoint({
    method: 'POST',
    path: '/api/v1/external-db-configs/{config_id}/check',
    summary: 'Check from a site whether an external database answers',
    description:
      'The agent of the site connects and reads the greeting, without signing in. A database that does not answer is an answer with `reachable: false`, not an error.',
    permission: 'database.write',
    audit: 'database.check',
    params,
    body: Type.Object({
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Default: the database's own" })),
    }),
    example: { site: 'local' },
    bodyOptional: true,
    response: Type.Object({
      site: Type.String(),
      reachable: Type.Boolean(),
      latency_ms: Type.Union([Type.Number(), Type.Null()]),
      server: Type.String({
        description: "The database's own description, such as its version; empty if it gives none",
      }),
      error: Type.String(),
      reason: Type.String({
        description: 'Such as `refused`, `timeout`, `unresolved`, `not_this_kind`; empty for none',
      }),
    }),
    extension: true,
  }),
};

export function databaseHandlers({ databases, databaseChecks }: Domain): Handlers<typeof databaseEndpoints> {
  return {
    listExternalDbConfigs: ({ query }, context) => pageOf(databases.list(context.origin), query, render),

    async createExternalDbConfig({ body }, context) {
      const { db_type: type, db_name: databaseName, ...same } = body;
      return render(await databases.create(context.origin, { ...same, type, databaseName }));
    },

    getExternalDbConfig: ({ params }, context) => render(databases.get(context.origin, params.config_id)),

    async updateExternalDbConfig({ params, body }, context) {
      const { db_type: type, db_name: databaseName, ...same } = body;
      const changes: Partial<DatabaseInput> = { ...same, ...withoutUndefined({ type, databaseName }) };
      return render(await databases.update(context.origin, params.config_id, changes));
    },

    async deleteExternalDbConfig({ params }, context) {
      await databases.delete(context.origin, params.config_id);
      return { message: 'External database configuration deleted successfully' };
    },

    async checkExternalDbConfig({ params, body }, context) {
      const { latencyMs: latency_ms, ...found } = await databaseChecks.check(
        context.origin,
        params.config_id,
        body.site,
        context.signal,
      );
      return { ...found, latency_ms };
    },
  };
}

function render({ id, name, type, host, port, databaseName, username, site, createdAt, updatedAt }: DatabaseRecord) {
  return {
    id,
    name,
    db_type: type,
    host,
    port,
    db_name: databaseName,
    username,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
    site,
  };
}
