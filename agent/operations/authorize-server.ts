import type { Servers } from '../drivers/mcp/servers.js';
import type { Operation } from './operation.js';

/** Takes what a person brought back who was asked to consent; answered once there are tokens. */
export function authorizeServer(servers: Servers): Operation<'authorizeServer'> {
  return {
    name: 'authorizeServer',
    async run({ serverId, parameters }) {
      return { case: 'server', value: await servers.authorize(serverId, parameters) };
    },
  };
}
