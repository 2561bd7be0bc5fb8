import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

/** The processor time of one server's processes so far, as of a moment. */
interface Sample {
  readonly atMs: number;
  /** By process: the time of an ended process no longer counts. */
  readonly ticks: ReadonlyMap<number, number>;
  readonly percent: number | null;
}

/** A share is measured over no shorter time, milliseconds: clock ticks are 10 ms. */
const shortestMs = 500;

/** The unit of `/proc` (USER_HZ), the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The share of processors that servers use, measured between two looks: 100 % is one processor. */
export class ProcessorShare {
  readonly #samples = new Map<string, Sample>();

  /** Looks at the processes of a server. The first look counts from their start. `null` if there is no process table. */
  async look(serverId: string, pids: readonly number[], nowMs = performance.now()): Promise<number | null> {
    const last = this.#samples.get(serverId);
    if (last && nowMs - last.atMs < shortestMs) return last.percent;
    const ticks = new Map<number, number>();
    let used = 0;
    let oldestMs = 0;
    for (const pid of pids) {
      const process = await lookAt(pid);
      ticks.set(pid, process.ticks);
      used += Math.max(0, process.ticks - (last?.ticks.get(pid) ?? 0));
      oldestMs = Math.max(oldestMs, process.ageMs);
    }
    const overMs = last ? nowMs - last.atMs : oldestMs;
    const percent = overMs > 0 ? Math.round((used / ticksPerSecond / (overMs / 1000)) * 10_000) / 100 : null;
    this.#samples.set(serverId, { atMs: nowMs, ticks, percent });
    return percent;
  }

  /** Forgets the servers that are not among these. */
  keep(serverIds: ReadonlySet<string>): void {
    for (const id of this.#samples.keys()) if (!serverIds.has(id)) this.#samples.delete(id);
  }
}

/** The processor time of a process so far, clock ticks, and its age; both 0 once it is gone. */
async function lookAt(pid: number): Promise<{ readonly ticks: number; readonly ageMs: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // "pid (name) state ppid …": the name may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, , , , , , , started = 0] = fields.slice(11, 20).map(Number);
  const ageMs = started === 0 ? 0 : Math.max(1, (uptime() - started / ticksPerSecond) * 1000);
  return { ticks: user + system, ageMs };
}
