import { withoutUndefined } from '@roundhouse/proto/json';
import { form } from '@roundhouse/proto/wording';
import { type Static, Type } from 'typebox';
import type { Asking } from '../../domain/access/authorize.js';
import { type ConfigInput, definitionTypes, visibleConfig } from '../../domain/definitions/config.js';
import type { DefinitionView } from '../../domain/definitions/definitions.js';
import type { DefinitionRecord, DefinitionVersion } from '../../domain/definitions/record.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import { isoTime } from '../../domain/moments.js';
import type { ServerView } from '../../domain/servers/servers.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { camelCase, renamed, snakeCase } from '../shared/members.js';
import { Id, Time } from '../shared/values.js';
import { Config, DefinitionEnv } from './config-schemas.js';
import { Description, IdOrName, Message, Name, PageOf, pageQuery } from './schemas.js';

const McpType = Type.Enum(definitionTypes, { title: 'McpType' });
const common = {
  id: Id,
  name: Type.String(),
  description: Type.String(),
  mcp_type: McpType,
  created_at: Time,
  updated_at: Time,
};
const version = { id: Id, version: Type.String({ description: 'From `1` on' }), config: Config };
const WithLatest = Type.Object({ ...common, latest_version: Type.Object(version) }, { title: 'McpDefinition' });
const params = Type.Object({ definition_id: IdOrName });
const Version = Type.String({ minLength: 1, maxLength: 64, description: 'Its number or id; default: the latest' });
const Server = Type.Object(
  {
    id: Id,
    name: Type.String(),
    site: Type.String(),
    definition_id: Id,
    version_id: Id,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'Server' },
);

/** `seeds/004`, "MCP Definitions". A definition is found by its id, or by its name. */
export const definitionEndpoints = {
  listMcpDefinitions: endpoint({
    method: 'GET',
    path: '/api/v1/mcp-definitions',
    summary: 'List MCP definitions, oldest first',
    description: 'Each definition has its latest version. Secrets are masked.',
    permission: 'definition.read',
    query: Type.Object({
      ...pageQuery,
      mcp_type: Type.Optional(Type.Enum(definitionTypes, { ...McpType, description: 'Only definitions of this type' })),
    }),
    response: PageOf(WithLatest),
  }),
  createMcpDefinition: endpoint({
    method: 'POST',
    path: '/api/v1/mcp-definitions',
    summary: 'Create an MCP definition',
    description:
      'The body becomes version 1. A definition that runs a command, and a definition of a workflow, need role admin. A taken name is refused with 409.',
    permission: 'definition.write',
    audit: 'definition.create',
    body: Type.Object({ name: Name, description: Type.Optional(Description), mcp_type: McpType, config: Config }),
    example: {
      name: 'memory',
      description: 'A memory for each team',
      mcp_type: 'npm',
      config: { type: 'npm', package: '@modelcontextprotocol/server-memory', version: '2026.8.31' },
    },
    response: WithLatest,
    status: 201,
  }),
  getMcpDefinition: endpoint({
    method: 'GET',
    path: '/api/v1/mcp-definitions/{definition_id}',
    summary: 'Get an MCP definition, with its versions, newest first',
    description: 'Secrets in the configurations are masked.',
    permission: 'definition.read',
    params,
    response: Type.Object({
      ...common,
      versions: Type.Array(Type.Object({ ...version, created_at: Time }, { title: 'McpDefinitionVersion' })),
    }),
  }),
  updateMcpDefinition: endpoint({
    method: 'PUT',
    path: '/api/v1/mcp-definitions/{definition_id}',
    summary: 'Update an MCP definition',
    description:
      'Absent fields stay. Another `config` makes a new version. Servers that were registered from the definition stay as they are. A change needs the role that may make the definition: admin for a command or a workflow.',
    permission: 'definition.write',
    audit: 'definition.update',
    params,
    body: Type.Object(
      {
        name: Type.Optional(Name),
        description: Type.Optional(Description),
        config: Type.Optional(
          Type.Union([...Config.anyOf], { description: 'Extension: makes a new version', 'x-extension': true }),
        ),
      },
      { minProperties: 1 },
    ),
    example: { description: 'A memory for each site' },
    response: WithLatest,
  }),
  deleteMcpDefinition: endpoint({
    method: 'DELETE',
    path: '/api/v1/mcp-definitions/{definition_id}',
    summary: 'Delete an MCP definition with all its versions',
    description:
      'The hub refuses with 409 while servers are registered from the definition, runs of it go on or are scheduled, or a trigger starts it. A deletion needs the role that may make the definition.',
    permission: 'definition.write',
    audit: 'definition.delete',
    params,
    response: Message,
  }),
  registerServer: endpoint({
    method: 'POST',
    path: '/api/v1/mcp-definitions/{definition_id}/servers',
    summary: 'Register a server from an MCP definition',
    description:
      'The hub registers the server and does not connect it yet. From then on it is a server as any other; see `GET /api/servers` of the Connect API.',
    permission: 'server.write',
    audit: 'server.create',
    params,
    body: Type.Object({
      name: Type.String({
        minLength: 1,
        maxLength: 64,
        ...form('no blank first or last, and no line breaks', '^\\S(.*\\S)?$'),
      }),
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      group_id: Type.Optional(Type.Union([Id, Type.Null()])),
      env: Type.Optional(DefinitionEnv),
      version: Type.Optional(Version),
    }),
    example: { name: 'memory-berlin', site: 'local' },
    response: Server,
    status: 201,
    extension: true,
  }),
  updateServer: endpoint({
    method: 'PUT',
    path: '/api/v1/mcp-definitions/{definition_id}/servers/{server_id}',
    summary: 'Update a server to a version of the MCP definition that it was registered from',
    description:
      'The server gets the configuration of that version, and reconnects if needed. Changes that were made by hand are lost.',
    permission: 'server.write',
    audit: 'server.update',
    params: Type.Object({ definition_id: IdOrName, server_id: IdOrName }),
    body: Type.Object({ env: Type.Optional(DefinitionEnv), version: Type.Optional(Version) }),
    example: { version: '1' },
    bodyOptional: true,
    response: Server,
    extension: true,
  }),
};

