import { randomUUID } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import { Parts } from '@roundhouse/proto/parts';
import { type Cancellation, CancelSource } from '../../../cancellation.js';
import { AgentFailure, asFailure } from '../../../failure.js';
import type { Keyboard } from '../../terminals.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { type ContainerPlace, chooseContainer } from '../pods/pods.js';
import { type CommandEnd, ExecSocket, protocolsWithCode, protocolsWithInputEnd } from './exec-socket.js';

/** A command for a container; see ExecPod in `kubernetes.proto`. */
export interface ExecRequest extends ContainerPlace {
  readonly command: readonly string[];
  readonly stdin: Uint8Array | undefined;
  readonly tty: boolean;
  /** The keyboard of a terminal; then there is no `stdin`, and no time limit. */
  readonly keyboard?: Keyboard | undefined;
  /** 0: the default. */
  readonly timeoutMs: number;
}

/** How a command ended, as `kubernetes.proto` has it. */
export interface ExecEnd {
  readonly exitCode: number;
  readonly durationMs: number;
  readonly container: string;
  readonly endable: boolean;
}

/** The parts of the agent that a command needs. */
export interface ExecHost {
  /** @throws AgentFailure where the site does not allow it */
  judgeImage(image: string | undefined): void;
  background(work: Promise<unknown>): void;
}

const defaultTimeoutMs = 60_000;
const longestTimer = 2 ** 31 - 1;
const mostInput = 1024 * 1024;
/** The command is part of an address, which servers limit. */
const mostCommand = 64 * 1024;

/**
 * Runs a command to its end. When the signal or the time limit cancels it, the process is ended before this rejects. If that takes too
 * long, the rest of the work is passed to `background`. `judgeImage` gets the image of the container; `undefined`: it cannot be read.
 * @throws AgentFailure `timeout` (`details.ended`: whether the process is gone), `not_running`, `stdin_unsupported`, the signal's reason,
 * and the failures of every request.
 */
