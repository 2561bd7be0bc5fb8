// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

/** Query of Send messages to the fleet as one MCP server: `POST /mcp`. */
export interface PostMessageQuery {
  /** Only servers of this group, by id or name. */
  readonly group?: string;
  /** Only servers of this site. */
  readonly site?: string;
  /** Only servers with this tag. */
  readonly tag?: string;
  /** Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet. */
  readonly operations?: boolean;
}

/** Body of Send messages to the fleet as one MCP server: `POST /mcp`. */
export type PostMessageBody = unknown;

/** Query of Listen for messages of a session, or resume a stream: `GET /mcp`. */
export interface OpenStreamQuery {
  /** Only servers of this group, by id or name. */
  readonly group?: string;
  /** Only servers of this site. */
  readonly site?: string;
  /** Only servers with this tag. */
  readonly tag?: string;
  /** Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet. */
  readonly operations?: boolean;
}

/** Query of End a session: `DELETE /mcp`. */
export interface EndSessionQuery {
  /** Only servers of this group, by id or name. */
  readonly group?: string;
  /** Only servers of this site. */
  readonly site?: string;
  /** Only servers with this tag. */
  readonly tag?: string;
  /** Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet. */
  readonly operations?: boolean;
}

/** Body of Send messages to one server, under its own names: `POST /mcp/servers/{name}`. */
export type PostServerMessageBody = unknown;

/** Query of Open a session of the older transport (HTTP with SSE, protocol version 2024-11-05): `GET /mcp/sse`. */
export interface OpenLegacyStreamQuery {
  /** Only servers of this group, by id or name. */
  readonly group?: string;
  /** Only servers of this site. */
  readonly site?: string;
  /** Only servers with this tag. */
  readonly tag?: string;
  /** Whether to offer the hub's own tools, `roundhouse_…`, which are about the whole fleet. */
  readonly operations?: boolean;
}

/** Query of Send a message to a session of the older transport: `POST /mcp/messages`. */
export interface PostLegacyMessageQuery {
  /** As the first event of the stream told. */
  readonly sessionId: string;
}

/** Body of Send a message to a session of the older transport: `POST /mcp/messages`. */
export type PostLegacyMessageBody = unknown;
