import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Says which versions of a server's source must stay for rollbacks. */
export function keepInstalled({ versions }: Servers): Operation<'keepInstalled'> {
  return {
    name: 'keepInstalled',
    async run({ serverId, versions: kept }) {
      await versions.keep(serverId, kept);
      return json(null);
    },
  };
}
