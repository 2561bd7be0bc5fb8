import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Parts } from '@roundhouse/proto/parts';
import type Dockerode from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import { endAll } from '../../process/end.js';
import { markerName, newMarker, ownProcesses, type ProcessEntry } from '../../process/table.js';
import type { Keyboard, TerminalProgram } from '../../terminals.js';
import type { Docker } from '../docker.js';
import { Demultiplexer } from '../engine/demultiplex.js';
import { dial, type Engine } from '../engine/engine.js';
import type { HostContainers } from './containers.js';
import { ask, wrong } from './failure.js';
import type { Judge } from './policy.js';

/** A command to be run; see `ExecContainer` in `docker.proto`. */
export interface ExecRequest {
  readonly container: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  readonly stdin: Uint8Array | undefined;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
}

/** A command at a terminal; see `OpenContainerTerminal` in `docker.proto`. */
export type TerminalCommand = Pick<ExecRequest, 'container' | 'command' | 'user'>;

/** The outcome of a command. */
export interface Executed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Whether one of the outputs was cut. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

const defaults = { timeoutMs: 60_000, outputBytes: 1024 * 1024 } as const;
const mostInput = 1024 * 1024;
const longestTimer = 2 ** 31 - 1;
/** How long the engine may take to know the exit code after the output has ended, milliseconds. */
const codeMs = 5000;

/** Commands in containers. */
export class HostCommands {
  /** Commands that are being ended: an agent that stops waits for them. */
  readonly #endings = new Set<Promise<unknown>>();

  constructor(
    private readonly docker: Docker,
    private readonly judge: Judge,
    private readonly containers: HostContainers,
  ) {}

  /** Runs a command to its end. @throws AgentFailure `timeout` (with the output so far), the signal's reason, the engine's refusals. */
  async run(request: ExecRequest, signal: AbortSignal): Promise<Executed> {
    const { engine } = this.docker;
    const made = await this.#make(request, false, signal);
    const { command } = made;
    const limit = AbortSignal.timeout(Math.min(request.timeoutMs || defaults.timeoutMs, longestTimer));
    const started = performance.now();
    const out = new Kept(request.maxOutputBytes || defaults.outputBytes);
    const err = new Kept(request.maxOutputBytes || defaults.outputBytes);
    try {
      const both = AbortSignal.any([signal, limit]);
      await communicate(engine, command, request.stdin, { out, err, signal: both });
      both.throwIfAborted();
      const exitCode = await exitCodeOf(engine, command, both);
      const durationMs = Math.round(performance.now() - started);
      return { stdout: out.takeText(), stderr: err.takeText(), exitCode, truncated: out.cut || err.cut, durationMs };
    } catch (error) {
      const ended = await this.#end(endCommand(engine, made));
      signal.throwIfAborted();
      if (!limit.aborted) throw error;
      const message = `the command took more than ${request.timeoutMs || defaults.timeoutMs} ms`;
      throw new AgentFailure('timeout', message, {
        reason: 'timeout',
        stdout: out.takeText(),
        stderr: err.takeText(),
        ended,
      });
    }
  }

  /**
   * Runs a command at a terminal to its end. The signal ends it.
   * @param sink takes the output; the next output waits for its promise
   * @throws AgentFailure the signal's reason, the engine's refusals
   */
  async runAtTerminal(
    request: TerminalCommand,
    keyboard: Keyboard,
    sink: (chunk: Buffer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number }> {
    const { engine } = this.docker;
    const asked = { ...request, env: {}, workdir: '', stdin: new Uint8Array(), timeoutMs: 0, maxOutputBytes: 0 };
    const made = await this.#make(asked, true, signal);
    const { command } = made;
    const stop = () => void socket?.destroy();
    let socket: Socket | undefined;
    try {
      socket = await start(engine, command, true);
      signal.addEventListener('abort', stop, { once: true });
      signal.throwIfAborted();
      keyboard.connect(programAt(engine, command, socket));
      // A connection that breaks ends the output; the exit code shows whether the command has ended.
      for await (const chunk of unbroken(socket)) await sink(chunk);
      signal.throwIfAborted();
      return { exitCode: await exitCodeOf(engine, command, signal) };
    } catch (error) {
      await this.#end(endCommand(engine, made));
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      socket?.destroy();
    }
  }

  /** Makes a command at the engine without starting it, if the site's policy allows it. @throws AgentFailure */
  async #make(request: ExecRequest, atTerminal: boolean, signal: AbortSignal): Promise<RunningCommand> {
    this.judge.changes('no command is run in a container');
    checkRequest(request);
    const { id, name, info } = await this.containers.findOwn(request.container, signal);
    this.judge.imageNamed(info.Config.Image);
    this.judge.variables(Object.keys(request.env));
    this.judge.command(['docker', 'exec', ...placeOf(request), name, ...request.command], request.command);
    const { engine } = this.docker;
    const marker = newMarker('exec');
    const options = { ...optionsOf(request, marker), Tty: atTerminal };
    const make = async (abortSignal: AbortSignal) =>
      (await engine.client()).getContainer(id).exec({ ...options, abortSignal });
    const command = await ask(engine, 'run the command', make, { signal });
    signal.throwIfAborted();
    return { containerId: id, command, marker };
  }

