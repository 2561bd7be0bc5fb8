import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import { objectText } from '../drivers/mcp/object-text.js';
import { AgentFailure } from '../failure.js';
import type { Operation } from './operation.js';

/** Opens an instance of a server that belongs to one client. */
export function openPrivate(privates: PrivateInstances): Operation<'openPrivate'> {
  return {
    name: 'openPrivate',
    async run({ serverId, instanceId, capabilities, clientInfo }) {
      if (instanceId === '')
        throw new AgentFailure('invalid_argument', 'instance_id is missing', { field: 'instance_id' });
      const client = {
        capabilities: objectText(capabilities, 'capabilities'),
        info: objectText(clientInfo, 'client_info'),
      };
      return { case: 'json', value: await privates.open(serverId, instanceId, client) };
    },
  };
}
