import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Takes the query that a person brings back from giving consent. It answers once there are tokens. */
export function authorizeServer(servers: Servers): Operation<'authorizeServer'> {
  return {
    name: 'authorizeServer',
    async run({ serverId, parameters }) {
      return { case: 'server', value: await servers.authorize(serverId, parameters) };
    },
  };
}
