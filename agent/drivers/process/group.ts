import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { groupAlive, signalGroup } from './alive.js';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How long {@link ProcessGroup.stop} waits for each step, milliseconds. */
const patience = { stdin: 2000, term: 3000, kill: 5000 } as const;

/** After a process ended: how long its output may still be on its way while some child holds the pipe, milliseconds. */
const drainMs = 250;

/** Groups that this process started and that may still run: whatever ends the agent, ends them too. */
const live = new Set<number>();
let exitHook = false;

/** A process in a group of its own, which is ended as a whole. */
export class ProcessGroup {
  /** Resolves once the leader has ended and what it printed has been read. */
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
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A child that cannot be started reports it on `error`; writing to it meanwhile must not become an unhandled one.
    child.stdin.on('error', () => {});
    await once(child, 'spawn');
    return new ProcessGroup(child);
  }

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.pid = child.pid ?? 0;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    child.on('error', () => {});
    live.add(this.pid);
    if (!exitHook) {
      exitHook = true;
      process.once('exit', () => {
        for (const group of live) signalGroup(group, 'SIGKILL');
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
   * Ends the whole group: closes the input, then asks with SIGTERM, then takes with SIGKILL.
   * Resolves once no process of it is left.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the whole group without asking. */
  kill(): Promise<void> {
    signalGroup(this.pid, 'SIGKILL');
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.stdin.end();
    if (!this.#ended) await within(this.exited, patience.stdin);
    if (await groupAlive(this.pid)) signalGroup(this.pid, 'SIGTERM');
    if (!(await this.#gone(patience.term))) {
      signalGroup(this.pid, 'SIGKILL');
      await this.#gone(patience.kill);
    }
    await within(this.exited, patience.kill);
    live.delete(this.pid);
  }

  async #gone(limitMs: number): Promise<boolean> {
    const end = Date.now() + limitMs;
    for (let wait = 5; await groupAlive(this.pid); wait = Math.min(wait * 2, 100)) {
      if (Date.now() >= end) return false;
      await delay(wait);
    }
    return true;
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, delay(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}
