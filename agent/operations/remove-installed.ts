import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Removes an installed version of a server's source. */
export function removeInstalled({ versions }: Servers): Operation<'removeInstalled'> {
  return {
    name: 'removeInstalled',
    run: async ({ serverId, version }) => json(await versions.remove(serverId, version)),
  };
}
