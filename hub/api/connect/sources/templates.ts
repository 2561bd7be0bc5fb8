import { Type } from 'typebox';
import type { Domain } from '../../../domain/domain.js';
import type { Template as ServerTemplate } from '../../../domain/templates/catalog.js';
import { endpoint, type Handlers } from '../../../http/endpoint.js';
import { EnvValues } from '../../shared/values.js';
import { Name, SiteName } from '../schemas.js';
import { render as renderServer, Server } from '../servers.js';

const PackageName = Type.Union([Type.String(), Type.Null()]);

const Template = Type.Object(
  {
    id: Type.String({ description: 'builtin-…' }),
    name: Type.String(),
    description: Type.String(),
    icon: Type.String(),
    category: Type.String(),
    transport: Type.Literal('stdio'),
    command: Type.String(),
    args: Type.Array(Type.String()),
    envPlaceholders: Type.Array(
      Type.Object({ key: Type.String(), description: Type.String(), required: Type.Boolean() }),
    ),
    documentation: Type.String({ format: 'uri' }),
    npmPackage: PackageName,
    /** Extension: the package of a server at PyPI. Then the package at npm is `null`. */
    pypiPackage: PackageName,
  },
  { title: 'Template' },
);

/** `seeds/003`, "Templates". */
export const templateEndpoints = {
  listTemplates: endpoint({
    method: 'GET',
    path: '/api/templates',
    summary: 'List all available server templates',
    description: 'A template has the command of a known MCP server, and names the values that it needs.',
    permission: 'template.read',
    query: Type.Object({
      category: Type.Optional(Type.String({ maxLength: 64, description: 'Only templates of this category' })),
      search: Type.Optional(Type.String({ maxLength: 256, description: 'In name or description' })),
    }),
    response: Type.Array(Template),
  }),
  instantiateTemplate: endpoint({
    method: 'POST',
    path: '/api/templates/{id}/instantiate',
    summary: 'Create a server from a template, with the permissions of POST /api/servers',
    description:
      'The hub registers the server and does not connect it yet. A missing required value is an error. Templates run commands, so this needs role admin.',
    permission: 'server.write',
    audit: 'server.create',
    params: Type.Object({
      id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the template, `builtin-…`' }),
    }),
    body: Type.Object({
      name: Name,
      env: Type.Optional(EnvValues()),
      groupId: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()])),
      /** Extension. */
      site: Type.Optional(SiteName),
    }),
    example: { name: 'notes', site: 'local' },
    response: Server,
    status: 201,
  }),
};

export function templateHandlers({ templates }: Domain): Handlers<typeof templateEndpoints> {
  return {
    listTemplates: ({ query }) => templates.list(query).map(render),

    async instantiateTemplate({ params, body }, context) {
      return renderServer(await templates.instantiate(context.origin, params.id, body), context.caller);
    },
  };
}

function render({ variables: _, fixed: __, args, envPlaceholders, ...template }: ServerTemplate) {
  return { ...template, args: [...args], envPlaceholders: [...envPlaceholders] };
}
