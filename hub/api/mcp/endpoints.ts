import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';

const headers = [
  'accept',
  'host',
  'origin',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-param-*',
  'last-event-id',
];
const produces = ['application/json', 'text/event-stream'];

/** Only servers of this group, site or tag; or all of them, with the hub's own tools. */
const filters = Type.Object(
  {
    group: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Only servers of this group, by id or name' }),
    ),
    site: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Only servers of this site' })),
    tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Only servers with this tag' })),
    operations: Type.Optional(
      Type.Boolean({
        description: "Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet",
      }),
    ),
  },
  // A misspelt filter must not offer everything.
  { additionalProperties: false },
);
const params = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64, description: "The server's name or id" }),
});
const body = Type.Unknown({
  description: 'A JSON-RPC message of the Model Context Protocol, or in version 2025-03-26 an array of them',
});

const example = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'example-client', version: '1.0.0' },
  },
};

/** The metadata of these addresses (RFC 9728): it names the issuer of their tokens. */
const metadata = <const Path extends string>(path: Path) =>
  endpoint({
    method: 'GET',
    path,
    summary: 'The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata)',
    description:
      'The document names the identity provider and the scopes, for MCP clients that sign in. Without a provider the answer is 404.',
    permission: 'public',
    produces: ['application/json'],
  });
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The Model Context Protocol over streamable HTTP, and over the older HTTP with SSE. */
export const mcpEndpoints = {
  resourceMetadata: metadata(WELL_KNOWN),
  mcpMetadata: metadata(`${WELL_KNOWN}/mcp`),
  sseMetadata: metadata(`${WELL_KNOWN}/mcp/sse`),
  serverMetadata: { ...metadata(`${WELL_KNOWN}/mcp/servers/{name}`), params },
  postMessage: endpoint({
    method: 'POST',
    path: '/mcp',
    summary: 'Send messages to the fleet as one MCP server',
    description:
      'The body is one JSON-RPC message. The answer is JSON, or an event stream if the server sends progress, logs or questions before the result. The filters narrow the tools that the client sees; an unknown group, site or tag is 404.',
    permission: 'tool.read',
    query: filters,
    headers,
    body,
    example,
    produces,
  }),
  openStream: endpoint({
    method: 'GET',
    path: '/mcp',
    summary: 'Listen for messages of a session, or resume a stream',
    description:
      'The stream carries messages that the hub sends on its own, such as changes of the tool list. With `Last-Event-ID` it begins after the last message that the client received.',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  endSession: endpoint({
    method: 'DELETE',
    path: '/mcp',
    summary: 'End a session',
    description:
      'The hub ends the server instances that it started for the session. Later messages of the session get 404.',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  postServerMessage: endpoint({
    method: 'POST',
    path: '/mcp/servers/{name}',
    summary: 'Send messages to one server, under its own names',
    description:
      "The tools, resources and prompts have the names that the server gave them. A server that the caller's grants do not cover counts as unknown (404).",
    permission: 'tool.read',
    params,
    headers,
    body,
    example,
    produces,
  }),
  openServerStream: endpoint({
    method: 'GET',
    path: '/mcp/servers/{name}',
    summary: 'Listen for messages of a session with one server, or resume a stream',
    description:
      'The stream carries messages that the server sends on its own. With `Last-Event-ID` it begins after the last message that the client received.',
    permission: 'tool.read',
    params,
    headers,
    produces,
  }),
  endServerSession: endpoint({
    method: 'DELETE',
    path: '/mcp/servers/{name}',
    summary: 'End a session with one server',
    description:
      'The hub ends the server instance that it started for the session. Later messages of the session get 404.',
    permission: 'tool.read',
    params,
    headers,
    produces,
  }),
  openLegacyStream: endpoint({
    method: 'GET',
    path: '/mcp/sse',
    summary: 'Open a session of the older transport (HTTP with SSE, protocol version 2024-11-05)',
    description:
      'The first event tells the address for the messages of the session. The session ends with the stream. New clients should use `POST /mcp`.',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  postLegacyMessage: endpoint({
    method: 'POST',
    path: '/mcp/messages',
    summary: 'Send a message to a session of the older transport',
    description:
      'The hub answers with 202, and sends the result on the stream of the session. A session of another credential counts as unknown (404).',
    permission: 'tool.read',
    query: Type.Object({
      sessionId: Type.String({ minLength: 1, maxLength: 64, description: 'As the first event of the stream told' }),
    }),
    headers,
    body,
    example,
    produces,
  }),
};
