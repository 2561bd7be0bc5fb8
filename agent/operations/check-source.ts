import type { Servers } from '../drivers/mcp/servers.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Asks a server's source which versions there are. */
export function checkSource({ versions }: Servers): Operation<'checkSource'> {
  return {
    name: 'checkSource',
    run: ({ serverId }, { signal }) =>
      untilCancelled(signal, async (aborted) => json(await versions.check(serverId, aborted))),
  };
}
