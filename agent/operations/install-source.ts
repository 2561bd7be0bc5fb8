import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Installs a version of a server's source beside those that are there. It goes on for others who want the same when one is cancelled. */
export function installSource({ versions }: Servers): Operation<'installSource'> {
  return {
    name: 'installSource',
    run: async ({ serverId, version }) => json(await versions.install(serverId, version)),
  };
}
