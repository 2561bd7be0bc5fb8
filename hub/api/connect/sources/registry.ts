import { Type } from 'typebox';
import type { Domain } from '../../../domain/domain.js';
import type { RegistryServer } from '../../../domain/registry/registry-servers.js';
import { isNeeded, lineOf } from '../../../domain/registry/ways.js';
import { endpoint, type Handlers } from '../../../http/endpoint.js';
import { Name, SiteName } from '../schemas.js';
import { render as renderServer, Server } from '../servers.js';

const Value = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    required: Type.Boolean({ description: 'And without a default' }),
    secret: Type.Boolean({ description: 'The hub seals it' }),
    repeated: Type.Boolean({ description: 'It takes several values' }),
    format: Type.String({ description: '`string`, `number`, `boolean`, `filepath`; empty: not said' }),
    default: Type.Union([Type.String(), Type.Null()]),
    choices: Type.Array(Type.String(), { description: 'Empty: any value' }),
  },
  { title: 'RegistryValue' },
);

const RegistryServerSchema = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    title: Type.String(),
    description: Type.String(),
    status: Type.String({ description: '`active`, `deprecated` or `deleted`; empty: not said' }),
    statusMessage: Type.String(),
    website: Type.String(),
    repository: Type.String(),
    ways: Type.Array(
      Type.Object(
        {
          kind: Type.String({ description: '`npm`, `pypi`, `oci`, `http`, `sse`, or a kind with a problem' }),
          source: Type.String({ description: 'The package or the address' }),
          line: Type.String({
            description:
              'The whole command line or address, with `{NAME}` where a value goes; empty if it cannot be added',
          }),
          runs: Type.Boolean({ description: 'It runs a program at the site, which needs role admin' }),
          problem: Type.String({ description: 'Why it cannot be added; empty: it can' }),
          values: Type.Array(Value),
        },
        { title: 'RegistryWay' },
      ),
    ),
  },
  { title: 'RegistryServer' },
);

const MOST_FOUND = 100;

/** Servers of the MCP registry. The reference document has none of this. */
export const registryEndpoints = {
  searchRegistry: endpoint({
    method: 'GET',
    path: '/api/registry/servers',
    summary: 'Find servers in the MCP registry',
    description:
      'The hub asks the registry of `ROUNDHOUSE_REGISTRY`, by default the official one, for the newest versions of servers whose names hold the text. Each has the ways in which it can be added, and the values that it takes.',
    permission: 'server.write',
    query: Type.Object({
      search: Type.String({ minLength: 3, maxLength: 256, description: 'A part of the name' }),
      limit: Type.Integer({ minimum: 1, maximum: MOST_FOUND, default: 30, description: 'Servers at most' }),
    }),
    response: Type.Array(RegistryServerSchema),
    extension: true,
  }),
  addRegistryServer: endpoint({
    method: 'POST',
    path: '/api/registry/servers',
    summary: 'Create a server from the MCP registry, with the permissions of POST /api/servers',
    description:
      'The hub reads the version in the registry again, and registers it at a site. It does not connect it yet. A way that runs a program needs role admin.',
    permission: 'server.write',
    audit: 'server.create',
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 256, description: 'As the registry names it' }),
      version: Type.String({ minLength: 1, maxLength: 256 }),
      way: Type.Integer({ minimum: 0, maximum: 1000, description: 'The position in `ways`' }),
      values: Type.Optional(
        Type.Record(
          Type.String({ maxLength: 256 }),
          Type.Union([
            Type.String({ maxLength: 65_536 }),
            Type.Array(Type.String({ maxLength: 65_536 }), { maxItems: 100 }),
          ]),
          { maxProperties: 200, description: 'By the names of the values of the way' },
        ),
      ),
      server: Name,
      site: Type.Optional(SiteName),
    }),
    example: { name: 'io.github.user/weather', version: '1.0.0', way: 0, server: 'weather', site: 'local' },
    response: Server,
    status: 201,
    extension: true,
  }),
};

export function registryHandlers({ registryServers }: Domain): Handlers<typeof registryEndpoints> {
  return {
    async searchRegistry({ query: { search, limit } }, { origin }) {
      return (await registryServers.search(origin, search, limit)).map(rendered);
    },

    async addRegistryServer({ body: { values = {}, ...choice } }, context) {
      return renderServer(await registryServers.add(context.origin, { ...choice, values }), context.caller);
    },
  };
}

function rendered({ entry, ways }: RegistryServer) {
  const { name, version, title, description, status, statusMessage, website, repository } = entry;
  return {
    ...{ name, version, title, description, status, statusMessage, website, repository },
    ways: ways.map((way) => ({
      ...{ kind: way.kind, source: way.source, line: lineOf(way), problem: way.problem },
      runs: way.kind !== 'http' && way.kind !== 'sse',
      values: way.fields.map((field) => ({
        name: field.name,
        description: field.description,
        required: isNeeded(field),
        secret: field.isSecret,
        repeated: field.isRepeated,
        format: field.format,
        default: field.fallback ?? null,
        choices: [...field.choices],
      })),
    })),
  };
}
