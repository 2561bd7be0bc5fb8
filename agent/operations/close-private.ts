import type { PrivateInstances } from '../drivers/mcp/instances/private-instances.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Ends an instance that belonged to one client; answered once nothing of it runs any more. */
export function closePrivate(privates: PrivateInstances): Operation<'closePrivate'> {
  return {
    name: 'closePrivate',
    async run({ instanceId }) {
      await privates.close(instanceId);
      return json(null);
    },
  };
}
