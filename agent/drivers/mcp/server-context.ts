import type { ServerReport } from '@roundhouse/proto/agent/v1/server';
import type { OpeningContext } from './opening.js';
import type { SecondInstances } from './second-instances.js';
import type { Server } from './server.js';

/** Parts that all servers of an agent share. */
export interface ServerContext extends OpeningContext {
  readonly seconds: Pick<SecondInstances, 'open'>;
  readonly onReport: (report: ServerReport) => void;
  /** Nothing of a removed server is left. */
  readonly onGone: (server: Server) => void;
}
