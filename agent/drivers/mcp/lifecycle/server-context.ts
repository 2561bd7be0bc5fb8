import type { ServerReport } from '@roundhouse/proto/agent/v1/server';
import type { OpeningContext } from '../connection/opening.js';

/** Parts that all servers of an agent share. */
export interface ServerContext extends OpeningContext {
  readonly onReport: (report: ServerReport) => void;
  /** Nothing of a removed server is left. */
  readonly onGone: (serverId: string) => void;
}
