import type { PrivateInstances } from '../drivers/mcp/private-instances.js';
import type { Servers } from '../drivers/mcp/servers.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Makes what there is for the hub's clients what the hub says, and no more. */
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
