import { totalmem } from 'node:os';
import { residentBytes } from '../process/memory.js';
import { ownProcesses } from '../process/table.js';

/** Bytes. */
export interface MemoryUse {
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** The memory of the machine, or of the control group that limits this agent. */
export function siteMemory(): MemoryUse {
  const limit = process.constrainedMemory();
  const machine = totalmem();
  const totalBytes = limit > 0 && limit < machine ? limit : machine;
  return { totalBytes, usedBytes: Math.max(0, totalBytes - process.availableMemory()) };
}

/** How much memory the processes of each server keep, by the server's id; empty where there is no process table. */
export async function serverMemory(): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for (const { pid, marker } of await ownProcesses()) {
    const label = marker.split(':', 1)[0] ?? '';
    if (label !== '') bytes.set(label, (await residentBytes(pid)) + (bytes.get(label) ?? 0));
  }
  return bytes;
}
