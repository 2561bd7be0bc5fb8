import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Connects a server; answered once it is connected, or has failed to be. */
export function connectServer(servers: Servers): Operation<'connectServer'> {
  return {
    name: 'connectServer',
    async run({ serverId }, { signal }) {
      return { case: 'server', value: await servers.connect(serverId, signal) };
    },
  };
}
