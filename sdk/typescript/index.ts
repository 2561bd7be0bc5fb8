export { AutomationApi, type ClientOptions, PortalApi, Roundhouse } from './client.js';
export type { Answer, CallOptions } from './core/caller.js';
export type { TokenSource } from './core/credentials.js';
export { RoundhouseError } from './core/errors.js';
export { EventStream, type EventStreamOptions, type StreamEvent } from './core/event-stream.js';
export { Stream, type StreamOptions } from './core/stream.js';
export type { CallEvent } from './core/streams.js';
export type { Deprecation, Fetch, Logger, Retry } from './core/transport.js';
export type { WaitOptions } from './core/wait.js';
export { MCPClient } from './faces/mcp-client.js';
export {
  type InvokeOptions,
  MCPConnectClient,
  type SubscribeOptions,
  type Subscription,
} from './faces/mcp-connect-client.js';
export type * as automation from './gen/automation.types.js';
export type * as backend from './gen/backend.types.js';
export { type ClientCode, clientCodes } from './gen/behaviour.js';
export type * as connect from './gen/connect.types.js';
export type * as infrastructure from './gen/infrastructure.types.js';
export type * as mcp from './gen/mcp.types.js';
export type * as portal from './gen/portal.types.js';
export {
  type AutomationEvent,
  type AutomationEventType,
  AutomationSocket,
  type AutomationSocketOptions,
} from './socket/automation-socket.js';
export type { EventSocketOptions } from './socket/event-socket.js';
export { type PortalEvent, PortalSocket } from './socket/portal-socket.js';
export { Terminal, type TerminalOptions, type TerminalTicket } from './socket/terminal.js';
export type { WebSocketConstructor, WebSocketLike } from './socket/web-socket.js';
