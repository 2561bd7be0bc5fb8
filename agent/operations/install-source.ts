import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Installs a version of a server's source in addition to the others. If one caller cancels, it goes on for the other callers. */
export function installSource({ versions }: Servers): Operation<'installSource'> {
  return {
    name: 'installSource',
    run: async ({ serverId, version }) => json(await versions.install(serverId, version)),
  };
}
