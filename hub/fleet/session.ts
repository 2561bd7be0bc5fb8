import { fromBinary } from '@bufbuild/protobuf';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { type Result, ResultSchema } from '@roundhouse/proto/agent/v1/command';
import type { AgentFrame } from '@roundhouse/proto/agent/v1/link';
import type { Logger } from 'pino';
import type {
  ByteStream,
  CommandOptions,
  ConnectedAgent,
  FleetEvents,
  Operation,
  Reply,
  ServerSpec,
} from '../domain/agents/fleet.js';
import { DomainError } from '../domain/errors.js';
import { type CommandOwner, PendingCommand } from './command.js';
import { toDomainError, unreachable } from './failure.js';
import { decodeAgentFrames, encodeCommand, encodeFrame } from './frames.js';
import { Heartbeats } from './heartbeats.js';
import { Outbox } from './outbox.js';
import { refuse } from './refuse.js';
import type { FleetSettings } from './settings.js';
import type { Counters } from './stats.js';
import { IncomingTransfer } from './transfer.js';
import { toServerReport, toWireSpec } from './wire.js';

/** The largest delay that a Node timer takes. */
const longestTimer = 2 ** 31 - 1;

export interface SessionContext {
  readonly settings: FleetSettings;
  readonly events: FleetEvents;
  readonly counters: Counters;
  readonly log: Logger;
  /** Of the hub. */
  readonly version: string;
}

/** One agent's control stream: its commands, what it reports, and whether it is alive. */
export class Session implements CommandOwner {
  /** Resolves when the session is over and the domain has been told. */
  readonly gone: Promise<void>;
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #context: SessionContext;
  readonly #outbox: Outbox;
  readonly #heartbeats: Heartbeats;
  readonly #pending = new Map<string, PendingCommand>();
  #commands = 0;
  #state: 'admitting' | 'ready' | 'ended' = 'admitting';
  #draining: string | undefined;
  #endReason = '';
  #idle: (() => void)[] = [];
  #resolveGone: () => void = () => {};

