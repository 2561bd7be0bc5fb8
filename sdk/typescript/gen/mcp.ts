// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.
import type { Caller, CallOptions, Operation } from '../core/caller.js';
import type * as types from './mcp.types.js';

const operations = {
  resourceMetadata: { id: 'mcp.resourceMetadata', verb: 'GET', path: '/.well-known/oauth-protected-resource', answer: 'text', isPublic: true },
  mcpMetadata: { id: 'mcp.mcpMetadata', verb: 'GET', path: '/.well-known/oauth-protected-resource/mcp', answer: 'text', isPublic: true },
  sseMetadata: { id: 'mcp.sseMetadata', verb: 'GET', path: '/.well-known/oauth-protected-resource/mcp/sse', answer: 'text', isPublic: true },
  serverMetadata: { id: 'mcp.serverMetadata', verb: 'GET', path: '/.well-known/oauth-protected-resource/mcp/servers/{name}', answer: 'text', isPublic: true },
  postMessage: { id: 'mcp.postMessage', verb: 'POST', path: '/mcp', answer: 'response' },
  openStream: { id: 'mcp.openStream', verb: 'GET', path: '/mcp', answer: 'response' },
  endSession: { id: 'mcp.endSession', verb: 'DELETE', path: '/mcp', answer: 'response' },
  postServerMessage: { id: 'mcp.postServerMessage', verb: 'POST', path: '/mcp/servers/{name}', answer: 'response' },
  openServerStream: { id: 'mcp.openServerStream', verb: 'GET', path: '/mcp/servers/{name}', answer: 'response' },
  endServerSession: { id: 'mcp.endServerSession', verb: 'DELETE', path: '/mcp/servers/{name}', answer: 'response' },
  openLegacyStream: { id: 'mcp.openLegacyStream', verb: 'GET', path: '/mcp/sse', answer: 'response' },
  postLegacyMessage: { id: 'mcp.postLegacyMessage', verb: 'POST', path: '/mcp/messages', answer: 'response' },
} as const satisfies Record<string, Operation>;

/** `wellKnown` of the Roundhouse as an MCP server API. */
export class McpWellKnown {
  constructor(private readonly caller: Caller) {}

  /**
   * The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
   *
   * `GET /.well-known/oauth-protected-resource` · public
   */
  resourceMetadata(options?: CallOptions): Promise<string> {
    return this.caller.call(operations.resourceMetadata, [], undefined, undefined, options);
  }

  /**
   * The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
   *
   * `GET /.well-known/oauth-protected-resource/mcp` · public
   */
  mcpMetadata(options?: CallOptions): Promise<string> {
    return this.caller.call(operations.mcpMetadata, [], undefined, undefined, options);
  }

  /**
   * The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
   *
   * `GET /.well-known/oauth-protected-resource/mcp/sse` · public
   */
  sseMetadata(options?: CallOptions): Promise<string> {
    return this.caller.call(operations.sseMetadata, [], undefined, undefined, options);
  }

  /**
   * The authorization servers for MCP (OAuth 2.0 Protected Resource Metadata).
   *
   * `GET /.well-known/oauth-protected-resource/mcp/servers/{name}` · public
   * @param name The server's name or id.
   */
  serverMetadata(name: string, options?: CallOptions): Promise<string> {
    return this.caller.call(operations.serverMetadata, [name], undefined, undefined, options);
  }
}

/** `mcp` of the Roundhouse as an MCP server API. */
export class McpMcp {
  constructor(private readonly caller: Caller) {}

  /**
   * Send messages to the fleet as one MCP server.
   *
   * `POST /mcp` · permission `tool.read`
   */
  postMessage(body: types.PostMessageBody, query?: types.PostMessageQuery, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.postMessage, [], body, query, options);
  }

  /**
   * Listen for messages of a session, or resume a stream.
   *
   * `GET /mcp` · permission `tool.read`
   */
  openStream(query?: types.OpenStreamQuery, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.openStream, [], undefined, query, options);
  }

  /**
   * End a session.
   *
   * `DELETE /mcp` · permission `tool.read`
   */
  endSession(query?: types.EndSessionQuery, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.endSession, [], undefined, query, options);
  }

  /**
   * Send messages to one server, under its own names.
   *
   * `POST /mcp/servers/{name}` · permission `tool.read`
   * @param name The server's name or id.
   */
  postServerMessage(name: string, body: types.PostServerMessageBody, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.postServerMessage, [name], body, undefined, options);
  }

  /**
   * Listen for messages of a session with one server, or resume a stream.
   *
   * `GET /mcp/servers/{name}` · permission `tool.read`
   * @param name The server's name or id.
   */
  openServerStream(name: string, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.openServerStream, [name], undefined, undefined, options);
  }

  /**
   * End a session with one server.
   *
   * `DELETE /mcp/servers/{name}` · permission `tool.read`
   * @param name The server's name or id.
   */
  endServerSession(name: string, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.endServerSession, [name], undefined, undefined, options);
  }

  /**
   * Open a session of the older transport (HTTP with SSE, protocol version 2024-11-05).
   *
   * `GET /mcp/sse` · permission `tool.read`
   */
  openLegacyStream(query?: types.OpenLegacyStreamQuery, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.openLegacyStream, [], undefined, query, options);
  }

  /**
   * Send a message to a session of the older transport.
   *
   * `POST /mcp/messages` · permission `tool.read`
   */
  postLegacyMessage(body: types.PostLegacyMessageBody, query: types.PostLegacyMessageQuery, options?: CallOptions): Promise<Response> {
    return this.caller.call(operations.postLegacyMessage, [], body, query, options);
  }
}

/** The Roundhouse as an MCP server API, noun by noun. */
export class Mcp {
  readonly wellKnown: McpWellKnown;
  readonly mcp: McpMcp;

  constructor(caller: Caller) {
    this.wellKnown = new McpWellKnown(caller);
    this.mcp = new McpMcp(caller);
  }
}
