import type { Result } from '@roundhouse/proto/agent/v1/command';
import { handshakeBound, listBound } from '@roundhouse/proto/bounds';
import { longestTimer, type Timed } from '@roundhouse/proto/deadlines';
import { mostReadValues } from '@roundhouse/proto/json-cost';
import type { Ticket } from '@roundhouse/proto/outbox';
import { unreadable } from '../../domain/agents/answer.js';
import {
  type ByteStream,
  type CommandOptions,
  deviceOf,
  type Operation,
  type Reply,
  serverOf,
} from '../../domain/agents/fleet.js';
import { DomainError } from '../../domain/errors.js';
import { unreachable } from '../wire/failure.js';
import { encodeCommand } from './frames.js';
import type { IncomingTransfer } from './transfer.js';

/** The longest reason of a caller for giving up, characters. */
const MAX_REASON = 200;

/** The sender of a command: it learns when the command is over, and cancels it at the agent. */
export interface CommandOwner {
  forget(command: PendingCommand): void;
  sendCancel(commandId: string, reason: string): void;
}

/** A command that waits for its answer, or whose stream is being read. Is settled exactly once. */
export class PendingCommand implements Ticket, Timed {
  /** Written to the present connection: the agent may have received it. */
  written = false;
  dropped = false;
  /** Its whole answer has arrived, and is being checked: the agent may forget the command. */
  answered = false;
  /** Sent again although it may have run before: it may run twice, or the agent journals it. */
  mayHaveRun = false;
  /** The command's data stream, once the agent has opened it. */
  stream: IncomingTransfer | undefined;
  readonly #owner: CommandOwner;
  readonly #operation: Operation;
  readonly #options: CommandOptions;
  readonly #settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void };
  /** The time that the command has, milliseconds. */
  readonly timeoutMs: number;
  readonly #began = performance.now();
  /** As {@link Timed}: the owner sets both. */
  dueAt = 0;
  limitMs = 0;
  #over = false;