type ConfigBody = Static<typeof Config>;

export function definitionHandlers({ definitions, definedServers }: Domain): Handlers<typeof definitionEndpoints> {
  return {
    listMcpDefinitions({ query }, { origin }) {
      const { skip, limit, mcp_type } = query;
      const { items, total } = definitions.list(origin, skip, limit, mcp_type);
      return { items: items.map((view) => withLatest(view, origin.caller)), total, skip, limit };
    },

    async createMcpDefinition({ body }, { origin }) {
      const { mcp_type: type, config, ...same } = body;
      const input = { ...same, type, config: configOf(config) };
      return withLatest(await inOurWords(definitions.create(origin, input)), origin.caller);
    },

    getMcpDefinition({ params }, { origin }) {
      const { record } = definitions.read(origin, params.definition_id);
      const versions = definitions.versions(record).map((version) => ({
        ...renderVersion(version, origin.caller),
        created_at: isoTime(version.createdAt),
      }));
      return { ...renderCommon(record), versions };
    },

    async updateMcpDefinition({ params, body }, { origin }) {
      const { config, ...same } = body;
      const changes = { ...same, ...(config ? { config: configOf(config) } : {}) };
      const updated = definitions.update(origin, params.definition_id, changes);
      return withLatest(await inOurWords(updated), origin.caller);
    },

    async deleteMcpDefinition({ params }, context) {
      await definitions.delete(context.origin, params.definition_id);
      return { message: 'MCP definition deleted successfully' };
    },

    async registerServer({ params, body }, context) {
      const { group_id: groupId, ...same } = body;
      const wanted = { ...same, ...withoutUndefined({ groupId }) };
      const made = definedServers.register(context.origin, params.definition_id, wanted);
      return renderServer(await inOurWords(made));
    },

    async updateServer({ params, body }, context) {
      const { definition_id, server_id } = params;
      return renderServer(await inOurWords(definedServers.apply(context.origin, definition_id, server_id, body)));
    },
  };
}

function renderCommon({ id, name, description, type, createdAt, updatedAt }: DefinitionRecord) {
  return {
    id,
    name,
    description,
    mcp_type: type,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}

function withLatest({ record, latest }: DefinitionView, caller: Asking) {
  return { ...renderCommon(record), latest_version: renderVersion(latest, caller) };
}

function renderVersion({ id, number, config }: DefinitionVersion, caller: Asking) {
  return { id, version: String(number), config: bodyOf(visibleConfig(caller, config)) };
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

/** The two forms differ only in the names of the members of `auth`. */
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
