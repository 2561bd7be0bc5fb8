import { parseYaml } from '@roundhouse/proto/work';
import { Type } from 'typebox';
import { stringify } from 'yaml';
import { ownerOf } from '../../domain/access/grants.js';
import { type ConfiguredServer, themes } from '../../domain/catalog/configuration.js';
import type { Domain } from '../../domain/domain.js';
import { isoNow } from '../../domain/moments.js';
import { endpoint, type Handlers, TextReply } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { printConfig, readConfig, ServerConfig, ShownConfig, TextOrNull } from './schemas.js';

const VERSION = '1.0';
const YAML = 'application/yaml';
const MAX_YAML = 262_144;

const Preferences = Type.Object({ theme: Type.Enum(themes), notifications: Type.Boolean() }, { title: 'Preferences' });
const SomePreferences = Type.Object(
  { theme: Type.Optional(Type.Enum(themes)), notifications: Type.Optional(Type.Boolean()) },
  { title: 'PreferenceChanges', minProperties: 1 },
);
const Exported = Type.Object(
  {
    version: Type.Literal(VERSION),
    exported_at: Time,
    user: TextOrNull,
    servers: Type.Array(Type.Object({ name: Type.String(), enabled: Type.Boolean(), config: ShownConfig })),
    preferences: Preferences,
  },
  { title: 'ExportedConfig' },
);

/** `seeds/002`, "Configuration Management". */
export const configEndpoints = {
  getConfig: endpoint({
    method: 'GET',
    path: '/api/v1/config',
    summary: "Get the user's configuration",
    description:
      "The answer has the servers that the caller has enabled or disabled, and the caller's preferences. It never has the values given to servers.",
    permission: 'catalog.read',
    response: Type.Object({
      user_id: Type.String(),
      servers: Type.Array(
        Type.Object(
          { server_id: Type.String(), enabled: Type.Boolean(), config: ShownConfig },
          { title: 'ConfiguredServer' },
        ),
      ),
      preferences: Preferences,
    }),
  }),
  updateConfig: endpoint({
    method: 'PUT',
    path: '/api/v1/config',
    summary: "Update the user's configuration",
    description: 'Absent preferences stay. To enable or disable servers, use their own endpoints or an import.',
    permission: 'catalog.read',
    audit: 'config.update',
    body: Type.Object({ preferences: SomePreferences }),
    example: { preferences: { theme: 'dark' } },
    response: Type.Object({ message: Type.String() }),
  }),
  exportConfig: endpoint({
    method: 'GET',
    path: '/api/v1/config/export',
    summary: 'Export the configuration',
    description:
      'The export has the servers of the catalog and the preferences, without the values that were given to servers.',
    permission: 'catalog.read',
    query: Type.Object({
      format: Type.Union([Type.Literal('json'), Type.Literal('yaml')], {
        default: 'json',
        description: 'Form of the export',
      }),
    }),
    response: Exported,
    produces: [YAML],
  }),
  importConfig: endpoint({
    method: 'POST',
    path: '/api/v1/config/import',
    summary: 'Import a configuration',
    description:
      'The body is an export, in JSON or YAML. Add the values of a server as `config.env`. Jobs bring the imported servers to their state; `skipped` counts servers that needed no change.',
    permission: 'catalog.enable',
    audit: 'config.import',
    reads: { [YAML]: readYaml },
    body: Type.Object({
      version: Type.Literal(VERSION),
      servers: Type.Array(
        Type.Object({
          name: Type.String({ minLength: 1, maxLength: 64 }),
          enabled: Type.Boolean(),
          config: Type.Optional(ServerConfig),
        }),
        { maxItems: 200 },
      ),
      exported_at: Type.Optional(Type.String({ format: 'date-time', maxLength: 64 })),
      user: Type.Optional(TextOrNull),
      preferences: Type.Optional(SomePreferences),
    }),
    example: { version: '1.0', servers: [], preferences: { theme: 'dark', notifications: true } },
    response: Type.Object({
      message: Type.String(),
      imported: Type.Integer(),
      skipped: Type.Integer(),
      errors: Type.Array(Type.Object({ name: Type.String(), error: Type.String() })),
      operation_ids: Type.Array(Type.String(), {
        description: 'Extension: the operations that start and stop the servers',
      }),
    }),
  }),
};

export function configHandlers({ portal, users }: Domain): Handlers<typeof configEndpoints> {
  return {
    getConfig: (_input, { caller }) => ({
      user_id: ownerOf(caller),
      servers: portal.configuration.servers(caller).map(({ server, enabled, config }) => ({
        server_id: server.id,
        enabled,
        config: printConfig(config),
      })),
      preferences: portal.configuration.preferences(caller),
    }),

    async updateConfig({ body }, context) {
      await portal.configuration.setPreferences(context.origin, context.caller, body.preferences);
      return { message: 'Configuration updated successfully' };
    },

    exportConfig({ query }, { caller }) {
      const exported = {
        version: VERSION as typeof VERSION,
        exported_at: isoNow(),
        user: caller.userId === null ? null : (users.find(ownerOf(caller))?.email ?? caller.name),
        servers: portal.configuration.servers(caller).map(printServer),
        preferences: portal.configuration.preferences(caller),
      };
      return query.format === 'yaml' ? new TextReply(YAML, stringify(exported)) : exported;
    },

    async importConfig({ body }, context) {
      const origin = context.origin;
      const { configuration } = portal;
      const wanted = body.servers.map(({ name, enabled, config }) => ({ name, enabled, config: readConfig(config) }));
      if (body.preferences) await configuration.setPreferences(origin, context.caller, body.preferences);
      const { jobIds, errors, ...counts } = await configuration.import(origin, context.caller, wanted);
      return {
        message: errors.length === 0 ? 'Configuration imported successfully' : 'Configuration imported with errors',
        ...counts,
        errors: [...errors],
        operation_ids: jobIds.map((id) => `op_${id}`),
      };
    },
  };
}

/** @throws Error for text that is not YAML, or is longer than any configuration. */
async function readYaml(text: string): Promise<unknown> {
  if (text.length > MAX_YAML) throw new Error(`it is longer than ${MAX_YAML} characters of YAML`);
  return parseYaml(text);
}

function printServer({ server, enabled, config }: ConfiguredServer) {
  return { name: server.name, enabled, config: printConfig(config) };
}
