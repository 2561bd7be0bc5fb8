import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Ends a server and forgets it. One that is not known is forgotten already: the answer is the same. */
export function removeServer(servers: Servers): Operation<'removeServer'> {
  return {
    name: 'removeServer',
    async run({ serverId }) {
      await servers.remove(serverId).catch((error: unknown) => {
        if (!(error instanceof AgentFailure) || error.kind !== 'not_found') throw error;
      });
      return { case: 'json', value: Buffer.from('null') };
    },
  };
}
