import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import { objectText } from '../drivers/mcp/object-text.js';
import { AgentFailure } from '../failure.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Passes a client's notification to its own instance. */
export function mcpNotify(privates: PrivateInstances): Operation<'mcpNotify'> {
  return {
    name: 'mcpNotify',
    run({ instanceId, method, params }) {
      // The method goes into a message unchanged.
      if (!/^notifications\/[A-Za-z0-9_/-]{1,100}$/.test(method))
        throw new AgentFailure('invalid_argument', 'this is no notification', { field: 'method' });
      privates.find(instanceId).notify(method, params.length === 0 ? '' : objectText(params, 'params'));
      return json(null);
    },
  };
}
