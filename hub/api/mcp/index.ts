import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { type DomainError, type ErrorCode, notFound } from '../../domain/errors.js';
import type { ViewFilter } from '../../domain/mcp/view.js';
import type { Api, Envelope } from '../../http/api.js';
import { bind, type Handlers, RawReply } from '../../http/endpoint.js';
import { type DoorOptions, McpDoor } from './door.js';
import { mcpEndpoints } from './endpoints.js';
import { errorText, toRpcError } from './json-rpc.js';
import { SseDoor } from './rev2024-11-05.js';

/** The entrances for clients of the protocol. */
export interface McpDoors {
  /** How clients get access tokens; absent without an identity provider. */
  readonly authorization: Authorization | undefined;
  readonly door: McpDoor;
  readonly sse: SseDoor;
  /** Tells clients that listen without a session that their streams end. */
  endStreams(): void;
  /** Ends all sessions, and their instances and subscriptions at the agents. */
  close(): void;
}

export function createMcpDoors(domain: Domain, options: DoorOptions, authorization?: Authorization): McpDoors {
  const door = new McpDoor(domain, options);
  const sse = new SseDoor(door);
  const close = () => {
    sse.close();
    door.close();
  };
  return { authorization, door, sse, endStreams: () => door.modern.listenings.close(), close };
}

/** The Model Context Protocol: the fleet as one server, and each server by itself. */
export function mcpApi(doors: McpDoors): Api {
  return {
    name: 'mcp',
    title: 'Roundhouse as an MCP server',
    version: '1.0.0',
    endpoints: bind(mcpEndpoints, mcpHandlers(doors)),
    envelope: mcpEnvelope,
    // Only the limits of the key's tier, or of the person, apply.
    limits: {},
    defaultLimit: { read: null, write: null },
    resetHeader: 'epoch',
    plainOnly: true,
    challenge: (error) => challenge(doors.authorization, error),
  };
}

function mcpHandlers({ door, sse, authorization }: McpDoors): Handlers<typeof mcpEndpoints> {
  const only = ({ name }: { readonly name: string }): ViewFilter => ({ server: name });
  const metadata = () => protectedResource(authorization);
  return {
    resourceMetadata: metadata,
    mcpMetadata: metadata,
    sseMetadata: metadata,
    serverMetadata: metadata,
    postMessage: ({ query, body }, context) => door.post(context, query, body),
    openStream: ({ query }, context) => door.get(context, query),
    endSession: ({ query }, context) => door.delete(context, query),
    postServerMessage: ({ params, body }, context) => door.post(context, only(params), body),
    openServerStream: ({ params }, context) => door.get(context, only(params)),
    endServerSession: ({ params }, context) => door.delete(context, only(params)),
    openLegacyStream: ({ query }, context) => sse.connect(context, query),
    postLegacyMessage: ({ query, body }, context) => sse.post(context, query.sessionId, body),
  };
}

/** The status of a request that is refused before it is read as a message of the protocol. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  unauthenticated: 401,
  invalid_credential: 401,
  expired_credential: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  invalid_input: 400,
  malformed: 400,
  unavailable: 503,
  cancelled: 499,
};

/** Failures become JSON-RPC errors without an id. Successes are always messages of the protocol. */
const mcpEnvelope: Envelope = {
  success: (data) => data ?? '',
  failure: (error) => ({ status: statuses[error.code] ?? 500, body: errorText(null, toRpcError(error)) }),
  schema: (data) => data ?? Type.Unknown(),
  errorSchema: () =>
    Type.Object({
      jsonrpc: Type.Literal('2.0'),
      id: Type.Null(),
      error: Type.Object({ code: Type.Integer(), message: Type.String(), data: Type.Optional(Type.Unknown()) }),
    }),
};

/** How clients get access tokens of the identity provider. */
interface Authorization {
  readonly issuer: string;
  /** Scopes that tokens must have. */
  readonly scopes: readonly string[];
  /** The audience of tokens: the address of `/mcp`, as clients know it. */
  readonly resource: () => string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The metadata of `/mcp` as a protected resource (RFC 9728). @throws DomainError `not_found` where there is no identity provider. */
function protectedResource(authorization: Authorization | undefined): RawReply {
  if (!authorization) throw notFound('path', WELL_KNOWN);
  const { issuer, scopes, resource } = authorization;
  const metadata = {
    resource: resource(),
    authorization_servers: [issuer],
    ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    bearer_methods_supported: ['header'],
    resource_name: 'Roundhouse',
  };
  return new RawReply(200, JSON.stringify(metadata), { 'Cache-Control': 'max-age=300' });
}

/**
 * `WWW-Authenticate` of a refusal (RFC 6750, RFC 9728): it leads the client to the issuer of tokens, and names the required scopes. `undefined` if
 * another token would not help.
 */
function challenge(authorization: Authorization | undefined, error: DomainError): string | undefined {
  const isScope = error.code === 'forbidden' && 'missing' in error.details;
  const isCredential = error.code === 'invalid_credential' || error.code === 'expired_credential';
  if (error.code !== 'unauthenticated' && !isCredential && !isScope) return undefined;
  if (!authorization) return isScope ? undefined : 'Bearer';
  const { scopes, resource } = authorization;
  const { origin, pathname } = new URL(resource());
  const parameters = {
    ...(isCredential ? { error: 'invalid_token' } : isScope ? { error: 'insufficient_scope' } : {}),
    resource_metadata: `${origin}${WELL_KNOWN}${pathname}`,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  };
  const told = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `Bearer ${told.join(', ')}`;
}
