import type { Result } from '@roundhouse/proto/agent/v1/command';
import { CommandState, type Standing } from '@roundhouse/proto/agent/v1/link';
import type { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import { Deadlines } from '@roundhouse/proto/deadlines';
import type { Outbox } from '@roundhouse/proto/outbox';
import { Parts } from '@roundhouse/proto/parts';
import type { ByteStream, CommandOptions, Operation, Reply } from '../../domain/agents/fleet.js';
import { DomainError } from '../../domain/errors.js';
import type { FleetSettings } from '../settings.js';
import { answerCost, MalformedReport, startsObject } from '../wire/bounds.js';
import { toDeviceReport } from '../wire/devices.js';
import { toDomainError, unreachable } from '../wire/failure.js';
import type { Stream } from '../wire/stream.js';
import { toServerReport } from '../wire/wire.js';
import { type CommandOwner, PendingCommand } from './command.js';
import { decodeBareResult, encodeFrame } from './frames.js';
import { Pace } from './pace.js';
import type { Counters } from './stats.js';
import { IncomingTransfer } from './transfer.js';

/** The parts that the commands of all agents share. */
export interface CommandContext {
  readonly settings: FleetSettings;
  readonly counters: Counters;
  /** Bounds how many large results are collected at once. */
  readonly collecting: Pace;
  /** The turns of the data streams of all agents. */
  readonly turns: BulkScheduler;
}

const unreadable = 'cannot be read';
const astray = 'is about another server or device than the command';

/** The bytes that a stream must bring within each stall limit to keep its place. */
const leastProgress = 64 * 1024;

/** The most cancellations that wait for an agent's return. Further ones are left out: their commands run to their deadlines. */
const maxCancels = 1_000;

/**
 * The commands of one agent, over all its connections. Without a connection they wait, until {@link AgentCommands.lost}. An answer finds
 * its caller by an id that no other command has, before or after a restart of the hub.
 */
export class AgentCommands implements CommandOwner {
  readonly #idPrefix: string;
  readonly #context: CommandContext;
  readonly #pending = new Map<string, PendingCommand>();
  readonly #deadlines = new Deadlines<PendingCommand>(
    () => this.#pending.values(),
    (command) => command.expire(),
  );
  readonly #collecting: Pace;
  #outbox: Outbox | undefined;
  /** Whether new commands may be sent: the agent has got everything that comes before them. */
  #open = false;
  #closing: { readonly reason: string; readonly returnAfterMs: number | undefined } | undefined;
  #cancels: { readonly commandId: string; readonly reason: string }[] = [];
  #resumes = false;
  /** The commands whose states the agent still has to report on this connection; `undefined` once it has answered. */
  #askedAbout: Set<string> | undefined;
  #count = 0;
  #idle: (() => void)[] = [];

  constructor(idPrefix: string, context: CommandContext) {
    this.#idPrefix = idPrefix;
    this.#context = context;
    this.#collecting = new Pace(context.settings.maxCollectingOfAgent);
  }

  get size(): number {
    return this.#pending.size;
  }

  execute(operation: Operation, options: CommandOptions): Promise<Reply> {
    return this.#command(operation, options, 'reply') as Promise<Reply>;
  }

  open(operation: Operation, options: CommandOptions): Promise<ByteStream> {
    return this.#command(operation, options, 'stream') as Promise<ByteStream>;
  }

  /**
   * Takes up a new connection. Until {@link release} the hub sends only messages about earlier commands.
   * @param agent `resumes`: whether it can resume earlier commands; `sameProcess`: whether its process is the one that had them. Otherwise
   * they are lost.
   */
  resume(outbox: Outbox, agent: { readonly resumes: boolean; readonly sameProcess: boolean }): void {
    const { resumes, sameProcess } = agent;
    this.#outbox = outbox;
    this.#resumes = resumes;
    this.#closing = undefined;
    this.#askedAbout = undefined;
    const written = [...this.#pending.values()].filter((command) => command.written && !command.answered);
    if (resumes && sameProcess) {
      if (written.length > 0) this.#context.counters.resumptions++;
      const commandIds = written.map(({ id }) => id);
      this.#askedAbout = new Set(commandIds);
      outbox.push(encodeFrame({ case: 'resume', value: { commandIds } }));
      for (const cancel of this.#cancels) outbox.push(encodeFrame({ case: 'cancel', value: cancel }));
    } else {
      if (resumes) outbox.push(encodeFrame({ case: 'resume', value: { commandIds: [] } }));
      for (const command of written) this.#orphaned(command, 'the agent was restarted');
    }
    this.#cancels = [];
  }

  /** Sends the commands that waited for the connection, and all further ones. */
  release(): void {
    this.#open = true;
    for (const command of this.#pending.values()) if (!command.written) this.#send(command);
  }

  /** Notes that the connection is gone. Frames that were sent may have arrived. */
  detach(): void {
    this.#outbox = undefined;
    this.#open = false;
  }

  /** Takes no new commands: the hub or the agent is about to end the connection. */
  close(reason: string, returnAfterMs?: number): void {
    this.#closing = { reason, returnAfterMs };
  }

  /** Gives all commands up. */
  lost(reason: string): void {
    this.#cancels = [];
    for (const command of [...this.#pending.values()]) if (!command.answered) command.lost(reason);
  }

  /** Resolves when no command waits for its answer. */
  idle(): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  forget(command: PendingCommand): void {
    this.#pending.delete(command.id);
    if (this.#pending.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  sendCancel(commandId: string, reason: string): void {
    if (this.#outbox) this.#outbox.push(encodeFrame({ case: 'cancel', value: { commandId, reason } }));
    else if (this.#cancels.length < maxCancels) this.#cancels.push({ commandId, reason });
  }

  /**
   * Takes an answer of the agent.
   * @returns `taken`; `late` if no caller waits for it any more; `foreign` if the command was never this agent's; `astray` if it is about
   * another server or device than the command; `malformed` if it breaks the contract
   */
  result(result: Result): 'taken' | 'late' | 'foreign' | 'astray' | 'malformed' {
    const command = this.#pending.get(result.commandId);
    if (!command) return result.commandId.startsWith(this.#idPrefix) ? 'late' : 'foreign';
    if (!command.isAbout(result.outcome)) {
      command.refuse(astray);
      return 'astray';
    }
    // A stream's end comes on the stream itself, after its last byte.
    if (command.stream || result.outcome.case === 'transferred') return 'taken';
    try {
      this.#settle(command, result.outcome);
      return 'taken';
    } catch (error) {
      if (!(error instanceof MalformedReport)) throw error;
      command.refuse(unreadable);
      return 'malformed';
    }
  }

  progress(commandId: string, json: Uint8Array, log = false): void {
    this.#pending.get(commandId)?.progress(json, log);
  }

  /**
   * Reads the agent's states of the commands that the hub asked about after a lost link. Returns false if it answers twice, or for a
   * command that the hub did not ask about: each state can make the hub send a whole command again.
   */
  standings(standings: readonly Standing[]): boolean {
    const asked = this.#askedAbout;
    this.#askedAbout = undefined;
    for (const { commandId, state } of standings) {
      if (!asked?.delete(commandId)) return false;
      this.#stands(commandId, state);
    }
    return asked !== undefined;
  }

  #stands(commandId: string, state: CommandState): void {
    const command = this.#pending.get(commandId);
    if (!command || state === CommandState.RUNNING) return;
    // An agent that opened a stream for a command has received the command, even if it denies that.
    if (state === CommandState.NEVER_RECEIVED && !command.stream) this.#sendAgain(command);
    else this.#orphaned(command, 'the agent no longer knows its outcome');
  }

  /** Takes a data stream that the agent opened for a command, possibly again; or returns why not. */
  transfer(commandId: string, call: Stream, parts: AsyncIterator<Buffer>): 'taken' | 'late' | 'foreign' {
    const command = this.#pending.get(commandId);
    if (!command) return commandId.startsWith(this.#idPrefix) ? 'late' : 'foreign';
    if (command.stream) {
      command.stream.attach({ call, parts });
      return 'taken';
    }
    const { counters, settings, turns } = this.#context;
    counters.transfers++;
    const resumes = this.#resumes ? { graceMs: settings.silentGraceMs } : undefined;
    const transfer = new IncomingTransfer({ call, parts }, turns, resumes, (cancelled) => {
      if (cancelled !== undefined) this.sendCancel(command.id, cancelled);
      if (command.wants === 'stream') command.end();
    });
    command.opened(transfer);
    if (command.wants === 'reply') void this.#inTurn(() => this.#collect(command, transfer));
    return 'taken';
  }

  #command(operation: Operation, options: CommandOptions, wants: 'reply' | 'stream'): Promise<Reply | ByteStream> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) throw new DomainError('cancelled', 'The caller gave up');
      const { settings, counters } = this.#context;
      this.#checkRoom(settings);
      const id = this.#idPrefix + (this.#count++).toString(36);
      const settle = { resolve, reject };
      const command = new PendingCommand(id, wants, operation, this, options, settle);
      this.#pending.set(id, command);
      // The agent gives up first.
      this.#deadlines.set(command, command.timeoutMs + settings.deadlineSlackMs);
      counters.commands++;
      if (this.#open) this.#send(command);
    });
  }

  #checkRoom({ maxWaiting }: FleetSettings): void {
    if (this.#closing) {
      const { reason, returnAfterMs } = this.#closing;
      const wait = returnAfterMs ? { retryAfter: Math.ceil(returnAfterMs / 1000) } : {};
      throw unreachable('not_run', `The link is closing: ${reason}`, wait);
    }
    if (this.#outbox ? this.#outbox.full : this.#pending.size >= maxWaiting)
      throw new DomainError('unavailable', 'Too much waits for this agent', { retryAfter: 1, outcome: 'not_run' });
  }

  #send(command: PendingCommand): void {
    const bytes = command.encode();
    command.written = false;
    if (bytes.length > this.#context.settings.maxMessageBytes) {
      const message = `A command of ${bytes.length} bytes is too large for the link`;
      command.fail(new DomainError('payload_too_large', message, { outcome: 'not_run' }));
      return;
    }
    this.#outbox?.push(bytes, command);
  }

  #sendAgain(command: PendingCommand): void {
    command.written = false;
    // Before the release, a command is sent with the other waiting commands.
    if (this.#open && this.#outbox?.full) {
      command.lost('too much waits for this agent to send the command again');
      return;
    }
    this.#context.counters.resent++;
    if (this.#open) this.#send(command);
  }

  /** The agent no longer knows a command: the hub sends it again, or fails it. */
  #orphaned(command: PendingCommand, reason: string): void {
    if (!command.repeatable) {
      command.lost(reason);
      return;
    }
    command.mayHaveRun = true;
    this.#sendAgain(command);
  }

  /** Waits for a place of the agent first, so one agent cannot fill the waiting places of the hub. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#collecting.run(() => this.#context.collecting.run(work));
  }

  /** A result too large for the control stream comes as an encoded `Result` on a data stream. */
  async #collect(command: PendingCommand, transfer: IncomingTransfer): Promise<void> {
    const { maxResultBytes, collectStallMs } = this.#context.settings;
    // The result is in a message with the id of its command.
    const most = command.resultLimit(maxResultBytes).bytes + 1024;
    const parts = new Parts();
    let due = leastProgress;
    const stalled = () => transfer.fail(new DomainError('upstream_failed', 'The result came too slowly'));
    let timer = setTimeout(stalled, collectStallMs);
    try {
      for await (const part of transfer) {
        if (parts.length + part.length > most) throw tooLarge(`${most} bytes`);
        parts.add(Buffer.from(part.buffer, part.byteOffset, part.length));
        if (parts.length < due) continue;
        due = parts.length + leastProgress;
        clearTimeout(timer);
        timer = setTimeout(stalled, collectStallMs);
      }
      const encoded = parts.take();
      const { outcome } = decodeBareResult(encoded);
      if (command.isAbout(outcome)) this.#settle(command, outcome);
      else command.refuse(astray);
    } catch (error) {
      if (error instanceof DomainError) command.fail(error);
      else command.refuse(unreadable);
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(command: PendingCommand, outcome: Result['outcome']): void {
    this.#context.counters.results++;
    if (outcome.case === 'failure') {
      command.fail(toDomainError(outcome.value));
    } else if (command.wants === 'stream') {
      this.sendCancel(command.id, 'a stream was wanted');
      command.refuse('is no stream');
    } else if (outcome.case === 'json' || outcome.case === 'tool') {
      this.#answer(command, outcome);
    } else if (outcome.case === 'server') {
      command.answer({ case: 'server', value: toServerReport(outcome.value) });
    } else if (outcome.case === 'device') {
      command.answer({ case: 'device', value: toDeviceReport(outcome.value) });
    } else {
      command.refuse('is of a kind that this hub does not know');
    }
  }

  /** Hands an answer to the caller, if it is JSON. */
  #answer(command: PendingCommand, reply: Extract<Reply, { case: 'json' | 'tool' }>): void {
    const json = reply.case === 'tool' ? reply.value.json : reply.value;
    const limit = command.resultLimit(this.#context.settings.maxResultBytes);
    const settle = (cost: number | undefined) => {
      if (cost !== undefined && cost > limit.cost) command.fail(tooLarge(`${limit.cost} values`));
      else if (cost === undefined || (command.wantsObject(reply.case) && !startsObject(json)))
        command.refuse(unreadable);
      else command.answer(reply);
    };
    if (json.length > limit.bytes) {
      command.fail(tooLarge(`${limit.bytes} bytes`));
      return;
    }
    command.answered = true;
    const cost = answerCost(json);
    if (cost instanceof Promise) void cost.then(settle);
    else settle(cost);
  }
}

/** @param bound such as `100 bytes` */
function tooLarge(bound: string): DomainError {
  const message = `The result is too large: it has more than ${bound}`;
  return new DomainError('upstream_failed', message, { reason: 'result_too_large' });
}
