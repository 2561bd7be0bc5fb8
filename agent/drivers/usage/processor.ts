import { readFile } from 'node:fs/promises';

/** What the processes of one server have used of processors so far, as of a moment. */
interface Sample {
  readonly atMs: number;
  /** By process: one that ended takes its time with it. */
  readonly ticks: ReadonlyMap<number, number>;
  readonly percent: number | null;
}

/** A share is measured over no shorter time, milliseconds: clock ticks are 10 ms. */
const shortestMs = 500;

/** What `/proc` counts in (USER_HZ), the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The share of processors that servers use, measured between two looks: 100 % is one processor. */
export class ProcessorShare {
  readonly #samples = new Map<string, Sample>();

  /** Looks at the processes of a server; `null` at the first look, and where there is no process table. */
  async look(serverId: string, pids: readonly number[], nowMs = performance.now()): Promise<number | null> {
    const last = this.#samples.get(serverId);
    if (last && nowMs - last.atMs < shortestMs) return last.percent;
    const ticks = new Map<number, number>();
    for (const pid of pids) ticks.set(pid, await ticksOf(pid));
    let percent: number | null = null;
    if (last) {
      let used = 0;
      for (const [pid, now] of ticks) used += Math.max(0, now - (last.ticks.get(pid) ?? 0));
      percent = Math.round((used / ticksPerSecond / ((nowMs - last.atMs) / 1000)) * 10_000) / 100;
    }
    this.#samples.set(serverId, { atMs: nowMs, ticks, percent });
    return percent;
  }

  /** Forgets the servers that are not among these. */
  keep(serverIds: ReadonlySet<string>): void {
    for (const id of this.#samples.keys()) if (!serverIds.has(id)) this.#samples.delete(id);
  }
}

/** What a process has used so far, clock ticks; 0 once it is gone. */
async function ticksOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // "pid (name) state ppid …": the name may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}
