import { randomUUID } from 'node:crypto';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { Client } from '../cluster/client.js';
import { clusterFailure, invalid } from '../cluster/failure.js';
import { type ContainerPlace, chooseContainer } from '../pods/container-choice.js';
import { ExecRun, type OutputSink } from './exec-run.js';

/** A command for a container; see ExecPod in `kubernetes.proto`. */
export interface ExecRequest extends ContainerPlace {
  readonly command: readonly string[];
  readonly stdin: Uint8Array | undefined;
  readonly tty: boolean;
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

const defaultTimeoutMs = 60_000;
const longestTimer = 2 ** 31 - 1;
const mostInput = 1024 * 1024;
/** The command is part of an address, which servers limit. */
const mostCommand = 64 * 1024;

/**
 * Runs a command to its end. When the signal or the time limit cancels it, the process is ended before this rejects. If that takes too
 * long, the rest of the work is passed to `background`.
 * @throws AgentFailure `timeout` (`details.ended`: whether the process is gone), `not_running`, `stdin_unsupported`, the signal's reason,
 * and the failures of every request.
 */
export async function execute(
  client: Client,
  request: ExecRequest,
  sink: OutputSink,
  signal: Cancellation,
  background: (work: Promise<unknown>) => void,
): Promise<ExecEnd> {
  check(request);
  const container = await chooseContainer(client, request, true, signal);
  const begun = performance.now();
  const place = { ...request, container };
  const mark = randomUUID();
  const timeoutMs = Math.min(request.timeoutMs || defaultTimeoutMs, longestTimer);
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

const asFailure = (reason: unknown): AgentFailure =>
  reason instanceof AgentFailure ? reason : new AgentFailure('cancelled', 'the command was given up');
