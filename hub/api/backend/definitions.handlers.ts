import type { Static } from 'typebox';
import { isoTime } from '../../domain/clock.js';
import { type ConfigInput, maskedConfig } from '../../domain/definitions/config.js';
import type { DefinitionView } from '../../domain/definitions/definitions.js';
import type { DefinitionRecord, DefinitionVersion } from '../../domain/definitions/record.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import type { ServerView } from '../../domain/servers/servers.js';
import type { Handlers } from '../../http/endpoint.js';
import { camelCase, renamed, snakeCase } from '../../http/snake-case.js';
import type { Config } from './config-schemas.js';
import type { definitionEndpoints } from './definitions.js';
import { given } from './given.js';
import { originOf } from './origin.js';

type ConfigBody = Static<typeof Config>;

export function definitionHandlers({ definitions, definedServers }: Domain): Handlers<typeof definitionEndpoints> {
  return {
    listMcpDefinitions({ query }) {
      const { skip, limit, mcp_type } = query;
      const { items, total } = definitions.list(skip, limit, mcp_type);
      return { items: items.map(withLatest), total, skip, limit };
    },

    async createMcpDefinition({ body }, context) {
      const { mcp_type: type, config, ...same } = body;
      const input = { ...same, type, config: configOf(config) };
      return withLatest(await inOurWords(definitions.create(originOf(context), input)));
    },

    getMcpDefinition({ params }) {
      const { record } = definitions.get(params.definition_id);
      const versions = definitions.versions(record).map((version) => ({
        ...renderVersion(version),
        created_at: isoTime(version.createdAt),
      }));
      return { ...common(record), versions };
    },

    async updateMcpDefinition({ params, body }, context) {
      const { config, ...same } = body;
      const changes = { ...same, ...(config ? { config: configOf(config) } : {}) };
      return withLatest(await inOurWords(definitions.update(originOf(context), params.definition_id, changes)));
    },

    async deleteMcpDefinition({ params }, context) {
      await definitions.delete(originOf(context), params.definition_id);
      return { message: 'MCP definition deleted successfully' };
    },

    async registerServer({ params, body }, context) {
      const { group_id: groupId, ...same } = body;
      const wanted = { ...same, ...given({ groupId }) };
      const made = definedServers.register(originOf(context), params.definition_id, wanted);
      return renderServer(await inOurWords(made));
    },

    async updateServer({ params, body }, context) {
      const { definition_id, server_id } = params;
      return renderServer(await inOurWords(definedServers.apply(originOf(context), definition_id, server_id, body)));
    },
  };
}

function common({ id, name, description, type, createdAt, updatedAt }: DefinitionRecord) {
  return {
    id,
    name,
    description,
    mcp_type: type,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}

function withLatest({ record, latest }: DefinitionView) {
  return { ...common(record), latest_version: renderVersion(latest) };
}

function renderVersion({ id, number, config }: DefinitionVersion) {
  return { id, version: String(number), config: bodyOf(maskedConfig(config)) };
}

function renderServer({ record }: ServerView) {
  const { id, name, site, definition, createdAt, updatedAt } = record;
  return {
    id,
    name,
    site,
    definition_id: definition?.id ?? '',
    version_id: definition?.versionId ?? '',
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}

/** The two forms differ in the names of `auth`'s members alone. */
function configOf(config: ConfigBody): ConfigInput {
  if (!('auth' in config) || !config.auth) return config as ConfigInput;
  return { ...config, auth: renamed(config.auth, camelCase) } as unknown as ConfigInput;
}

function bodyOf(config: ConfigInput): ConfigBody {
  if (!('auth' in config) || !config.auth) return config as ConfigBody;
  return { ...config, auth: renamed(config.auth, snakeCase) } as unknown as ConfigBody;
}

/** Renames the domain's fields in errors: members of `auth`, a server's group, and the members of its environment or headers. */
async function inOurWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid_input') throw error;
    const { field, error: problem } = error.details;
    if (typeof field !== 'string') throw error;
    const ours = fieldOf(field);
    throw ours === field ? error : invalid(ours, String(problem));
  }
}

function fieldOf(field: string): string {
  if (field === 'groupId' || field.startsWith('config.auth.')) return snakeCase(field);
  return field.replace(/^transport\.(env|headers)\./, 'env.');
}
