import { setTimeout as delay } from 'node:timers/promises';
import { hasTable, ownProcesses, ownStart, type ProcessEntry, processesSinceNow, stillRuns } from './table.js';

/** How long processes may take to end after each signal, milliseconds. */
export interface Patience {
  readonly term: number;
  readonly kill: number;
}

/** How often SIGKILL is repeated for processes that keep starting others. */
const rounds = 10;

/** The processes of a launch that still run: the group, the session, and all processes with the marker. */
export async function launched(group: number, marker: string): Promise<ProcessEntry[]> {
  if (hasTable) return (await ownProcesses()).filter((entry) => belongs(entry, group, marker));
  // A negative id stands for the group, for signals and for the check whether it runs.
  const whole = { pid: -group, start: 0, group, session: group, marker };
  return stillRuns(whole) ? [whole] : [];
}

/**
 * Ends processes with SIGTERM, and then with SIGKILL, and also the processes that they start meanwhile.
 * Resolves with how many were found. Only processes that SIGKILL does not end in time may be left.
 */
export async function endAll(find: () => Promise<ProcessEntry[]>, patience: Patience): Promise<number> {
  const first = await find();
  if (first.length === 0) return 0;
  for (const entry of first) signal(entry, 'SIGTERM');
  await gone(first, patience.term);
  for (let round = 0; round < rounds; round++) {
    const left = await find();
    if (left.length === 0) break;
    for (const entry of left) signal(entry, 'SIGKILL');
    await gone(left, patience.kill / rounds);
  }
  return first.length;
}

/** Kills all processes of some launches without waiting, when the agent itself ends. */
export function killNow(launches: Iterable<{ readonly pid: number; readonly marker: string }>): void {
  const markers = new Set<string>();
  for (const { pid, marker } of launches) {
    markers.add(marker);
    signalGroup(pid, 'SIGKILL');
  }
  if (markers.size === 0) return;
  for (const entry of processesSinceNow(ownStart)) if (markers.has(entry.marker)) signal(entry, 'SIGKILL');
}

/** Sends a signal to every process of a group. Does nothing if the group is gone. */
export function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // The group has ended, or belongs to another user now.
  }
}

/** A process with another marker may have got the number of an ended group. */
function belongs(entry: ProcessEntry, group: number, marker: string): boolean {
  return entry.marker === marker || (entry.marker === '' && (entry.group === group || entry.session === group));
}

function signal(entry: ProcessEntry, name: NodeJS.Signals): void {
  // Checked again: its id may belong to another process now.
  if (!stillRuns(entry)) return;
  try {
    process.kill(entry.pid, name);
  } catch {
    // It has just ended, or belongs to another user.
  }
}

async function gone(entries: readonly ProcessEntry[], limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (let wait = 5; entries.some(stillRuns) && performance.now() < end; wait = Math.min(wait * 2, 100))
    await delay(wait);
}
