import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { ContainerInspectInfo } from 'dockerode';
import type { AgentFailure } from '../../../failure.js';
import { type StdioChild, type StdioEnd, type StopOptions, within } from '../../process/group.js';
import type { Demultiplexer } from './demultiplex.js';
import { type Engine, isMissing } from './engine.js';

/** How long {@link Container.stop} waits for each step, milliseconds; as for processes. */
const patience = { stdin: 2000, term: 3000 } as const;

/** How long the container may take to end after its output has ended, milliseconds. */
const endMs = 2000;

/** How long its output may take to be read after the end, milliseconds. */
const drainMs = 250;

/** The connection to an attached container. */
export interface Attached {
  readonly socket: Socket;
  readonly output: Demultiplexer;
  /** See {@link processOf}. */
  readonly pid: number;
  /** Whether the engine sent bytes that are no output. */
  readonly broken: () => boolean;
}

/** A started container, attached: a server runs in it as in a process. */
export class Container implements StdioChild {
  /** The process of the container, if it runs on this machine; else 0. */
  readonly pid: number;
  readonly stdin: Socket;
  readonly stdout: Demultiplexer['stdout'];
  readonly stderr: Demultiplexer['stderr'];
  readonly exited: Promise<StdioEnd>;
  #ended = false;
  #stopping: Promise<void> | undefined;

  /** @param remove removes the container, running or not; resolves when it is removed, or left to a later sweep. */
  constructor(
    readonly id: string,
    private readonly engine: Engine,
    private readonly attached: Attached,
    private readonly remove: () => Promise<void>,
  ) {
    const { socket, output, pid } = attached;
    this.pid = pid;
    this.stdin = socket;
    this.stdout = output.stdout;
    this.stderr = output.stderr;
    this.exited = new Promise((resolve) => {
      const over = async () => {
        output.end();
        const read = Promise.all([this.stdout, this.stderr].map((stream) => finished(stream).catch(() => {})));
        const end = await this.#end();
        await within(read, drainMs);
        this.stdout.destroy();
        this.stderr.destroy();
        this.#ended = true;
        resolve(end);
      };
      if (socket.closed) void over();
      else socket.once('close', () => void over());
    });
  }

  stop(options: StopOptions = {}): Promise<void> {
    // A second caller may force a stop that began without force.
    if (options.force === true && this.#stopping !== undefined && !this.#ended) void this.remove();
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop({ force = false, timeoutMs = 0 }: StopOptions): Promise<void> {
    if (!force && !this.#ended) {
      const limit = timeoutMs || patience.stdin + patience.term;
      const begin = performance.now();
      this.stdin.end();
      await within(this.exited, Math.min(patience.stdin, limit));
      // A signal's time limit takes whole milliseconds only.
      const rest = Math.ceil(limit - (performance.now() - begin));
      if (!this.#ended && rest > 0) {
        // The engine knows the image's own signal for this.
        const abortSignal = AbortSignal.timeout(rest);
        void this.engine
          .client()
          .then((client) => client.getContainer(this.id).stop({ t: Math.ceil(rest / 1000), abortSignal }))
          .catch(() => {});
        await within(this.exited, rest);
      }
    }
    await this.remove();
    this.stdin.destroy();
    await within(this.exited, endMs);
  }

  async #end(): Promise<StdioEnd> {
    if (this.attached.broken()) return ending('the Docker Engine sent bytes that are no output of a container');
    const container = (await this.engine.client()).getContainer(this.id);
    try {
      const over = (abortSignal: AbortSignal) => container.wait({ condition: 'not-running', abortSignal });
      await this.engine.ask('wait for the container', over, undefined, endMs).catch((error: AgentFailure) => {
        if (error.kind !== 'timeout') throw error;
      });
      const info = await this.engine.ask('look at the container', (signal) =>
        container.inspect({ abortSignal: signal }),
      );
      return exitOf(info);
    } catch (error) {
      if (isMissing(error)) return ending('the container was removed');
      return ending(this.engine.failure('look at the container', error).message);
    }
  }
}

function exitOf({ State: state, HostConfig: host }: ContainerInspectInfo): StdioEnd {
  if (state.Running) return ending('the server closed its output');
  const limit = host.Memory ? ` (${Math.round(host.Memory / 1024 ** 2)} MiB)` : '';
  if (state.OOMKilled) return ending(`the container ran out of memory${limit}`, state.ExitCode);
  const by = { 137: ' (SIGKILL)', 143: ' (SIGTERM)' }[state.ExitCode] ?? '';
  const why = state.Error ? `: ${state.Error}` : '';
  return ending(`the container exited with code ${state.ExitCode}${by}${why}`, state.ExitCode);
}

const ending = (reason: string, code: number | null = null): StdioEnd => ({ code, signal: null, reason });

/** A container's process id on this machine; 0 if the engine runs on another machine, or the agent does not see its processes. */
export async function processOf({ Id: id, State: state }: ContainerInspectInfo): Promise<number> {
  if (!state.Pid) return 0;
  const groups = await readFile(`/proc/${state.Pid}/cgroup`, 'utf8').catch(() => '');
  return groups.includes(id) ? state.Pid : 0;
}
