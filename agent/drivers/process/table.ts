import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

/**
 * A running process (a zombie does not count). Its id and start time together identify it while the machine is up, because ids are used
 * again.
 */
export interface ProcessEntry {
  readonly pid: number;
  /** The start time, in ticks since the machine started. */
  readonly start: number;
  readonly group: number;
  readonly session: number;
  /** The value of its {@link markerName} variable; empty if there is none, or if it cannot be read. */
  readonly marker: string;
}

/** Whether this machine has a process table to read; without one only process groups are known. */
export const hasTable = process.platform === 'linux';

/** How many processes are read in one turn of the event loop: calls of servers go on in between. */
const perTurn = 32;

/** How much of an environment is read, bytes. */
const longestEnvironment = 256 * 1024;

const statBuffer = Buffer.alloc(4096);

/** The processes that started at or after a time (ticks). Earlier processes are not of this agent. */
export async function processesSince(start: number): Promise<ProcessEntry[]> {
  const found: ProcessEntry[] = [];
  let looked = 0;
  for (const pid of processIds()) {
    const entry = readEntry(pid, start);
    if (entry !== undefined) found.push(entry);
    if (++looked % perTurn === 0) await turn();
  }
  return found;
}

/** The same without waiting, when the event loop does not go on. */
export function processesSinceNow(start: number): ProcessEntry[] {
  return processIds().flatMap((pid) => readEntry(pid, start) ?? []);
}

/** When a process started; `undefined` if no process with this id runs. */
export function startOf(pid: number): number | undefined {
  return readEntry(pid, Number.POSITIVE_INFINITY, true)?.start;
}

/** Whether the same process still runs. */
export function stillRuns({ pid, start }: Pick<ProcessEntry, 'pid' | 'start'>): boolean {
  if (hasTable) return startOf(pid) === start;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let scanning: Promise<ProcessEntry[]> | undefined;
let next: Promise<ProcessEntry[]> | undefined;

/** The processes that this process may have started. Callers that ask at the same time share one reading of the table. */
export function ownProcesses(): Promise<ProcessEntry[]> {
  if (scanning === undefined) {
    scanning = processesSince(ownStart).finally(() => {
      scanning = undefined;
    });
    return scanning;
  }
  // The running scan may have passed processes that have changed since.
  next ??= scanning
    .catch(() => {})
    .then(() => {
      next = undefined;
      return ownProcesses();
    });
  return next;
}

function processIds(): number[] {
  if (!hasTable) return [];
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readEntry(pid: number, since: number, anyAge = false): ProcessEntry | undefined {
  const text = readStat(pid);
  // "pid (name) state ppid pgrp session …": the name may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group, session] = fields;
  const start = Number(fields[19]);
  if (text === '' || state === 'Z' || state === 'X' || !(anyAge || start >= since)) return undefined;
  const marker = anyAge ? '' : markerIn(readEnvironment(pid));
  return { pid, start, group: Number(group), session: Number(session), marker };
}

function readStat(pid: number): string {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    return statBuffer.toString('latin1', 0, readSync(file, statBuffer));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readEnvironment(pid: number): Buffer {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/environ`, 'r');
    const parts: Buffer[] = [];
    for (let length = 0; length < longestEnvironment; ) {
      const part = Buffer.allocUnsafe(16_384);
      const bytes = readSync(file, part);
      if (bytes === 0) break;
      parts.push(part.subarray(0, bytes));
      length += bytes;
    }
    return Buffer.concat(parts);
  } catch {
    // The process has ended, or belongs to another user.
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** An id of this run of the machine; empty if there is no process table. */
export function machineRun(): string {
  return hasTable ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() : '';
}

/** When this process started, in ticks of the table. */
export const ownStart = startOf(process.pid) ?? 0;

/** The resident memory of all processes of a group, bytes; `undefined` if it cannot be read. Shared memory counts for each process. */
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
    // The process has ended.
    return 0;
  }
}

/**
 * The variable in the environment of every process that this agent starts, `<label>:<this run of the agent>:<number>`. Processes pass it on
 * to their own children, into other sessions too. So the agent finds all processes of a launch, and no others.
 */
export const markerName = 'ROUNDHOUSE_SERVER';

/** This run of the agent. */
export const boot = randomUUID();

let launches = 0;

/** The marker of one launch; `label` names its purpose, such as a server's id. */
export function newMarker(label: string): string {
  launches += 1;
  return `${label}:${boot}:${launches}`;
}

/** The run of the agent that a marker belongs to; empty for text that is not a marker. */
export function bootOf(marker: string): string {
  return /:([0-9a-f-]{36}):\d+$/.exec(marker)?.[1] ?? '';
}

const assignment = Buffer.from(`${markerName}=`);

/** The marker in an environment of the system's form (entries ended by NUL); empty for none. */
function markerIn(environment: Buffer): string {
  for (let at = environment.indexOf(assignment); at >= 0; at = environment.indexOf(assignment, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString('latin1', at + assignment.length, end < 0 ? environment.length : end);
  }
  return '';
}