export async function execute(
  client: Client,
  request: ExecRequest,
  sink: OutputSink,
  signal: Cancellation,
  { judgeImage, background }: ExecHost,
): Promise<ExecEnd> {
  check(request);
  const { name: container, image } = await chooseContainer(client, request, true, signal);
  judgeImage(image);
  const begun = performance.now();
  const place = { ...request, container };
  const mark = randomUUID();
  const timeoutMs = request.keyboard ? longestTimer : Math.min(request.timeoutMs || defaultTimeoutMs, longestTimer);
  let run = new ExecRun(client, place, sink, { mark, direct: false });
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const given = new Promise<AgentFailure>((resolve) => {
    const late = `the command did not end within ${timeoutMs} ms`;
    timer = setTimeout(() => resolve(clusterFailure('timeout', 'timeout', late, { container })), timeoutMs);
    abort = () => resolve(asFailure(signal.reason));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
  try {
    let ended = await Promise.race([given, run.ended()]);
    if (ended === 'no shell') {
      run = new ExecRun(client, place, sink, { mark, direct: true });
      ended = await Promise.race([given, run.ended()]);
    }
    if (ended instanceof AgentFailure || ended === 'no shell') {
      const failure = ended === 'no shell' ? noShell(container) : ended;
      throw await giveUp(run, failure, background);
    }
    const durationMs = Math.round(performance.now() - begun);
    return { exitCode: ended, durationMs, container, endable: !run.direct };
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/** Ends the process of a cancelled command. Returns the failure; after a time-out it says whether the process ended. */
async function giveUp(
  run: ExecRun,
  failure: AgentFailure,
  background: (work: Promise<unknown>) => void,
): Promise<AgentFailure> {
  const ending = run.giveUp();
  background(ending);
  // A command that ran out of time has a caller who waits for the answer. A cancelled command has none.
  if (failure.kind !== 'timeout') return failure;
  const ended = await ending;
  return new AgentFailure(failure.kind, failure.message, { ...failure.details, ended });
}

function check({ command, stdin }: ExecRequest): void {
  const [program = ''] = command;
  if (program === '') throw invalid('command', 'command must name a program');
  if (command.some((word) => word.includes('\0'))) throw invalid('command', 'command must not hold a NUL character');
  const bytes = command.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (bytes > mostCommand) throw invalid('command', `command is longer than ${mostCommand} bytes`);
  if ((stdin?.length ?? 0) > mostInput) throw invalid('stdin', `stdin is longer than ${mostInput} bytes`);
}

function noShell(container: string): AgentFailure {
  return clusterFailure('upstream', 'failed', `the command could not be run in the container ${container}`);
}

/** Takes a command's output. The reader awaits the returned promise before it reads more. */
export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Buffer) => Promise<void> | void;

/** How long a cancelled command may take to send its greeting, milliseconds. */
const greetMs = 5_000;
/** How long the script that ends a command may take, milliseconds. The script itself waits for 2 s. */
const endMs = 15_000;
/** How long a command at a terminal without input may run before that input ends, milliseconds. */
const idleInputMs = 250;
/** How many bytes before the greeting are kept. */
const mostHeld = 1024 * 1024;
/** The error of a missing shell. */
const missing = /no such file|not found|executable|cannot find/i;

/** One attempt to run a command: by the container's shell, or directly in a container without a shell. */
class ExecRun {
  readonly direct: boolean;
  readonly #client: Client;
  readonly #request: ExecRequest;
  readonly #sink: OutputSink;
  readonly #mark: string;
  #socket: ExecSocket | undefined;
  #opening: Promise<unknown> | undefined;
  /** The output before the greeting, and all output of the stream that carries the greeting. */
  #held: { readonly stream: 'stdout' | 'stderr'; readonly chunk: Buffer }[] = [];
  #heldBytes = 0;
  #head: Buffer = Buffer.alloc(0);
  #greeted = false;
  #pid: number | undefined;
  #onGreeted: () => void = () => {};
  readonly #greeting = new Promise<void>((resolve) => {
    this.#onGreeted = resolve;
  });
  #noInput = false;
  /** The terminal's echo of {@link startLine} is still to come. */
  #echoes = false;
  #inputEnd: NodeJS.Timeout | undefined;
  #givenUp = false;
  /** The command ended by itself, or never began. */
  #over = false;

  constructor(
    client: Client,
    request: ExecRequest,
    sink: OutputSink,
    { mark, direct }: { readonly mark: string; readonly direct: boolean },
  ) {
    this.#client = client;
    this.#request = request;
    this.#sink = sink;
    this.#mark = mark;
    this.direct = direct;
  }

  /**
   * Runs the command. Resolves with the exit code, with the reason for a missing code, or with `no shell` if nothing ran for want of a
   * shell.
   */
  async ended(): Promise<number | AgentFailure | 'no shell'> {
    let onEnd: (end: CommandEnd | AgentFailure) => void = () => {};
    const ended = new Promise<CommandEnd | AgentFailure>((resolve) => {
      onEnd = resolve;
    });
    try {
      const opening = this.#open(onEnd);
      this.#opening = opening.catch(() => {});
      this.#socket = await opening;
    } catch (error) {
      this.#over = true;
      if (error instanceof AgentFailure) return error;
      throw error;
    }
    if (this.direct) this.#begin();
    const end = await ended;
    clearTimeout(this.#inputEnd);
    this.#onGreeted();
    if (end instanceof AgentFailure) return end;
    this.#over = true;
    return this.#judge(end);
  }

  /** Ends the process and closes the connection. Resolves with whether the process is gone. */
  async giveUp(): Promise<boolean> {
    this.#givenUp = true;
    clearTimeout(this.#inputEnd);
    // A command can be ended only after it has started.
    await this.#opening;
    if (!this.direct && !this.#greeted && !this.#over) await until(this.#greeting, greetMs);
    this.#socket?.close();
    if (this.#over || this.#noInput) return true;
    return !this.direct && this.#kill();
  }

  /** Whether the command begins after {@link startLine}: it is at a terminal with input. */
  get #awaitsLine(): boolean {
    const { stdin, tty, keyboard } = this.#request;
    return !this.direct && tty && (stdin !== undefined || keyboard !== undefined);
  }

  #open(onEnd: (end: CommandEnd | AgentFailure) => void): Promise<ExecSocket> {
    const { command, stdin, tty, keyboard } = this.#request;
    const bytes = tty ? undefined : stdin?.length;
    const endsInput = this.direct && stdin !== undefined && !tty;
    const asked = {
      ...this.#request,
      command: this.direct ? command : startCommand(this.#mark, this.#awaitsLine ? 'line' : bytes, command),
      stdin: stdin !== undefined || keyboard !== undefined,
      // With these protocols, a cluster that cannot end the input does not start the command.
      protocols: endsInput ? protocolsWithInputEnd : protocolsWithCode,
    };
    const events = { onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => this.#take(stream, chunk), onEnd };
    return ExecSocket.open(this.#client, asked, events, new CancelSource()).catch((error: unknown) => {
      const refused = error instanceof AgentFailure && error.kind !== 'timeout' && error.kind !== 'disconnected';
      throw endsInput && refused ? this.#unsupported() : error;
    });
  }

  /** The command has begun: it gets its input. */
  #begin(): void {
    const { stdin, tty, keyboard } = this.#request;
    const line = Buffer.from(this.#awaitsLine ? startLine : '');
    this.#echoes = this.#awaitsLine;
    if (this.#socket) keyboard?.connect(this.#socket, line);
    if (stdin === undefined) return;
    // A terminal ends its input at this character, at the beginning of a line and after another one.
    const end = Buffer.from(stdin.length === 0 || stdin.at(-1) === 10 ? '\u0004' : '\u0004\u0004');
    // Most commands at a terminal read nothing and end soon. Input on its way to an ended command may cost its exit code: the cluster resets
    // a connection with unread input. So the end of the input comes late, or in one frame with the input.
    if (tty && stdin.length === 0) {
      this.#type(line);
      this.#inputEnd = setTimeout(() => this.#type(end), idleInputMs);
    } else if (tty) this.#type(Buffer.concat([line, stdin, end]));
    else {
      this.#type(stdin);
      if (this.direct) this.#socket?.endInput();
    }
  }

  #type(input: Uint8Array): void {
    void this.#socket?.write(input);
  }

  #take(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | void {
    if (this.#givenUp && this.#greeted) return undefined;
    if (this.direct || this.#greeted) return this.#release([{ stream, chunk }]);
    // The two streams arrive independently: output may arrive before the greeting that was written first.
    if (this.#heldBytes < mostHeld) this.#held.push({ stream, chunk });
    this.#heldBytes += chunk.length;
    if (stream !== (this.#request.tty ? 'stdout' : 'stderr')) return undefined;
    this.#head = Buffer.concat([this.#head, chunk]).subarray(-mostHeld);
    const greeting = readGreeting(this.#mark, this.#head);
    if (greeting === undefined) return undefined;
    this.#greeted = true;
    this.#pid = greeting.pid;
    this.#noInput = greeting.pid === undefined;
    this.#onGreeted();
    if (this.#givenUp || this.#noInput) return undefined;
    this.#begin();
    const before = this.#held.filter((held) => held.stream !== stream);
    return this.#release([...before, { stream, chunk: greeting.rest }]);
  }

  async #release(chunks: readonly { readonly stream: 'stdout' | 'stderr'; readonly chunk: Buffer }[]): Promise<void> {
    this.#held = [];
    for (const { stream, chunk } of chunks) {
      const output = this.#withoutEcho(chunk);
      if (output.length > 0) await this.#sink(stream, output);
    }
  }

  /** Leaves out the echo of {@link startLine}: a line break, which may come in two pieces. */
  #withoutEcho(chunk: Buffer): Buffer {
    if (!this.#echoes || chunk.length === 0) return chunk;
    const begin = chunk[0] === 13 ? 1 : 0;
    if (begin === chunk.length) return chunk.subarray(begin);
    this.#echoes = false;
    return chunk.subarray(chunk[begin] === 10 ? begin + 1 : begin);
  }

  async #judge(end: CommandEnd): Promise<number | AgentFailure | 'no shell'> {
    if (this.#noInput) return this.#unsupported();
    if (!this.direct && !this.#greeted) {
      const said = `${end.message ?? ''}${Buffer.concat(this.#held.map(({ chunk }) => chunk))}`;
      if (end.exitCode === 126 || end.exitCode === 127 || missing.test(said)) return 'no shell';
      await this.#release(this.#held);
    }
    if (end.exitCode !== undefined) return end.exitCode;
    return clusterFailure('upstream', 'failed', end.message ?? 'the command could not be run');
  }

  #unsupported(): AgentFailure {
    const message =
      'the input of a command cannot be ended here: that takes a shell and `head` in the image, or Kubernetes 1.30';
    return clusterFailure('conflict', 'stdin_unsupported', message, { field: 'stdin', outcome: 'not_run' });
  }

  async #kill(): Promise<boolean> {
    const limit = new CancelSource();
    const timer = setTimeout(() => limit.abort(clusterFailure('timeout', 'timeout', 'it takes too long')), endMs);
    let said = '';
    try {
      await new Promise<void>((resolve, reject) => {
        const command = endCommand(this.#mark, this.#pid);
        const asked = { ...this.#request, command, stdin: false, tty: false, protocols: protocolsWithCode };
        const onOutput = (_: string, chunk: Buffer): void => {
          said = (said + chunk.toString()).slice(-100);
        };
        let socket: ExecSocket | undefined;
        limit.addEventListener('abort', () => {
          socket?.close();
          reject(limit.reason);
        });
        ExecSocket.open(this.#client, asked, { onOutput, onEnd: () => resolve() }, limit).then((opened) => {
          socket = opened;
        }, reject);
      });
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
    return said.trim().endsWith('ended');
  }
}

async function until(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

const defaultBytes = 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;

/** Keeps a command's output, up to a limit for each of its streams; the rest is dropped. */
export class KeptOutput {
  readonly #most: number;
  readonly #parts = { stdout: new Parts(), stderr: new Parts() };
  #truncated = false;

  /** @param bytes 0: the default. */
  constructor(bytes: number) {
    this.#most = Math.min(bytes || defaultBytes, mostBytes);
  }

  readonly sink: OutputSink = (stream, chunk) => {
    const room = this.#most - this.#parts[stream].length;
    if (chunk.length > room) this.#truncated = true;
    if (room <= 0) return;
    // A copy, so that the rest of the frame is not kept in memory.
    this.#parts[stream].add(Buffer.from(chunk.subarray(0, room)));
  };

  read(): { readonly stdout: string; readonly stderr: string; readonly truncated: boolean } {
    const { stdout, stderr } = this.#parts;
    return { stdout: text(stdout), stderr: text(stderr), truncated: this.#truncated };
  }
}

/** A character that the limit cuts in two is left out. */
function text(parts: Parts): string {
  return new StringDecoder('utf8').write(parts.take());
}

/** The variable that marks a command and the processes that it starts. */
const variable = 'ROUNDHOUSE_EXEC';

/** The line that a terminal's command waits for, see {@link starter}. */
const startLine = '\n';

/**
 * Prints the mark and its process id on a line of standard error that begins with \1, and then becomes the command. `$1` is the mark, `$2`
 * the number of bytes of input (`-`: none); the command follows. Old clusters cannot end a command's input, so `head` does. The script also
 * reads the input that the command leaves: a node that closes a connection with unread input resets it, and the exit code is lost.
 * `line` as `$2`: the terminal's input. Its command begins after an empty line, which the agent sends after the terminal's size. So the node
 * has read the size before a command can end.
 */
const starter = [
  'm=$1 n=$2',
  'shift 2',
  'case $n in -|line) ;; *)',
  `  if ! command -v head >/dev/null 2>&1; then printf '\\001%s:nohead\\n' "$m" >&2; exit 127; fi`,
  'esac',
  `printf '\\001%s:%s\\n' "$m" "$$" >&2`,
  `${variable}=$m`,
  `export ${variable}`,
  '[ "$n" != line ] || read -r n || exit 1',
  'case $n in -|"") exec "$@" ;; esac',
  'head -c "$n" | { "$@"; c=$?; head -c "$n" >/dev/null; exit "$c"; }',
].join('\n');

/**
 * Ends a command and all processes that it has started: the processes in its session, and those with its mark. `$1` is the mark, `$2` the
 * process id, or `-` if it is unknown. It needs no tools besides the shell: without `grep` it sees no marks, without `sleep` it does not wait.
 */
const ender = [
  'm=$1 leader=$2',
  'each() {',
  '  left=',
  '  for d in /proc/[0-9]*; do',
  `    p=\${d#/proc/}`,
  '    [ "$p" != "$$" ] || continue',
  '    s=',
  '    { read -r s <"$d/stat"; } 2>/dev/null || continue',
  // After the program's name, which may hold anything: state, parent, group, session.
  `    set -- \${s##*) }`,
  '    [ "$1" != Z ] || continue',
  `    if [ "$4" = "$leader" ] || [ "$p" = "$leader" ] || grep -q "${variable}=$m" "$d/environ" 2>/dev/null; then`,
  '      kill -"$sig" "$p" 2>/dev/null',
  '      left=1',
  '    fi',
  '  done',
  '}',
  'sig=TERM; each',
  'i=0',
  'sig=0',
  'while [ -n "$left" ] && [ "$i" -lt 10 ]; do',
  '  sleep 0.2 2>/dev/null || sleep 1 2>/dev/null || break',
  '  each; i=$((i+1))',
  'done',
  'if [ -n "$left" ]; then sig=KILL; each; sleep 0.2 2>/dev/null; sig=0; each; fi',
  'if [ -n "$left" ]; then echo left; else echo ended; fi',
].join('\n');

/** Wraps a command so that it can be ended. @param input the length of its input, bytes; `line` for a terminal's input; `undefined` for none. */
function startCommand(mark: string, input: number | 'line' | undefined, command: readonly string[]): string[] {
  return ['/bin/sh', '-c', starter, 'sh', mark, input === undefined ? '-' : String(input), ...command];
}

/** The command that ends all processes of {@link startCommand}, and then writes `ended`. */
function endCommand(mark: string, pid: number | undefined): string[] {
  return ['/bin/sh', '-c', ender, 'sh', mark, String(pid ?? '-')];
}

/** The first line of {@link startCommand}. */
interface Greeting {
  /** The process id within the container; `undefined` if the input cannot be ended and nothing was run. */
  readonly pid: number | undefined;
  /** The output after the greeting. */
  readonly rest: Buffer;
}

/**
 * Finds the greeting in the output so far; `undefined` while it is not complete. A shell's warnings about the container may precede it, for
 * example about its locale.
 */
export function readGreeting(mark: string, output: Buffer): Greeting | undefined {
  const key = `\u0001${mark}:`;
  const begin = output.indexOf(key);
  const end = begin < 0 ? -1 : output.indexOf('\n', begin);
  if (end < 0) return undefined;
  const said = output
    .subarray(begin + key.length, end)
    .toString()
    .trim();
  return { pid: /^[0-9]+$/.test(said) ? Number(said) : undefined, rest: output.subarray(end + 1) };
}
