import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Sets the subscriptions and instances for the hub's clients to the hub's list, and ends all others. */
export function syncMcp(servers: Servers, privates: PrivateInstances): Operation<'syncMcp'> {
  return {
    name: 'syncMcp',
    run({ instanceIds, interests }) {
      const missing = privates.keep(instanceIds);
      servers.setInterests(interests);
      return json({ missing });
    },
  };
}
