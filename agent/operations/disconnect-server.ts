import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Disconnects a server; answered once nothing of it runs any more, the instances of single clients included. */
export function disconnectServer(servers: Servers, privates: PrivateInstances): Operation<'disconnectServer'> {
  return {
    name: 'disconnectServer',
    async run({ serverId, force, drainMs, timeoutMs }) {
      const report = await servers.disconnect(serverId, { force, drainMs, timeoutMs });
      // The instances end as the server does, and may take longer.
      await privates.ended(serverId, { force, timeoutMs });
      return { case: 'server', value: report };
    },
  };
}
