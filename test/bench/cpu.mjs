// CPU time of processes, from /proc.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** @param {number | string} pid @returns {{ state: string, parent: number, seconds: number } | undefined} user and system time so far */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; fields are counted behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    };
  } catch {
    return undefined;
  }
}

/** Whether a process is there and not merely waiting for its parent to notice its end. @param {number} pid */
export const isRunning = (pid) => !'ZX'.includes(stat(pid)?.state ?? 'X');

/** All processes below one. @param {number} pid @returns {number[]} */
export function descendants(pid) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? stat(entry)?.parent : undefined;
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const below = (/** @type {number} */ top) => [...parents.keys()].filter((child) => parents.get(child) === top);
  const found = below(pid);
  for (const child of found) found.push(...below(child));
  return found;
}

/**
 * CPU seconds that groups of processes use while something runs.
 * @template T
 * @param {Record<string, readonly number[]>} groups name → process ids
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, cpu: Record<string, number> }>}
 */
export async function measureCpu(groups, work) {
  const read = () =>
    Object.entries(groups).map(([name, pids]) => {
      const seconds = pids.reduce((sum, pid) => sum + (stat(pid)?.seconds ?? 0), 0);
      return /** @type {const} */ ([name, seconds]);
    });
  const before = new Map(read());
  const result = await work();
  const cpu = Object.fromEntries(read().map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
  return { result, cpu };
}
