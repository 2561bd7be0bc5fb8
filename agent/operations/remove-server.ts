import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/**
 * Ends a server, the instances of single clients included, and forgets it. For an unknown server the answer is the same.
 */
export function removeServer(servers: Servers, privates: PrivateInstances): Operation<'removeServer'> {
  return {
    name: 'removeServer',
    async run({ serverId }) {
      const removed = servers.remove(serverId).catch((error: unknown) => {
        if (!(error instanceof AgentFailure) || error.kind !== 'not_found') throw error;
      });
      await Promise.all([removed, privates.endOf(serverId, 'the server was removed')]);
      return { case: 'json', value: Buffer.from('null') };
    },
  };
}
