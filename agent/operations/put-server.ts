import type { Servers } from '../drivers/mcp/servers.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Adds or replaces one server. */
export function putServer(servers: Servers): Operation<'putServer'> {
  return {
    name: 'putServer',
    run({ server }) {
      if (server === undefined) throw new AgentFailure('invalid_argument', 'server is missing', { field: 'server' });
      return { case: 'server', value: servers.put(server) };
    },
  };
}
