import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Switches a server to a specification without a gap. It answers once the new instance has taken over, or has failed to. */
export function switchServer(servers: Servers): Operation<'switchServer'> {
  return {
    name: 'switchServer',
    async run({ server, drainMs }, { signal }) {
      if (server === undefined) throw new AgentFailure('invalid_argument', 'server is missing', { field: 'server' });
      return { case: 'server', value: await servers.switch(server, { drainMs, signal }) };
    },
  };
}