  /** Resolves when the abandoned commands have ended. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#endings);
  }

  async #end(ending: Promise<boolean>): Promise<boolean> {
    this.#endings.add(ending);
    try {
      return await ending;
    } finally {
      this.#endings.delete(ending);
    }
  }
}

/** Starts a command. @returns the connection to its input and output @throws AgentFailure */
async function start(engine: Engine, command: Dockerode.Exec, atTerminal: boolean): Promise<Socket> {
  const request = {
    path: `/exec/${command.id}/start`,
    method: 'POST',
    hijack: true,
    openStdin: true,
    allowEmpty: true,
    options: { _body: { Detach: false, Tty: atTerminal } },
  };
  const statusCodes = { 101: true, 404: 'no such command', 409: 'container stopped or paused' } as const;
  const socket = await ask(engine, 'start the command', (both) =>
    dial<Socket>(engine, { what: 'start the command', request, statusCodes }, both),
  );
  // The end of the socket reports any error.
  socket.on('error', () => {});
  return socket;
}

/** A command as its keyboard sees it. */
function programAt(engine: Engine, command: Dockerode.Exec, socket: Socket): TerminalProgram {
  return {
    write: (input) =>
      new Promise((resolve, reject) => {
        socket.write(input, (error) => (error ? reject(engine.failure('pass the input on', error)) : resolve()));
      }),
    async resize({ columns, rows }) {
      const resize = (abortSignal: AbortSignal) => command.resize({ w: columns, h: rows, abortSignal });
      await ask(engine, 'resize the terminal', resize);
    },
  };
}

/** The chunks of a connection until it ends or breaks. */
async function* unbroken(socket: Socket): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch {
    // The connection broke.
  }
}

/** Starts the command, writes its input, and reads its output until it ends or the signal aborts. */
async function communicate(
  engine: Engine,
  command: Dockerode.Exec,
  stdin: Uint8Array | undefined,
  { out, err, signal }: { readonly out: Kept; readonly err: Kept; readonly signal: AbortSignal },
): Promise<void> {
  const socket = await start(engine, command, false);
  const stop = () => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    const output = new Demultiplexer(socket, stop);
    output.stdout.on('data', (chunk: Buffer) => out.add(chunk));
    output.stderr.on('data', (chunk: Buffer) => err.add(chunk));
    if (stdin !== undefined) socket.end(stdin);
    await finished(socket, { writable: false }).catch(() => {});
    output.end();
    if (!signal.aborted) await Promise.all([finished(output.stdout), finished(output.stderr)]);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

async function exitCodeOf(engine: Engine, command: Dockerode.Exec, signal: AbortSignal): Promise<number> {
  const end = performance.now() + codeMs;
  for (;;) {
    const look = (abortSignal: AbortSignal) => command.inspect({ abortSignal });
    const { Running, ExitCode } = await ask(engine, 'look at the command', look, { signal });
    if (!Running && ExitCode !== null) return ExitCode;
    if (performance.now() > end)
      throw new AgentFailure('upstream', 'the command closed its output and still runs', { reason: 'failed' });
    await delay(20);
  }
}

/** The user and the folder of a command, as `docker exec` writes them. */
function placeOf({ user, workdir }: ExecRequest): string[] {
  return [...(user ? ['--user', user] : []), ...(workdir ? ['--workdir', workdir] : [])];
}

function optionsOf({ command, env, user, workdir, stdin }: ExecRequest, marker: string) {
  return {
    Cmd: [...command],
    Env: [...Object.entries({ ...env, [markerName]: marker })].map(([name, value]) => `${name}=${value}`),
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ...(user && { User: user }),
    ...(workdir && { WorkingDir: workdir }),
  };
}

/** @throws AgentFailure `invalid_argument` */
function checkRequest({ command, env, user, workdir, stdin }: ExecRequest): void {
  if (command.length === 0 || command[0] === '') wrong('command', 'expected a program');
  if (command.some((word) => word.includes('\0'))) wrong('command', 'must hold no NUL characters');
  checkVariables(env);
  if (/^-|[\s\0]/.test(user)) wrong('user', 'expected the name or the number of a user');
  if (workdir !== '' && !workdir.startsWith('/')) wrong('workdir', 'expected an absolute path');
  if (stdin !== undefined && stdin.length > mostInput) wrong('stdin', `must have at most ${mostInput} bytes`);
}

/** @throws AgentFailure `invalid_argument` */
export function checkVariables(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[^=\0]+$/.test(name)) wrong('env', 'expected names without = in them');
    if (value.includes('\0')) wrong(`env.${name}`, 'must hold no NUL characters');
  }
}

