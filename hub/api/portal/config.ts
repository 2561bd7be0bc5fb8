import { parseYaml } from '@roundhouse/proto/work';
import { Type } from 'typebox';
import { stringify } from 'yaml';
import { isoTime } from '../../domain/clock.js';
import type { ConfiguredServer } from '../../domain/configuration/configuration.js';
import { themes } from '../../domain/configuration/preferences.js';
import type { Domain } from '../../domain/domain.js';
import { endpoint, type Handlers, TextReply } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import { printConfig, readConfig, ServerConfig, ShownConfig, TextOrNull, Time } from './schemas.js';

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
  /** Absent fields stay. Servers are enabled and disabled by their own endpoints, or imported. */
  updateConfig: endpoint({
    method: 'PUT',
    path: '/api/v1/config',
    summary: "Update the user's configuration",
    permission: 'catalog.read',
    audit: 'config.update',
    body: Type.Object({ preferences: SomePreferences }),
    response: Type.Object({ message: Type.String() }),
  }),
  /** The servers of the catalog that were enabled, without the values that were given to them. */
  exportConfig: endpoint({
    method: 'GET',
    path: '/api/v1/config/export',
    summary: 'Export the configuration',
    permission: 'catalog.read',
    query: Type.Object({ format: Type.Union([Type.Literal('json'), Type.Literal('yaml')], { default: 'json' }) }),
    response: Exported,
    produces: [YAML],
  }),
  /**
   * As exported, in JSON or YAML. Exports hold no values: add a server's values as `config.env`. Jobs bring the
   * `imported` servers to their state; `skipped` counts the servers that needed no change.
   */
  importConfig: endpoint({
    method: 'POST',
    path: '/api/v1/config/import',
    summary: 'Import a configuration',
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
      exported_at: Type.Optional(Time),
      user: Type.Optional(TextOrNull),
      preferences: Type.Optional(SomePreferences),
    }),
    response: Type.Object({
      message: Type.String(),
      imported: Type.Integer(),
      skipped: Type.Integer(),
      errors: Type.Array(Type.Object({ name: Type.String(), error: Type.String() })),
      operation_ids: Type.Array(Type.String(), { description: 'Extension: what starts and stops the servers' }),
    }),
  }),
};

export function configHandlers({ portal, users }: Domain): Handlers<typeof configEndpoints> {
  return {
    getConfig: (_input, { caller }) => ({
      user_id: caller.userId ?? caller.id,
      servers: portal.configuration.servers(caller).map(({ server, enabled, config }) => ({
        server_id: server.id,
        enabled,
        config: printConfig(config),
      })),
      preferences: portal.configuration.preferences(caller),
    }),

    async updateConfig({ body }, context) {
      await portal.configuration.setPreferences(originOf(context), context.caller, body.preferences);
      return { message: 'Configuration updated successfully' };
    },

    exportConfig({ query }, { caller }) {
      const exported = {
        version: VERSION as typeof VERSION,
        exported_at: isoTime(Date.now()),
        user: caller.userId === null ? null : (users.find(caller.userId)?.email ?? caller.name),
        servers: portal.configuration.servers(caller).map(printServer),
        preferences: portal.configuration.preferences(caller),
      };
      return query.format === 'yaml' ? new TextReply(YAML, stringify(exported)) : exported;
    },

    async importConfig({ body }, context) {
      const origin = originOf(context);
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
