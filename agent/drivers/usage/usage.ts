import { readFile, statfs } from 'node:fs/promises';
import { totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { ownProcesses, residentBytes } from '../process/table.js';
import { amountOf } from '../storage/walk.js';

/** The usage of an agent's machine and its servers. Bytes; `null` for values that are unknown here. */
export interface Usage {
  readonly memory: MemoryUse;
  /** The file system that the agent's data folder is on. */
  readonly disk: { readonly totalBytes: number; readonly usedBytes: number };
  readonly servers: readonly {
    readonly serverId: string;
    readonly memoryBytes: number | null;
    /** Since the last measurement, or since the server started; 100 is one processor. */
    readonly cpuPercent: number | null;
    /** The size of the server's own folder. */
    readonly diskBytes: number | null;
  }[];
}

export interface UsageOptions {
  readonly dataDir: string;
  /** The servers that are known here, by id. */
  readonly servers: () => readonly string[];
}

/** The time between two measurements of a server's folder, milliseconds: its files are counted one by one. */
const folderAgeMs = 300_000;

interface Folder {
  readonly bytes: number;
  readonly measuredAt: number;
}

/** Measures memory and disk. */
export class UsageMeter {
  readonly #options: UsageOptions;
  readonly #folders = new Map<string, Folder>();
  readonly #processors = new ProcessorShare();
  /** Separate shares for metrics, which are measured at other times. */
  readonly #meteredProcessors = new ProcessorShare();
  #measuring: Promise<void> | undefined;

  constructor(options: UsageOptions) {
    this.#options = options;
  }

  /** Memory and processor use of each server with processes, by its id. `cpuPercent`: since the last call. */
  async processes(): Promise<
    ReadonlyMap<string, { readonly memoryBytes: number; readonly cpuPercent: number | null }>
  > {
    const servers = new Set(this.#options.servers());
    this.#meteredProcessors.keep(servers);
    const found = new Map<string, { memoryBytes: number; cpuPercent: number | null }>();
    for (const [serverId, { bytes, pids }] of await serverProcesses())
      if (servers.has(serverId))
        found.set(serverId, { memoryBytes: bytes, cpuPercent: await this.#meteredProcessors.look(serverId, pids) });
    return found;
  }

  /** The size of a server's folder may be up to five minutes old, and is unknown at first. */
  async measure(): Promise<Usage> {
    const servers = this.#options.servers();
    const [processes, disk] = await Promise.all([serverProcesses(), this.#disk()]);
    this.#processors.keep(new Set(servers));
    this.#measuring ??= this.#measureFolders(servers).finally(() => {
      this.#measuring = undefined;
    });
    const folders = new Map(servers.map((id) => [id, this.#folders.get(id)?.bytes ?? null]));
    return {
      memory: siteMemory(),
      disk,
      servers: await Promise.all(
        servers.map(async (serverId) => {
          const own = processes.get(serverId);
          return {
            serverId,
            memoryBytes: own?.bytes ?? null,
            cpuPercent: own ? await this.#processors.look(serverId, own.pids) : null,
            diskBytes: folders.get(serverId) ?? null,
          };
        }),
      ),
    };
  }

  async #disk() {
    const { bsize, blocks, bfree, bavail } = await statfs(this.#options.dataDir);
    // The blocks that are reserved for root count neither as used nor as free.
    return { totalBytes: bsize * (blocks - bfree + bavail), usedBytes: bsize * (blocks - bfree) };
  }

  async #measureFolders(servers: readonly string[]): Promise<void> {
    const known = new Set(servers);
    for (const id of this.#folders.keys()) if (!known.has(id)) this.#folders.delete(id);
    for (const id of servers) {
      const now = Date.now();
      if (now - (this.#folders.get(id)?.measuredAt ?? 0) < folderAgeMs) continue;
      const { bytes } = await amountOf(join(this.#options.dataDir, 'servers', id));
      this.#folders.set(id, { bytes, measuredAt: now });
    }
  }
}

/** Bytes. */
export interface MemoryUse {
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** The memory of the machine, or of the control group that limits this agent. */
function siteMemory(): MemoryUse {
  const limit = process.constrainedMemory();
  const machine = totalmem();
  const totalBytes = limit > 0 && limit < machine ? limit : machine;
  return { totalBytes, usedBytes: Math.max(0, totalBytes - process.availableMemory()) };
}

/** The processes of a server. */
export interface ServerProcesses {
  /** The memory of the processes. */
  bytes: number;
  readonly pids: number[];
}

/** The processes of each server, by the server's id; empty if there is no process table. */
async function serverProcesses(): Promise<Map<string, ServerProcesses>> {
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

/** The processor time of one server's processes at one moment. */
interface Sample {
  readonly atMs: number;
  /** By process: the time of an ended process no longer counts. */
  readonly ticks: ReadonlyMap<number, number>;
  readonly percent: number | null;
}

/** The shortest time over which a share is measured, milliseconds: clock ticks are 10 ms. */
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
