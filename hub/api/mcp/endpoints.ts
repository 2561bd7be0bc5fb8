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
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Id or name' })),
    site: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    operations: Type.Optional(
      Type.Boolean({
        description: "Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet",
      }),
    ),
  },
  // A filter that is misspelt must not offer everything.
  { additionalProperties: false },
);
const params = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64, description: "The server's name or id" }),
});
const body = Type.Unknown({
  description: 'A JSON-RPC message of the Model Context Protocol, or in version 2025-03-26 an array of them',
});

/** RFC 9728: who gives tokens for these addresses. */
const metadata = <const Path extends string>(path: Path) =>
  endpoint({
    method: 'GET',
    path,
    summary: 'Who gives access tokens for MCP (OAuth 2.0 Protected Resource Metadata)',
    permission: 'public',
    produces: ['application/json'],
  });
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The Model Context Protocol over streamable HTTP, and over HTTP with SSE as it was before. */
export const mcpEndpoints = {
  resourceMetadata: metadata(WELL_KNOWN),
  mcpMetadata: metadata(`${WELL_KNOWN}/mcp`),
  sseMetadata: metadata(`${WELL_KNOWN}/mcp/sse`),
  serverMetadata: metadata(`${WELL_KNOWN}/mcp/servers/{name}`),
  postMessage: endpoint({
    method: 'POST',
    path: '/mcp',
    summary: 'Send messages to the fleet as one MCP server',
    permission: 'tool.read',
    query: filters,
    headers,
    body,
    produces,
  }),
  openStream: endpoint({
    method: 'GET',
    path: '/mcp',
    summary: 'Listen for messages of a session, or resume a stream',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  endSession: endpoint({
    method: 'DELETE',
    path: '/mcp',
    summary: 'End a session',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  postServerMessage: endpoint({
    method: 'POST',
    path: '/mcp/servers/{name}',
    summary: 'Send messages to one server, under its own names',
    permission: 'tool.read',
    params,
    headers,
    body,
    produces,
  }),
  openServerStream: endpoint({
    method: 'GET',
    path: '/mcp/servers/{name}',
    summary: 'Listen for messages of a session with one server, or resume a stream',
    permission: 'tool.read',
    params,
    headers,
    produces,
  }),
  endServerSession: endpoint({
    method: 'DELETE',
    path: '/mcp/servers/{name}',
    summary: 'End a session with one server',
    permission: 'tool.read',
    params,
    headers,
    produces,
  }),
  openLegacyStream: endpoint({
    method: 'GET',
    path: '/mcp/sse',
    summary: 'Open a session of the older transport (HTTP with SSE, protocol version 2024-11-05)',
    permission: 'tool.read',
    query: filters,
    headers,
    produces,
  }),
  postLegacyMessage: endpoint({
    method: 'POST',
    path: '/mcp/messages',
    summary: 'Send a message to a session of the older transport',
    permission: 'tool.read',
    query: Type.Object({ sessionId: Type.String({ minLength: 1, maxLength: 64 }) }),
    headers,
    body,
    produces,
  }),
};
