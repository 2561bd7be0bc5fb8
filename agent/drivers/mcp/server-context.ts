import type { ServerReport } from '@roundhouse/proto/agent/v1/server';
import type { Connection } from './connection.js';
import type { OpeningContext } from './opening.js';
import type { Server } from './server.js';

/** What all servers of an agent share. */
export interface ServerContext extends OpeningContext {
  readonly onReport: (report: ServerReport) => void;
  /** Nothing of a removed server is left. */
  readonly onGone: (server: Server) => void;
}

/** One attempt to connect, or what came of it. */
export interface Link {
  /** The version of the specification that it was made for. */
  readonly generation: number;
  connection: Connection | undefined;
  /** It ended by itself. */
  lost: boolean;
}
