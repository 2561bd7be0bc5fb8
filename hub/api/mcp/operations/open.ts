import type { McpCall } from '../call.js';
import type { ToolOperation } from './operation.js';

/** The one of the hub's own tools that is about a part of the fleet, too. */
export const FIND_TOOLS = 'find_tools';

/** Whether a tool is there at all at the address of a call: those about the whole fleet are where they are asked for. */
export function isHere({ name }: ToolOperation, { view }: McpCall): boolean {
  if (view.serverId !== undefined) return false;
  return name === FIND_TOOLS || (!view.isPart && view.asksFor(name));
}

/** Whether whoever calls may use a tool there. */
export function isOpen(operation: ToolOperation, call: McpCall): boolean {
  const { name, permission } = operation;
  const { view } = call;
  return isHere(operation, call) && (permission === undefined || view.allows(permission)) && view.mayUse(name);
}
