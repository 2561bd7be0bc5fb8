import { readFile } from 'node:fs/promises';
import { hasTable, ownProcesses } from './table.js';

/** The resident memory of all processes of a group, bytes; `undefined` where that cannot be read. What they share counts for each. */
export async function groupMemory(group: number): Promise<number | undefined> {
  if (!hasTable) return undefined;
  const members = (await ownProcesses()).filter((entry) => entry.group === group);
  const sizes = await Promise.all(members.map(({ pid }) => residentBytes(pid)));
  return members.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** The resident memory of a process, bytes; 0 once it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    // Gone meanwhile.
    return 0;
  }
}
