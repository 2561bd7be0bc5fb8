import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endAll, killNow, launched, signalGroup } from './end.js';
import { noteStarted } from './orphans.js';
import { markerName, newMarker } from './table.js';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GroupOptions {
  /** The purpose of the process, such as a server's id: part of the marker in its environment. */
  readonly label: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a group is ended. */
export interface StopOptions {
  /** Kills the process at once. */
  readonly force?: boolean;
  /** How long the process may take to end by itself, milliseconds; 0 or absent: 5 s. */
  readonly timeoutMs?: number;
}

/** How long {@link ProcessGroup.stop} waits for each step, milliseconds. */
const patience = { stdin: 2000, term: 3000, kill: 5000 } as const;

/** How long output is read after the process has ended while a child holds the pipe, milliseconds. */
const drainMs = 250;

/** Groups that this process started and that may still run. They end with the agent. */
const live = new Set<ProcessGroup>();
let exitHook = false;

/** A process in a new group. The whole group is ended, with the children that left it. */
export class ProcessGroup {
  /** Resolves once the leader has ended and its output has been read. */
  readonly exited: Promise<Exit>;
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  #ended = false;
  #stopping: Promise<void> | undefined;

  /**
   * Starts a process.
   * @throws Error the system's (`code` ENOENT, EACCES, …) when it cannot be started.
   */
  static async start(command: string, args: readonly string[], options: GroupOptions): Promise<ProcessGroup> {
    const marker = newMarker(options.label);
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: { ...options.env, [markerName]: marker },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A child that cannot be started emits `error`. A write to it meanwhile must not cause an unhandled error.
    const started = once(child, 'spawn');
    // There are no pipes if the agent has no file descriptors left.
    child.stdin?.on('error', () => {});
    await started;
    return new ProcessGroup(child, marker);
  }

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    readonly marker: string,
  ) {
    this.pid = child.pid ?? 0;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    child.on('error', () => {});
    live.add(this);
    noteStarted(this.pid);
    if (!exitHook) {
      exitHook = true;
      process.once('exit', () => {
        killNow(live);
      });
    }
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const finish = () => {
          clearTimeout(timer);
          child.off('close', finish);
          child.stdin.destroy();
          child.stdout.destroy();
          child.stderr.destroy();
          this.#ended = true;
          resolve({ code, signal });
        };
        const timer = setTimeout(finish, drainMs);
        child.once('close', finish);
      });
    });
  }

  /**
   * Ends the whole group: closes the input, then sends SIGTERM, then SIGKILL.
   * Resolves once no process of the group is left.
   */
  stop(options: StopOptions = {}): Promise<void> {
    // A second caller may force the end.
    if (options.force === true && !this.#ended) signalGroup(this.pid, 'SIGKILL');
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** Kills the whole group. */
  kill(): Promise<void> {
    return this.stop({ force: true });
  }

  async #stop({ force = false, timeoutMs = 0 }: StopOptions): Promise<void> {
    this.stdin.end();
    const limit = force ? 1 : timeoutMs || patience.stdin + patience.term;
    const begin = performance.now();
    if (!this.#ended) await within(this.exited, Math.min(patience.stdin, limit));
    const term = Math.max(0, limit - (performance.now() - begin));
    await endAll(() => launched(this.pid, this.marker), { term, kill: patience.kill });
    await within(this.exited, patience.kill);
    live.delete(this);
  }
}

/** Waits for a promise, at most for this time, milliseconds. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, delay(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}

/** The end of a stdio server's process group or container. */
export interface StdioEnd extends Exit {
  /** A sentence without a full stop, if code and signal do not give the reason. */
  readonly reason?: string;
}

/** The process group or the container of a stdio server. */
export interface StdioChild {
  /** Process id; 0 if this machine has none for it. */
  readonly pid: number;
  /** The id of the container; absent for a process. */
  readonly id?: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once the process or container has ended and its output has been read. */
  readonly exited: Promise<StdioEnd>;
  /** Closes its input, then asks it to end, then kills it. Resolves once no process of it is left. Safe to call twice. */
  stop(options?: StopOptions): Promise<void>;
}