  /** `idPrefix` makes this session's command ids differ from all others, before and after a restart of the hub. */
  constructor(
    readonly agent: ConnectedAgent & { roundTripMs: number | undefined },
    readonly epoch: bigint,
    readonly idPrefix: string,
    call: ServerDuplexStream<Buffer, Buffer>,
    context: SessionContext,
  ) {
    this.#call = call;
    this.#context = context;
    this.#outbox = new Outbox(call, context.settings);
    this.#heartbeats = new Heartbeats(context.settings, {
      send: (heartbeat) => this.#outbox.push(encodeFrame({ case: 'heartbeat', value: heartbeat })),
      measured: (ms) => {
        agent.roundTripMs = ms;
      },
      silent: () => this.end('no sign of life', status.DEADLINE_EXCEEDED),
    });
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    call.once('end', () => this.end('closed by the agent', status.OK));
    call.once('close', () => this.end('connection lost', status.OK));
  }

  /** Whether the domain knows of this agent and commands may be sent. */
  get ready(): boolean {
    return this.#state === 'ready';
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Why the session is over. */
  get endReason(): string {
    return this.#endReason;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Tells the domain of the agent, then the agent what it should run, and begins to read what it sends. */
  async start(): Promise<void> {
    const { events, settings, version, log } = this.#context;
    if (this.#state === 'ended') {
      this.#resolveGone();
      return;
    }
    let specs: readonly ServerSpec[];
    try {
      specs = await events.onConnect(this.agent);
    } catch (error) {
      log.error({ err: error, agent: this.agent.id }, 'agent not admitted');
      this.end('not admitted', status.UNAVAILABLE);
      this.#resolveGone();
      return;
    }
    // It may have ended meanwhile.
    if (this.ended) {
      this.#tellGone();
      return;
    }
    this.#state = 'ready';
    const { heartbeatIntervalMs, silenceLimitMs } = settings;
    this.#outbox.push(encodeFrame({ case: 'welcome', value: { version, heartbeatIntervalMs, silenceLimitMs } }));
    this.#outbox.push(encodeFrame({ case: 'desired', value: { servers: specs.map(toWireSpec) } }));
    this.#heartbeats.start();
    this.#call.on('data', (message: Buffer) => this.#receive(message));
    this.#call.resume();
  }

  execute(operation: Operation, options: CommandOptions): Promise<Reply> {
    return this.#command(operation, options, 'reply') as Promise<Reply>;
  }

  open(operation: Operation, options: CommandOptions): Promise<ByteStream> {
    return this.#command(operation, options, 'stream') as Promise<ByteStream>;
  }

  #command(operation: Operation, options: CommandOptions, wants: 'reply' | 'stream'): Promise<Reply | ByteStream> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) throw new DomainError('cancelled', 'The caller gave up');
      if (this.#state !== 'ready') throw unreachable('not_run', 'The agent is not connected');
      if (this.#draining !== undefined) throw unreachable('not_run', `The link is closing: ${this.#draining}`);
      if (this.#outbox.full) {
        throw new DomainError('unavailable', 'Too much waits for this agent', { retryAfter: 1, outcome: 'not_run' });
      }
      const { settings, counters } = this.#context;
      const timeoutMs = Math.min(Math.max(1, Math.ceil(options.timeoutMs)), longestTimer);
      const id = this.idPrefix + (this.#commands++).toString(36);
      const bytes = encodeCommand(id, options.kind, timeoutMs, options.traceparent ?? '', operation);
      if (bytes.length > settings.maxMessageBytes) {
        throw new DomainError('payload_too_large', `A command of ${bytes.length} bytes is too large for the link`);
      }
      const limitMs = Math.min(timeoutMs + settings.deadlineSlackMs, longestTimer);
      const command = new PendingCommand(id, wants, this, options, limitMs, { resolve, reject });
      this.#pending.set(id, command);
      counters.commands++;
      this.#outbox.push(bytes, command);
    });
  }

  forget(command: PendingCommand): void {
    this.#pending.delete(command.id);
    if (this.#pending.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  sendCancel(commandId: string, reason: string): void {
    this.#outbox.push(encodeFrame({ case: 'cancel', value: { commandId, reason } }));
  }

  /** Asks the agent to go, and gives it no more commands. */
  drain(reason: string, graceMs: number, returnAfterMs: number): void {
    if (this.#state !== 'ready') return;
    this.#draining = reason;
    this.#outbox.push(encodeFrame({ case: 'drain', value: { reason, graceMs, returnAfterMs } }));
  }

  /** Resolves when no command waits for its answer. */
  idle(): Promise<void> {
    return this.#pending.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends the stream and fails what waits for it. */
  end(reason: string, code: status): void {
    if (this.#state === 'ended') return;
    const told = this.#state === 'ready';
    this.#state = 'ended';
    this.#endReason = reason;
    this.#heartbeats.stop();
    this.#outbox.close();
    for (const command of [...this.#pending.values()]) command.lost(reason);
    if (code === status.OK) this.#call.end();
    else refuse(this.#call, code, reason);
    this.#call.removeAllListeners('data');
    this.#call.resume();
    if (told) this.#tellGone();
  }

  /** Takes the data stream that the agent opened for a command, or says why not. */
  attach(
    commandId: string,
    call: ServerDuplexStream<Buffer, Buffer>,
    parts: AsyncIterator<Buffer>,
  ): string | undefined {
    const command = this.#pending.get(commandId);
    if (!command || command.stream) return 'No command waits for this stream';
    this.#context.counters.transfers++;
    const transfer = new IncomingTransfer(call, parts, (cancelled) => {
      if (cancelled !== undefined) this.sendCancel(command.id, cancelled);
      if (command.wants === 'stream') command.end();
    });
    command.opened(transfer);
    if (command.wants === 'reply') void this.#collect(command, transfer);
    return undefined;
  }

  /** A result too large for the control stream comes as an encoded `Result` on a data stream. */
  async #collect(command: PendingCommand, transfer: IncomingTransfer): Promise<void> {
    const parts: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const part of transfer) {
        size += part.length;
        if (size > this.#context.settings.maxResultBytes) {
          throw new DomainError('upstream_failed', 'The result is too large', { reason: 'result_too_large' });
        }
        parts.push(part);
      }
      this.#settle(command, fromBinary(ResultSchema, Buffer.concat(parts, size)).outcome);
    } catch (error) {
      command.fail(error instanceof DomainError ? error : new DomainError('internal', 'The result is unreadable'));
    }
  }

  #receive(message: Buffer): void {
    if (this.#state !== 'ready') return;
    this.#heartbeats.heard();
    let frames: AgentFrame['frame'][];
    try {
      frames = decodeAgentFrames(message);
    } catch (error) {
      this.#violation('unreadable message', error);
      return;
    }
    for (const frame of frames) {
      this.#take(frame);
      if (this.ended) return;
    }
  }

  #take(frame: AgentFrame['frame']): void {
    const { events, log } = this.#context;
    try {
      switch (frame.case) {
        case 'result':
          this.#result(frame.value);
          break;
        case 'progress':
          this.#pending.get(frame.value.commandId)?.progress(frame.value.json);
          break;
        case 'server':
          events.onReport(this.agent, toServerReport(frame.value));
          break;
        case 'heartbeat':
          this.#heartbeats.take(frame.value);
          break;
        case 'log':
          events.onLog(this.agent, frame.value);
          break;
        case 'drain':
          this.#draining = frame.value.reason || 'the agent is stopping';
          break;
        case 'hello':
          this.#violation('second hello');
          break;
        // A frame of a newer agent: the versions were found to fit, so it can be left out.
        default:
      }
    } catch (error) {
      // A listener's fault must not cost the link.
      log.error({ err: error, agent: this.agent.id, frame: frame.case }, 'frame not handled');
    }
  }

  #result(result: Result): void {
    const { counters, log } = this.#context;
    const command = this.#pending.get(result.commandId);
    if (command) {
      // A stream's end comes on the stream itself, after its last byte.
      if (command.stream || result.outcome.case === 'transferred') return;
      counters.results++;
      this.#settle(command, result.outcome);
    } else if (!result.commandId.startsWith(this.idPrefix)) {
      counters.foreignResults++;
      const commandId = result.commandId.slice(0, 64);
      log.warn({ agent: this.agent.id, commandId }, "result of a command that is not this connection's");
    } else if (result.outcome.case !== 'transferred') {
      counters.lateResults++;
    }
  }

  #settle(command: PendingCommand, outcome: Result['outcome']): void {
    if (outcome.case === 'failure') {
      command.fail(toDomainError(outcome.value));
    } else if (command.wants === 'stream') {
      this.sendCancel(command.id, 'a stream was wanted');
      command.fail(new DomainError('internal', 'The agent answered without a stream'));
    } else if (outcome.case === 'json' || outcome.case === 'tool') {
      command.answer(outcome);
    } else if (outcome.case === 'server') {
      command.answer({ case: 'server', value: toServerReport(outcome.value) });
    } else {
      command.fail(new DomainError('internal', 'The agent gave an answer that this hub does not know'));
    }
  }

  #violation(what: string, error?: unknown): void {
    this.#context.counters.violations++;
    this.#context.log.warn({ err: error, agent: this.agent.id }, `agent cut off: ${what}`);
    this.end(what, status.INVALID_ARGUMENT);
  }

  #tellGone(): void {
    try {
      this.#context.events.onDisconnect(this.agent, this.#endReason);
    } catch (error) {
      this.#context.log.error({ err: error, agent: this.agent.id }, 'disconnect not handled');
    }
    this.#resolveGone();
  }
}
