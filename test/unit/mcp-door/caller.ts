import type { Caller } from '../../../hub/domain/access/caller.js';

/** A caller without restrictions. */
export const caller: Caller = {
  kind: 'api_key',
  id: 'k1',
  name: 'key',
  userId: null,
  role: 'admin',
  api: null,
  tier: 'enterprise',
  grants: null,
};
