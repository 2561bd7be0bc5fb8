import type { ToolPrint } from './backup.js';

/** How two tool lists differ, by name. */
export interface ToolChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Which members of a definition are others: `description`, `inputSchema`. */
  readonly changed: readonly { readonly name: string; readonly members: readonly string[] }[];
}

/** The changes of a server's tools from one version to another. */
export function toolChanges(before: readonly ToolPrint[], now: readonly ToolPrint[]): ToolChanges {
  const old = new Map(before.map((tool) => [tool.name, tool]));
  const names = new Set(now.map(({ name }) => name));
  const changed = now.flatMap((tool) => {
    const members = changedMembers(old.get(tool.name) ?? tool, tool);
    return members.length > 0 ? [{ name: tool.name, members }] : [];
  });
  return {
    added: now.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    removed: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    changed,
  };
}

function changedMembers({ members: before }: ToolPrint, { members: now }: ToolPrint): string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...all].filter((member) => before[member] !== now[member]).sort();
}
