import type { McpCall } from '../call.js';
import type { ToolOperation } from './operation.js';

/** The one of the hub's own tools that is about a part of the fleet, too. */
export const FIND_TOOLS = 'find_tools';

/** Whether a tool is there at all at the address of a call: a part of the fleet has no tools that are about all of it. */
export function isHere({ name }: ToolOperation, { view: { serverId, isPart } }: McpCall): boolean {
  return serverId === undefined && (!isPart || name === FIND_TOOLS);
}

/** Whether whoever calls may use a tool there. */
export function isOpen(operation: ToolOperation, call: McpCall): boolean {
  const { name, permission } = operation;
  const { view } = call;
  return isHere(operation, call) && (permission === undefined || view.allows(permission)) && view.mayUse(name);
}
