/** Bounds of WebSockets. */
export interface WebSocketSettings {
  /** Open at once (`seeds/000`, `GET /api/v1/info`: `max_websocket_connections`); the hub tells further clients to come back. */
  readonly maxConnections: number;
  /** Open at once of one caller, together with the keys that it made for itself: so one caller cannot keep all others out. */
  readonly maxPerCaller: number;
  /** Open at once from one address before they authenticate: so one address cannot keep all other clients out. */
  readonly maxUnknownPerAddress: number;
  /** How long a client may take to authenticate, milliseconds. */
  readonly authMs: number;
  /** A longer message ends the connection, bytes. */
  readonly maxMessageBytes: number;
  /** More messages within a second end the connection. */
  readonly maxMessagesPerSecond: number;
  /** How much may wait for a client to read it, bytes; the hub cuts off a client that is further behind. */
  readonly maxBufferedBytes: number;
  /** A client that takes nothing for this time is cut off, milliseconds. */
  readonly stallMs: number;
  /** A client that is silent is pinged some seconds before this, and cut off if nothing comes; 8 to 960. */
  readonly idleSeconds: number;
}

export const defaultWebSocketSettings: WebSocketSettings = {
  maxConnections: 1000,
  maxPerCaller: 200,
  maxUnknownPerAddress: 100,
  authMs: 10_000,
  maxMessageBytes: 16 * 1024,
  maxMessagesPerSecond: 50,
  maxBufferedBytes: 2 * 1024 * 1024,
  stallMs: 60_000,
  idleSeconds: 30,
};
