import { setTimeout as delay } from 'node:timers/promises';
import { hasTable, ownProcesses, ownStart, type ProcessEntry, processesSinceNow, stillRuns } from './table.js';

/** How long each request to end is given, milliseconds. */
export interface Patience {
  readonly term: number;
  readonly kill: number;
}

/** A process that keeps starting others is hunted for so many rounds. */
const rounds = 10;

/** The processes of a launch that still run: the group, the session, and all processes with the marker. */
export async function launched(group: number, marker: string): Promise<ProcessEntry[]> {
  if (hasTable) return (await ownProcesses()).filter((entry) => belongs(entry, group, marker));
  // A negative id is the group as a whole, to be signalled and looked for alike.
  const whole = { pid: -group, start: 0, group, session: group, marker };
  return stillRuns(whole) ? [whole] : [];
}

/**
 * Ends processes: asks with SIGTERM, then takes with SIGKILL, whatever they start meanwhile too.
 * Resolves with how many were found; some of them may be left only where even SIGKILL does not end them in time.
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

/** Takes everything of some launches at once, without waiting; for the moment in which the agent itself ends. */
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
    // Gone already, or not ours any more.
  }
}

/** A process with another marker may have got the number of an ended group. */
function belongs(entry: ProcessEntry, group: number, marker: string): boolean {
  return entry.marker === marker || (entry.marker === '' && (entry.group === group || entry.session === group));
}

function signal(entry: ProcessEntry, name: NodeJS.Signals): void {
  // Looked at once more: its id may be another's by now.
  if (!stillRuns(entry)) return;
  try {
    process.kill(entry.pid, name);
  } catch {
    // Gone in this very moment, or another user's.
  }
}

async function gone(entries: readonly ProcessEntry[], limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (let wait = 5; entries.some(stillRuns) && performance.now() < end; wait = Math.min(wait * 2, 100))
    await delay(wait);
}