  constructor(
    readonly id: string,
    readonly wants: 'reply' | 'stream',
    operation: Operation,
    owner: CommandOwner,
    options: CommandOptions,
    settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void },
  ) {
    this.#operation = operation;
    this.#owner = owner;
    this.#options = options;
    this.#settle = settle;
    this.timeoutMs = Math.min(Math.max(1, Math.ceil(options.timeoutMs)), longestTimer);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether it may be sent again even if it has run: because of its kind, or because the agent journals it. */
  get repeatable(): boolean {
    if (this.stream && this.stream.received > 0) return false;
    return this.#options.kind !== 'once' || this.#options.journal !== undefined;
  }

  /** Its frame. If it is sent late, or a second time, its time limit is the rest of its time. */
  encode(): Buffer {
    const { kind, signal, journal = '' } = this.#options;
    signal?.trace?.span?.event('sent');
    const left = Math.max(1, this.timeoutMs - Math.floor(performance.now() - this.#began));
    return encodeCommand(this.id, kind, left, signal?.trace, this.#operation, journal);
  }

  /** Whether an answer is about the server or device of the command: it must not report on another one. */
  isAbout({ case: kind, value }: Result['outcome']): boolean {
    if (kind === 'server') return value.serverId === serverOf(this.#operation);
    return kind !== 'device' || value.deviceId === deviceOf(this.#operation);
  }

  /** @param most bytes that any answer may have */
  resultLimit(most: number): ResultLimit {
    return resultLimit(this.#operation, most);
  }

  /** Whether the answer must be a JSON object, as each result of MCP is. */
  wantsObject(answer: 'json' | 'tool'): boolean {
    const { case: name, value } = this.#operation;
    return answer === 'tool' || name === 'mcpRequest' || (name === 'callTool' && value.envelope !== undefined);
  }

  progress(json: Uint8Array, log: boolean): void {
    if (log) this.#options.onLog?.(json);
    else this.#options.onProgress?.(json);
  }

  answer(reply: Reply): void {
    if (!this.end()) return;
    this.#settle.resolve(reply);
  }

  /** Hands the stream to the caller, if it wants a stream. The command goes on until the stream ends. */
  opened(stream: IncomingTransfer): void {
    this.stream = stream;
    if (this.wants === 'stream') this.#settle.resolve(stream);
  }

  fail(error: DomainError): void {
    if (!this.end()) return;
    this.stream?.fail(error);
    // It has no effect if the caller has the stream already.
    this.#settle.reject(error);
  }

  /** Fails it because the agent's answer breaks the contract: it `cannot be read`. */
  refuse(problem: string): void {
    this.fail(unreadable({ operation: this.#operation.case, kind: this.#options.kind }, problem));
  }

  /** Fails the command: the agent is gone, and not expected back in time. */
  lost(reason: string): void {
    this.fail(unreachable(this.#outcome, `The link to the agent was lost: ${reason}`));
  }

  /** Gives the command up, because its time is over. */
  expire(): void {
    const { timeoutMs } = this.#options;
    const details = { timeoutMs, outcome: this.#outcome };
    this.cancel(new DomainError('timeout', `No answer within ${timeoutMs} ms`, details), 'deadline');
  }

  /** Gives the command up, here and at the agent. */
  cancel(error: DomainError, reason: string): void {
    if (this.#over) return;
    if (this.written) this.#owner.sendCancel(this.id, reason);
    else this.dropped = true;
    this.fail(error);
  }

  /** Ends the command. @returns whether it was not over before */
  end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#owner.forget(this);
    return true;
  }

  /** The outcome, as far as the hub knows it without an answer. */
  get #outcome(): 'unknown' | 'not_run' {
    return this.written || this.mayHaveRun ? 'unknown' : 'not_run';
  }

  /** The caller's reason, for the agent and its server. */
  get #reason(): string {
    const reason: unknown = this.#options.signal?.reason;
    const said = reason instanceof DomainError && reason.code === 'cancelled' ? reason.message : '';
    return said.slice(0, MAX_REASON) || 'the caller gave up';
  }

  readonly #onAbort = (): void => {
    this.cancel(new DomainError('cancelled', 'The caller gave up'), this.#reason);
  };
}

/** The bounds of an answer to an operation. */
export interface ResultLimit {
  readonly bytes: number;
  /** The most work for a parser; see `jsonCost`. */
  readonly cost: number;
}

/**
 * Operations with small answers, of a few numbers and texts. The hub itself asks for them, often, and reads the answers in its event loop.
 */
const small: ReadonlySet<Operation['case']> = new Set([
  'measureUsage',
  'storageStats',
  'readPolicy',
  'checkDatabase',
  'checkCluster',
  'checkSource',
  'dockerInfo',
  'containerStats',
  'mcpNotify',
  'closePrivate',
  'answerAsk',
  'syncMcp',
  'syncMcpPart',
]);

/** Operations with long answers: a namespace of a cluster may have thousands of objects. */
const long: ReadonlySet<Operation['case']> = new Set(['listPods', 'listDeployments', 'listNamespaces']);

/** The most work of a page of a server's list: agents refuse longer pages. */
const pageCost = 200_000;

/** The most work of an answer. The hub passes the results of servers on unread; an API that reads them counts the work again. */
function costLimit(operation: Operation): number {
  if (operation.case === 'callTool') return Number.POSITIVE_INFINITY;
  if (operation.case === 'mcpRequest')
    return operation.value.method.endsWith('/list') ? pageCost : Number.POSITIVE_INFINITY;
  return long.has(operation.case) ? listBound.values : mostReadValues;
}

/** The limit for an operation's answer. @param most bytes that any answer may have */
export function resultLimit(operation: Operation, most: number): ResultLimit {
  if (small.has(operation.case)) return { bytes: Math.min(most, 1024 * 1024), cost: 50_000 };
  if (operation.case === 'openPrivate')
    return { bytes: Math.min(most, handshakeBound.bytes), cost: handshakeBound.values };
  return { bytes: most, cost: costLimit(operation) };
}
