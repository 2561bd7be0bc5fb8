import { type Command, CommandKind } from '@roundhouse/proto/agent/v1/command';
import type { Logger } from 'pino';
import { AgentFailure } from '../failure.js';
import type { Answer, Operation, OperationName } from '../operations/operation.js';
import { toWireFailure } from './failure.js';
import { encodeBareResult, encodeFrame, encodeResult } from './frames.js';
import { Running } from './running.js';
import type { Stream } from './service.js';
import { OutgoingTransfer } from './transfer.js';

/** What this agent can do; see `agent/operations/table.ts`. */
export type Operations = ReadonlyMap<OperationName, Operation<OperationName>>;

/** How answers get to the hub. While the link is down they are dropped: the hub has given those commands up. */
export interface DispatchLink {
  send(frame: Buffer): void;
  /** Whether so much waits for the hub that what can be spared should be. */
  readonly congested: boolean;
  openTransfer(): Stream | undefined;
}

/** Commands at once; the hub's own limits are far below. */
const maxRunning = 10_000;
/** Larger results go through a data stream, past the other commands' answers. */
const maxInlineBytes = 256 * 1024;
/** A stream that has nothing to say yet is opened all the same after this time. */
const openAfterMs = 250;
const longestTimer = 2 ** 31 - 1;

/** Runs the hub's commands: each is answered exactly once, in time. */
export class Dispatcher {
  readonly #operations: Operations;
  readonly #link: DispatchLink;
  readonly #log: Logger;
  readonly #running = new Map<string, Running>();
  #idle: (() => void)[] = [];

  constructor(operations: Operations, link: DispatchLink, log: Logger) {
    this.#operations = operations;
    this.#link = link;
    this.#log = log;
  }

  /** Ids of the commands that run. */
  running(): string[] {
    return [...this.#running.keys()];
  }

  take(command: Command): void {
    const { id, operation } = command;
    // Sent again after a lost link: its answer is on the way.
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
    if ('run' in known) this.#run(command, known);
    else this.#transfer(command, known);
  }

  /** Answers a command that could not be read. */
  undecodable(commandId: string): void {
    this.#fail(commandId, new AgentFailure('invalid_argument', 'the command could not be decoded'));
  }

  cancel(commandId: string, reason: string): void {
    this.#running.get(commandId)?.abort(new AgentFailure('cancelled', reason || 'cancelled by the hub'));
  }

  /** Ends what only the hub could want. What changes something runs to its end. */
  linkLost(): void {
    const reason = new AgentFailure('cancelled', 'the link to the hub was lost');
    for (const running of this.#running.values()) {
      running.orphaned = true;
      if (running.expendable) running.abort(reason);
    }
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Aborts everything, and waits for nothing: what does not heed its signal is forgotten. */
  abort(reason: string): void {
    for (const [id, running] of [...this.#running]) {
      running.abort(new AgentFailure('cancelled', reason));
      this.#end(id);
    }
  }

  #run(command: Command, operation: Extract<Operation<OperationName>, { run: unknown }>): void {
    const { id } = command;
    const running = new Running(id, command.traceparent, command.kind === CommandKind.READ, (json) => {
      // Progress is news, and old news when it has to wait.
      if (this.#link.congested || !this.#running.has(id)) return;
      this.#link.send(encodeFrame({ case: 'progress', value: { commandId: id, json } }));
    });
    this.#running.set(id, running);
    let answer: Promise<Answer> | Answer;
    try {
      answer = operation.run(command.operation.value as never, running);
    } catch (error) {
      if (this.#end(id)) this.#fail(id, error, 'begun');
      return;
    }
    if (!(answer instanceof Promise)) {
      if (this.#end(id)) this.#answer(id, answer);
      return;
    }
    this.#limit(command, running, () => {
      // An operation that does not heed its signal is not waited for.
      if (this.#end(id)) this.#fail(id, running.signal.reason, 'begun');
    });
    answer.then(
      (value) => {
        if (this.#end(id)) this.#answer(id, value);
      },
      (error: unknown) => {
        if (this.#end(id)) this.#fail(id, error, 'begun');
      },
    );
  }

  #transfer(command: Command, operation: Extract<Operation<OperationName>, { transfer: unknown }>): void {
    const { id } = command;
    const running = new Running(id, command.traceparent, true, () => {});
    const output = new OutgoingTransfer(id, () => this.#link.openTransfer(), {
      opened: () => this.#link.send(encodeResult(id, { case: 'transferred', value: {} })),
      gone: (failure) => running.abort(failure),
    });
    this.#running.set(id, running);
    // A reader should see that the stream is there before its first bytes are.
    const opener = setTimeout(() => void output.write(new Uint8Array()).catch(() => {}), openAfterMs);
    const failed = (error: unknown): void => {
      if (!this.#end(id)) return;
      if (output.isOpen) output.fail(toWireFailure(error, 'begun', this.#log));
      else this.#fail(id, error, 'begun');
    };
    this.#limit(command, running, () => failed(running.signal.reason));
    Promise.resolve()
      .then(() => operation.transfer(command.operation.value as never, running, output))
      .then(() => output.end())
      .then(() => this.#end(id), failed)
      .finally(() => clearTimeout(opener));
  }

  #limit(command: Command, running: Running, expired: () => void): void {
    const ms = Math.min(Math.max(1, command.timeoutMs), longestTimer);
    running.limit(ms, () => {
      running.abort(new AgentFailure('timeout', `no answer within ${ms} ms`));
      // The operation's own words come first, if it has any.
      setImmediate(expired);
    });
  }

  #answer(commandId: string, answer: Answer): void {
    try {
      this.#send(commandId, answer);
    } catch (error) {
      // An answer that does not fit the contract.
      this.#fail(commandId, error, 'begun');
    }
  }

  #send(commandId: string, answer: Answer): void {
    const size = answer.case === 'server' ? 0 : answer.case === 'tool' ? answer.value.json.length : answer.value.length;
    const frame = size > maxInlineBytes ? undefined : encodeResult(commandId, answer);
    if (frame && frame.length <= maxInlineBytes + 1024) this.#link.send(frame);
    else void this.#answerAtLength(commandId, answer);
  }

  async #answerAtLength(commandId: string, answer: Answer): Promise<void> {
    const output = new OutgoingTransfer(commandId, () => this.#link.openTransfer(), {
      opened: () => {},
      gone: () => {},
    });
    try {
      await output.write(encodeBareResult(commandId, answer));
      await output.end();
    } catch (error) {
      // Its caller is gone, or the link is.
      this.#log.debug({ err: error, commandId }, 'large result not delivered');
    }
  }

  #fail(commandId: string, error: unknown, progressed: 'not_run' | 'begun' = 'not_run'): void {
    const failure = toWireFailure(error, progressed, this.#log);
    this.#link.send(encodeResult(commandId, { case: 'failure', value: failure }));
  }

  /** Whether this was the command's first end, and somebody waits for its answer. */
  #end(commandId: string): boolean {
    const running = this.#running.get(commandId);
    if (!running) return false;
    running.done();
    this.#running.delete(commandId);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    return !running.orphaned;
  }
}
