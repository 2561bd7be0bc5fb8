import { EventSocket, type EventSocketOptions, type SocketParts } from './event-socket.js';

/** Events of the Portal API's WebSocket: a user gets the events of the own things, a super admin the events of all users. */
export type PortalEvent = { readonly timestamp: string } & (
  | {
      readonly type: 'SERVER_STATE_CHANGED';
      readonly data: {
        readonly server_id: string;
        readonly old_state: string;
        readonly new_state: string;
        /** `null`: a server that all users share. */
        readonly user_id: string | null;
      };
    }
  | {
      readonly type: 'CONFIG_UPDATED';
      readonly data: { readonly user_id: string; readonly changes: readonly string[] };
    }
  | {
      readonly type: 'BULK_OPERATION_PROGRESS';
      readonly data: {
        readonly operation_id: string;
        readonly completed: number;
        readonly total: number;
        readonly status: string;
        readonly failed: number;
      };
    }
);

const dialect = {
  path: '/portal/ws',
  operation: 'portal.socket',
  words: { welcome: 'AUTHENTICATED', pong: 'PONG', error: 'ERROR' },
} as const;

/**
 * The Portal API's WebSocket.
 *
 * @example
 * for await (const event of hub.portal.socket())
 *   if (event.type === 'SERVER_STATE_CHANGED') console.log(event.data.server_id, event.data.new_state);
 */
export class PortalSocket extends EventSocket<PortalEvent> {
  constructor(parts: SocketParts, options: EventSocketOptions = {}) {
    super(parts, dialect, options);
  }
}
