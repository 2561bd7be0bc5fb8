import { type Command, CommandKind } from '@roundhouse/proto/agent/v1/command';
import { CommandState } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from '@roundhouse/proto/bucket';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import { Deadlines, type Timed } from '@roundhouse/proto/deadlines';
import type { Logger } from '@roundhouse/proto/log';
import { idsOf, type Trace, type Tracer, traceFrom } from '@roundhouse/proto/tracing';
import { messageWeight, mostNote, shareBytesPerSecond, shareSeconds } from '@roundhouse/proto/unsolicited';
import { pause } from '../../backoff.js';
import { type Cancellation, CancelSource } from '../../cancellation.js';
import { AgentFailure, asFailure } from '../../failure.js';
import type { Answer, Operation, OperationContext, OperationName } from '../../operations/operation.js';
import type { JournalledRuns } from '../journal/journalled.js';
import { Deliveries } from './deliveries.js';
import { encodeBareResult, encodeFrame, encodeResult, type Progressed, toWireFailure } from './frames.js';
import { OutgoingTransfer, type TransferLink } from './transfer.js';

/** The operations of this agent; see `agent/operations/table.ts`. */
export type Operations = ReadonlyMap<OperationName, Operation<OperationName>>;

/** How frames get to the hub. */
export interface DispatchLink extends TransferLink {
  send(frame: Buffer): void;
  /** Whether the hub is so far behind that less important messages should be dropped. */
  readonly congested: boolean;
}

export interface DispatchOptions {
  readonly operations: Operations;
  readonly link: DispatchLink;
  readonly journal: JournalledRuns;
  readonly log: Logger;
  /** Records traces. Without it, the agent only passes trace contexts on. */
  readonly tracer?: Tracer | undefined;
}

/** The most commands at once; the hub's own limits are far below. */
const maxRunning = 10_000;
/** Larger results go through a data stream, past the other commands' answers. */
const maxInlineBytes = 256 * 1024;
/** The memory for all larger results together while they wait for the hub. */
const maxLargeBytes = 256 * 1024 * 1024;
/** A stream without data is opened after this time, milliseconds. */
const openAfterMs = 250;

/** Runs the hub's commands. Each gets exactly one answer, in time, even if the connection changes meanwhile. */
export class Dispatcher {
  readonly #operations: Operations;
  readonly #link: DispatchLink;
  readonly #journal: JournalledRuns;
  readonly #log: Logger;
  readonly #tracer: Tracer | undefined;
  readonly #running = new Map<string, Running>();
  readonly #deadlines: Deadlines<Running>;
  readonly #deliveries = new Deliveries();
  /** Data streams that are not over, including streams of large results. */
  readonly #outputs = new Map<string, OutgoingTransfer>();
  readonly #turns = new BulkScheduler();
  /** A burst of notes holds both ends of the link, about a millisecond for thirty of them. */
  readonly #progress = new Bucket(2_000, 0.25);
  /** The hub cuts off agents that send too many bytes. A server must not have its neighbours' calls cut off. */
  readonly #progressBytes = new Bucket(shareBytesPerSecond, shareSeconds);
  /** The commands that the agent has reported as forgotten. The hub may not have got that report, and may ask once more. */
  #forgotten = new Set<string>();
  #largeBytes = 0;
  #orphanTimer: NodeJS.Timeout | undefined;
  #aborted = false;
  #idle: (() => void)[] = [];

  constructor({ operations, link, journal, log, tracer }: DispatchOptions) {
    this.#operations = operations;
    this.#link = link;
    this.#journal = journal;
    this.#log = log;
    this.#tracer = tracer;
    this.#deadlines = new Deadlines(() => this.#running.values(), this.#expired);
  }

