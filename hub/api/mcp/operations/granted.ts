import type { RequestOrigin } from '../../../domain/audit/audit.js';

/**
 * Who asks, as the domain is to see it once this door has found that a key's grants name the very tool: in the domain, grants that name
 * tools are about servers' tools, and cover nothing else.
 */
export function granted(origin: RequestOrigin): RequestOrigin {
  const { caller } = origin;
  if (!caller?.grants?.tools) return origin;
  const { tools: _, ...grants } = caller.grants;
  return { ...origin, caller: { ...caller, grants } };
}
