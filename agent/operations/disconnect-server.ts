import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Disconnects a server; answered once nothing of it runs any more. */
export function disconnectServer(servers: Servers): Operation<'disconnectServer'> {
  return {
    name: 'disconnectServer',
    async run({ serverId, force, drainMs, timeoutMs }) {
      return { case: 'server', value: await servers.disconnect(serverId, { force, drainMs, timeoutMs }) };
    },
  };
}