  /** Ids of the commands that run. */
  running(): string[] {
    return [...this.#running.keys()];
  }

  take(command: Command): void {
    const { id, operation, journal } = command;
    // The hub sends it again after a lost link. It still runs, and its answer follows.
    if (this.#running.has(id)) return;
    const name = operation.case;
    const known = name === undefined ? undefined : this.#operations.get(name);
    if (!known || name === undefined) {
      this.#fail(
        id,
        new AgentFailure('unimplemented', `this agent does not know the operation ${name ?? 'asked for'}`),
      );
      return;
    }
    if (this.#running.size >= maxRunning) {
      this.#fail(id, new AgentFailure('overloaded', 'too many commands at once', { retryAfterMs: 1000 }));
      return;
    }
    if ('run' in known) this.#run(command, journal === '' ? known : this.#journal.of(journal, known));
    else this.#transfer(command, known);
  }

  /** Answers a command that could not be read. */
  undecodable(commandId: string): void {
    this.#fail(commandId, new AgentFailure('invalid_argument', 'the command could not be decoded'));
  }

  cancel(commandId: string, reason: string): void {
    this.#running.get(commandId)?.abort(new AgentFailure('cancelled', reason || 'cancelled by the hub'));
  }

  /** The hub has taken this many results of this connection. */
  received(results: number): void {
    this.#deliveries.received(results);
  }

  /**
   * A new connection has begun. Reports the commands that the hub still waits for, and cancels the others, except commands that change
   * something.
   */
  resume(wanted: readonly string[]): void {
    clearTimeout(this.#orphanTimer);
    const { forgot } = this.#deliveries;
    const forgotten = new Set<string>();
    const ended = wanted.filter((commandId) => !this.#outputs.has(commandId));
    const answered = this.#deliveries.resume(ended, (frame) => this.#link.send(frame));
    const standings = wanted
      .filter((commandId) => !answered.has(commandId))
      .map((commandId) => {
        const output = this.#outputs.get(commandId);
        output?.reopen();
        if (output || this.#running.has(commandId)) return { commandId, state: CommandState.RUNNING };
        if (!forgot && !this.#forgotten.has(commandId)) return { commandId, state: CommandState.NEVER_RECEIVED };
        forgotten.add(commandId);
        return { commandId, state: CommandState.FORGOTTEN };
      });
    this.#forgotten = forgotten;
    if (standings.length > 0) this.#link.send(encodeFrame({ case: 'standings', value: { standings } }));
    this.#orphan(new Set(wanted));
  }

  /**
   * The connection is lost. Commands go on: the hub may ask for their results when the agent is back.
   * @param graceMs How long the hub waits for the agent. A while after twice this time the agent gives its commands up.
   */
  lost(graceMs: number): void {
    this.#deliveries.lost();
    for (const output of this.#outputs.values()) output.suspend();
    clearTimeout(this.#orphanTimer);
    if (graceMs === 0 || this.#aborted) this.#giveUp();
    else this.#orphanTimer = setTimeout(() => this.#giveUp(), 2 * graceMs + 10_000);
  }

  /** A new connection takes over: messages of the old one may not have arrived. */
  moved(): void {
    this.#deliveries.lost();
  }

  /** Resolves when no command runs, at the latest after `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    const commands = this.#running.size;
    if (commands === 0 || limitMs === 0) return;
    this.#log.info({ event: 'agent.waiting', commands, limitMs }, 'waiting for commands that still run');
    const idle = new AbortController();
    this.#idle.push(() => idle.abort());
    await pause(limitMs, idle.signal);
  }

  /** Aborts all commands without waiting for them. Work that ignores its signal is forgotten. */
  abort(reason: string): void {
    clearTimeout(this.#orphanTimer);
    this.#aborted = true;
    const failure = new AgentFailure('cancelled', reason);
    for (const [id, running] of [...this.#running]) {
      running.abort(failure);
      this.#end(id);
    }
    for (const output of this.#outputs.values()) {
      output.stop(failure);
      output.suspend();
    }
  }

  /** Cancels the commands that the hub does not wait for, except commands that change something. */
  #orphan(wanted: ReadonlySet<string>): void {
    const reason = new AgentFailure('cancelled', 'the hub does not wait for it any more');
    for (const [id, running] of this.#running) {
      if (wanted.has(id)) continue;
      running.orphaned = true;
      if (running.expendable) running.abort(reason);
    }
    for (const [id, output] of this.#outputs) {
      if (wanted.has(id)) continue;
      output.stop(reason);
      output.suspend();
      if (output.isOver) this.#outputs.delete(id);
    }
  }

  #giveUp(): void {
    this.#orphan(new Set());
    this.#deliveries.clear();
  }

  #run(command: Command, operation: Extract<Operation<OperationName>, { run: unknown }>): void {
    const { id } = command;
    const running = new Running(id, command.kind === CommandKind.READ, this.#tell);
    running.trace = this.#placeOf(command);
    this.#running.set(id, running);
    let answer: Promise<Answer> | Answer;
    try {
      answer = operation.run(command.operation.value as never, running);
    } catch (error) {
      this.#failed(running, error);
      return;
    }
    if (!(answer instanceof Promise)) {
      if (this.#end(id)) this.#answer(id, answer);
      return;
    }
    this.#deadlines.set(running, command.timeoutMs);
    answer.then(
      (value) => {
        if (this.#end(id)) this.#answer(id, value);
      },
      (error: unknown) => this.#failed(running, error),
    );
  }

  #failed({ commandId, trace }: Running, error: unknown): void {
    if (this.#end(commandId, error)) this.#fail(commandId, error, 'begun', trace);
  }

  readonly #tell = (commandId: string, json: Uint8Array, log: boolean): void => {
    // Progress that would have to wait is dropped. The hub takes no longer params, and a message that is too long ends the link.
    if (json.length > mostNote) return;
    if (this.#link.congested || !this.#running.has(commandId)) return;
    if (!this.#progress.take() || !this.#progressBytes.take(messageWeight(json))) return;
    this.#link.send(encodeFrame({ case: 'progress', value: { commandId, json, log } }));
  };

  readonly #expired = (running: Running, ms: number): void => {
    running.abort(new AgentFailure('timeout', `no answer within ${ms} ms`));
    // The operation's own error comes first, if it throws one. The agent does not wait for an operation that ignores its signal.
    setImmediate(() => {
      if (running.onExpired) running.onExpired();
      else if (this.#end(running.commandId, running.reason)) this.#fail(running.commandId, running.reason, 'begun');
    });
  };

  #transfer(command: Command, operation: Extract<Operation<OperationName>, { transfer: unknown }>): void {
    const { id } = command;
    const running = new Running(id, true, () => {});
    const output = new OutgoingTransfer(id, this.#link, this.#turns, this.#outputs, {
      // Kept without an id: the stream itself tells the hub the same.
      opened: () => this.#deliveries.deliver('', encodeResult(id, { case: 'transferred', value: {} })),
      gone: (failure) => running.abort(failure),
    });
    running.addEventListener('abort', () => output.stop(running.reason as AgentFailure));
    running.trace = this.#placeOf(command);
    this.#running.set(id, running);
    this.#outputs.set(id, output);
    // A reader should see the stream before its first bytes come.
    const opener = setTimeout(() => void output.write(new Uint8Array()).catch(() => {}), openAfterMs);
    const failed = (error: unknown): void => {
      if (!this.#end(id, error)) return;
      const { trace } = running;
      if (output.isOpen) output.fail(toWireFailure(error, 'begun', this.#logOf(trace)));
      else this.#fail(id, error, 'begun', trace);
    };
    running.onExpired = () => failed(running.reason);
    this.#deadlines.set(running, command.timeoutMs);
    Promise.resolve()
      .then(() => operation.transfer(command.operation.value as never, running, output))
      .then(() => output.end())
      .then(() => this.#end(id), failed)
      .finally(() => clearTimeout(opener))
      .then(() => output.over())
      .finally(() => this.#outputs.delete(id));
  }

  #logOf(trace: Trace | undefined): Logger {
    const span = trace?.span;
    return span ? this.#log.child(idsOf(span)) : this.#log;
  }

  /** The place of a command in a trace: a span of this agent where the hub and the agent record it, else the place that the hub names. */
  #placeOf({ traceparent, tracestate, traced, operation }: Command): Trace | undefined {
    const hub = traceparent === '' ? undefined : traceFrom(traceparent, tracestate);
    if (!hub || !traced) return hub;
    const name = `command ${operation.case}`;
    return this.#tracer?.resume(hub, name, 'server', { 'roundhouse.command': String(operation.case) }) ?? hub;
  }

  #answer(commandId: string, answer: Answer): void {
    try {
      this.#send(commandId, answer);
    } catch (error) {
      // The answer does not fit the contract.
      this.#fail(commandId, error, 'begun');
    }
  }

  #send(commandId: string, answer: Answer): void {
    const isReport = answer.case === 'server' || answer.case === 'device';
    const size = isReport ? 0 : answer.case === 'tool' ? answer.value.json.length : answer.value.length;
    const frame = size > maxInlineBytes ? undefined : encodeResult(commandId, answer);
    if (frame && frame.length <= maxInlineBytes + 1024) this.#deliveries.deliver(commandId, frame);
    else void this.#answerByStream(commandId, answer);
  }

  async #answerByStream(commandId: string, answer: Answer): Promise<void> {
    const bytes = encodeBareResult(commandId, answer);
    if (this.#largeBytes + bytes.length > maxLargeBytes) {
      const message = 'the result was dropped: too many large results wait for the hub';
      this.#fail(commandId, new AgentFailure('overloaded', message, { retryAfterMs: 1000 }), 'dropped');
      return;
    }
    this.#largeBytes += bytes.length;
    const output = new OutgoingTransfer(commandId, this.#link, this.#turns, this.#outputs, {
      opened: () => {},
      gone: () => {},
    });
    this.#outputs.set(commandId, output);
    try {
      await output.write(bytes);
      await output.end();
    } catch (error) {
      // The caller is gone, or the hub did not take the result. If the hub asks for it later, it must not learn that the command never ran.
      this.#log.debug({ event: 'link.result_not_delivered', err: error, commandId }, 'large result not delivered');
      this.#fail(commandId, new AgentFailure('lost', 'the result could not be delivered'), 'dropped');
    } finally {
      this.#largeBytes -= bytes.length;
      this.#outputs.delete(commandId);
    }
  }

  #fail(commandId: string, error: unknown, progressed: Progressed = 'not_run', trace?: Trace): void {
    const failure = toWireFailure(error, progressed, this.#logOf(trace));
    this.#deliveries.deliver(commandId, encodeResult(commandId, { case: 'failure', value: failure }));
  }

  /** Ends a command. Returns whether it had not ended before, and a caller waits for its answer. */
  #end(commandId: string, failure?: unknown): boolean {
    const running = this.#running.get(commandId);
    if (!running) return false;
    running.done(failure);
    this.#running.delete(commandId);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    return !running.orphaned;
  }
}

/** A command that runs. It is its own signal, so that a call needs one object. */
class Running extends CancelSource implements OperationContext, Timed {
  readonly signal: Cancellation = this;
  /** The hub does not wait for it any more, and takes no answer to it. */
  orphaned = false;
  dueAt = Number.POSITIVE_INFINITY;
  limitMs = 0;
  /** Answers in place of the dispatcher when the command's time is up. */
  onExpired: (() => void) | undefined;

  constructor(
    readonly commandId: string,
    /** May be cancelled if no caller will receive its answer: it changes nothing. */
    readonly expendable: boolean,
    private readonly tell: (commandId: string, json: Uint8Array, log: boolean) => void,
  ) {
    super();
  }

  progress(json: Uint8Array): void {
    this.tell(this.commandId, json, false);
  }

  log(json: Uint8Array): void {
    this.tell(this.commandId, json, true);
  }

  done(failure: unknown): void {
    this.trace?.span?.end(failure === undefined ? undefined : asFailure(failure).kind);
  }
}
