import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Says which versions of a server's source are installed. */
export function listInstalled({ versions }: Servers): Operation<'listInstalled'> {
  return { name: 'listInstalled', run: async ({ serverId }) => json(await versions.list(serverId)) };
}
