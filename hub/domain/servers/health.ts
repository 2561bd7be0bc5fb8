import type { Observation } from './observed.js';
import type { ServerRecord } from './record.js';

/**
 * How well a server does that should run: `degraded` is connected and answers, but too slowly or with too many errors (its agent says by
 * which threshold); `down` is not connected, whatever is being done about it.
 */
export type ServerHealth = 'healthy' | 'degraded' | 'down';

/** The health of a server; `null` for a server that is not meant to run. */
export function serverHealth(record: Pick<ServerRecord, 'enabled' | 'wanted'>, now: Observation): ServerHealth | null {
  if (now.state === 'connected') return now.degraded === '' ? 'healthy' : 'degraded';
  return record.enabled && record.wanted ? 'down' : null;
}
