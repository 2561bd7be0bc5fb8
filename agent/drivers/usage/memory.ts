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

/** The processes of a server. */
export interface ServerProcesses {
  /** Memory that they keep. */
  bytes: number;
  readonly pids: number[];
}

/** The processes of each server, by the server's id; empty if there is no process table. */
export async function serverProcesses(): Promise<Map<string, ServerProcesses>> {
  const found = new Map<string, ServerProcesses>();
  for (const { pid, marker } of await ownProcesses()) {
    const label = marker.split(':', 1)[0] ?? '';
    if (label === '') continue;
    const own = found.get(label) ?? { bytes: 0, pids: [] };
    own.bytes += await residentBytes(pid);
    own.pids.push(pid);
    found.set(label, own);
  }
  return found;
}
