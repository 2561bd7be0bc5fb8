import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { ownProcesses } from '../process/table.js';

/** Pages of Linux on the machines that we run on, bytes. */
const pageBytes = 4096;

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
    if (label !== '') bytes.set(label, (bytes.get(label) ?? 0) + residentBytes(pid));
  }
  return bytes;
}

/** Resident memory of a process; 0 once it is gone. */
export function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return Number.isFinite(pages) ? pages * pageBytes : 0;
  } catch {
    return 0;
  }
}
