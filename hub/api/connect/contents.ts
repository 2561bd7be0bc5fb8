import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { ListedEntry } from '../../domain/mcp/server-contents.js';
import { endpoint, type Handlers, Json } from '../../http/endpoint.js';
import { IdParams } from './schemas.js';

const shown = {
  name: Type.String(),
  title: Type.String({ description: 'Empty: not said' }),
  description: Type.String(),
};
const Resource = Type.Object({ uri: Type.String(), ...shown, mimeType: Type.String() }, { title: 'Resource' });
const Template = Type.Object(
  { uriTemplate: Type.String({ description: 'RFC 6570' }), ...shown, mimeType: Type.String() },
  { title: 'ResourceTemplate' },
);
const Prompt = Type.Object(
  {
    ...shown,
    arguments: Type.Array(
      Type.Object(
        { name: Type.String(), description: Type.String(), required: Type.Boolean() },
        { title: 'PromptArgument' },
      ),
    ),
  },
  { title: 'Prompt' },
);
const Uri = Type.String({ minLength: 1, maxLength: 8192 });
/** Content of MCP, in the forms of the protocol. */
const Content = Type.Record(Type.String(), Type.Unknown());

/** Resources and prompts of a server. The reference document has none of this; MCP clients find them at `/mcp`. */
export const contentEndpoints = {
  listResources: endpoint({
    method: 'GET',
    path: '/api/servers/{id}/resources',
    summary: 'List the resources of a server',
    description:
      'Resources and templates of resources, as the server lists them. A server that is not connected is an error. This needs role user, and no key that is narrowed to tools.',
    permission: 'resource.read',
    params: IdParams,
    response: Type.Object({ resources: Type.Array(Resource), templates: Type.Array(Template) }),
    extension: true,
  }),
  readResource: endpoint({
    method: 'POST',
    path: '/api/servers/{id}/resources/read',
    summary: 'Read a resource of a server',
    description:
      'The answer has the contents as the server gives them: `uri`, `mimeType`, and `text`, or `blob` in base64. It counts as a call of the server, and is in the audit log.',
    permission: 'resource.read',
    audit: 'resource.read',
    params: IdParams,
    body: Type.Object({ uri: Uri }),
    example: { uri: 'demo://resource/static/document/features.md' },
    response: Type.Object({ contents: Type.Array(Content) }),
    extension: true,
  }),
  listPrompts: endpoint({
    method: 'GET',
    path: '/api/servers/{id}/prompts',
    summary: 'List the prompts of a server',
    description: 'Prompts with their arguments, as the server lists them. A server that is not connected is an error.',
    permission: 'resource.read',
    params: IdParams,
    response: Type.Array(Prompt),
    extension: true,
  }),
  getPrompt: endpoint({
    method: 'POST',
    path: '/api/servers/{id}/prompts/get',
    summary: 'Fill in a prompt of a server',
    description:
      'The answer has the messages as the server gives them. It counts as a call of the server, and is in the audit log.',
    permission: 'resource.read',
    audit: 'prompt.get',
    params: IdParams,
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 1024 }),
      arguments: Type.Optional(
        Type.Record(Type.String({ maxLength: 1024 }), Type.String({ maxLength: 262_144 }), { maxProperties: 100 }),
      ),
    }),
    example: { name: 'args-prompt', arguments: { city: 'Lisbon' } },
    response: Type.Object({ description: Type.Optional(Type.String()), messages: Type.Array(Content) }),
    extension: true,
  }),
};

export function contentHandlers(domain: Domain): Handlers<typeof contentEndpoints> {
  return {
    async listResources({ params: { id } }, { origin, signal }) {
      const resources = await domain.mcp.contents.list(origin, id, 'resources', signal);
      const templates = await domain.mcp.contents.list(origin, id, 'templates', signal);
      return {
        resources: resources.map((one) => ({ uri: textOf(one.uri), ...named(one), mimeType: textOf(one.mimeType) })),
        templates: templates.map((one) => ({
          ...{ uriTemplate: textOf(one.uriTemplate), ...named(one) },
          mimeType: textOf(one.mimeType),
        })),
      };
    },

    async readResource({ params, body }, { origin, signal, audit }) {
      domain.mcp.contents.find(origin, params.id);
      // From here on the domain writes the audit entry, also of a failure.
      audit.written = true;
      return new Json(await domain.mcp.contents.read(origin, params.id, body.uri, signal));
    },

    async listPrompts({ params: { id } }, { origin, signal }) {
      const prompts = await domain.mcp.contents.list(origin, id, 'prompts', signal);
      return prompts.map((one) => ({ ...named(one), arguments: argumentsOf(one) }));
    },

    async getPrompt({ params, body: { name, arguments: args = {} } }, { origin, signal, audit }) {
      domain.mcp.contents.find(origin, params.id);
      audit.written = true;
      return new Json(await domain.mcp.contents.prompt(origin, params.id, name, args, signal));
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const named = ({ name, title, description }: ListedEntry) => ({
  name: textOf(name),
  title: textOf(title),
  description: textOf(description),
});

function argumentsOf({ arguments: given }: ListedEntry) {
  const list = Array.isArray(given) ? given : [];
  return list.flatMap((one: unknown) => {
    const { name, description, required } = (one ?? {}) as Readonly<Record<string, unknown>>;
    return typeof name === 'string' ? [{ name, description: textOf(description), required: required === true }] : [];
  });
}