/** The beginning of an output, up to a limit; the rest is dropped. */
class Kept {
  readonly #parts = new Parts();
  /** Something was dropped. */
  cut = false;

  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    const part = chunk.subarray(0, this.limit - this.#parts.length);
    if (part.length < chunk.length) this.cut = true;
    if (part.length === 0) return;
    // A view of a larger chunk would keep all of it.
    this.#parts.add(part.length < chunk.length ? Buffer.from(part) : part);
  }

  /** The output as text. A character that the limit cuts in two is left out. */
  takeText(): string {
    const text = this.#parts.take().toString();
    return this.cut ? text.replace(/\ufffd$/, '') : text;
  }
}

/** The time from the request to end to the kill, and the time that the kill may take, milliseconds. */
const patience = { term: 2000, kill: 5000 } as const;

/** Signals all processes with the marker in their environment. It needs only the shell and `cat`. */
const script = `for file in /proc/[0-9]*/environ; do
  case "$(cat "$file" 2>/dev/null)" in
    *"$1"*) id=\${file#/proc/}; kill -s "$2" "\${id%/environ}";;
  esac
done`;

/** A command that is to be ended. */
export interface RunningCommand {
  readonly containerId: string;
  readonly command: Dockerode.Exec;
  /** The environment that it was started with. */
  readonly marker: string;
}

/**
 * Ends a command in a container, with all processes that have its marker. If the engine runs on this machine and the agent sees its
 * processes, it uses the machine's process table; otherwise a second command in the container, which needs a shell there.
 * Resolves with whether the command has ended.
 * @param marked finds the processes in the machine's process table.
 */
export async function endCommand(
  engine: Engine,
  { containerId, command, marker }: RunningCommand,
  marked = async (): Promise<ProcessEntry[]> => (await ownProcesses()).filter((entry) => entry.marker === marker),
): Promise<boolean> {
  if ((await endAll(marked, patience)) > 0 && (await hasEnded(engine, command, patience.kill))) return true;
  const signal = async (name: string): Promise<Dockerode.Exec> => {
    const second = await engine.ask('end the command', async (abortSignal) =>
      (await engine.client())
        .getContainer(containerId)
        .exec({ Cmd: ['/bin/sh', '-c', script, 'sh', marker, name], User: '0:0', abortSignal }),
    );
    // The answer has no content. Until it is read to its end, it keeps its connection open.
    await engine.ask('end the command', async () => (await second.start({ Detach: true })).resume());
    return second;
  };
  try {
    await signal('TERM');
    await hasEnded(engine, command, patience.term);
    // The command itself may have ended while programs that it started still run.
    await hasEnded(engine, await signal('KILL'), patience.kill);
  } catch {
    // The container is gone with the command, or it has no shell.
  }
  return hasEnded(engine, command, patience.kill);
}

/** Waits until a command is over. The engine reports no event for that, so this function asks at intervals. */
async function hasEnded(engine: Engine, command: Dockerode.Exec, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (let wait = 10; ; wait = Math.min(wait * 2, 200)) {
    const running = await engine
      .ask('look at the command', (abortSignal) => command.inspect({ abortSignal }))
      .then(
        (info) => info.Running,
        () => undefined,
      );
    if (running !== true) return running === false;
    if (performance.now() >= end) return false;
    await delay(wait);
  }
}
