import type { Servers } from '../drivers/mcp/servers.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Fetches a version of a server's source without installing it. */
export function downloadSource({ versions }: Servers): Operation<'downloadSource'> {
  return {
    name: 'downloadSource',
    run: ({ serverId, version }, { signal }) =>
      untilCancelled(signal, async (aborted) => json(await versions.download(serverId, version, aborted))),
  };
}
