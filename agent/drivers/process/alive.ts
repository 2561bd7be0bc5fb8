import { readdir, readFile } from 'node:fs/promises';

/** Whether any process of a group still runs. Zombies that nobody reaps do not count: nothing of them is left to end. */
export async function groupAlive(group: number): Promise<boolean> {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  return (await membersOf(group)).length > 0;
}

/** Sends a signal to every process of a group; does nothing when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already, or not ours any more.
  }
}

async function membersOf(group: number): Promise<number[]> {
  const members: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    // "pid (name) state ppid pgrp …": the name may hold spaces and parentheses.
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(pgrp) === group && state !== 'Z' && state !== 'X') members.push(Number(name));
  }
  return members;
}
