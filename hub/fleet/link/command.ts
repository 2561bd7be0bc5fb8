import type { Result } from '@roundhouse/proto/agent/v1/command';
import { handshakeBound, listBound } from '@roundhouse/proto/bounds';
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

/** The longest reason of a caller that gives up, characters. */
const MAX_REASON = 200;

/** The sender of a command: it learns when the command is over, and cancels it at the agent. */
export interface CommandOwner {
  forget(command: PendingCommand): void;
  sendCancel(commandId: string, reason: string): void;
}

/** The largest delay that a Node timer takes. */
const longestTimer = 2 ** 31 - 1;

/** A command that waits for its answer, or whose stream is being read. Is settled exactly once. */
export class PendingCommand implements Ticket {
  /** Given to a connection since it last broke off: from then on it may have arrived. */
  written = false;
  dropped = false;
  /** Its whole answer is here, and is being checked: the agent may forget the command. */
  answered = false;
  /** Sent again, though it may have run before: it may do so twice, or the agent has it in its journal. */
  mayHaveRun = false;
  /** The command's data stream, once the agent has opened it. */
  stream: IncomingTransfer | undefined;
  readonly #owner: CommandOwner;
  readonly #operation: Operation;
  readonly #options: CommandOptions;
  readonly #settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void };
  readonly #timeoutMs: number;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  #over = false;

  /** `slackMs`: how much later than the agent the hub gives up. */
  constructor(
    readonly id: string,
    readonly wants: 'reply' | 'stream',
    operation: Operation,
    owner: CommandOwner,
    options: CommandOptions,
    slackMs: number,
    settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void },
  ) {
    this.#operation = operation;
    this.#owner = owner;
    this.#options = options;
    this.#settle = settle;
    this.#timeoutMs = Math.min(Math.max(1, Math.ceil(options.timeoutMs)), longestTimer);
    this.#timer = setTimeout(this.#onDeadline, Math.min(this.#timeoutMs + slackMs, longestTimer));
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether it may be sent once more, though it may have run: by its kind, or because the agent journals it. */
  get repeatable(): boolean {
    if (this.stream && this.stream.received > 0) return false;
    return this.#options.kind !== 'once' || this.#options.journal !== undefined;
  }

  /** Its frame. Sent late, or for the second time, it has the rest of its time. */
  encode(): Buffer {
    const { kind, signal, journal = '' } = this.#options;
    signal?.trace?.span?.event('sent');
    const left = Math.max(1, this.#timeoutMs - Math.floor(performance.now() - this.#began));
    return encodeCommand(this.id, kind, left, signal?.trace, this.#operation, journal);
  }

  /** Whether an answer keeps to the server or device that the agent was asked about: it may not report on another one. */
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

  /** Hands the stream to a caller who wants one; the command goes on until the stream ends. */
  opened(stream: IncomingTransfer): void {
    this.stream = stream;
    if (this.wants === 'stream') this.#settle.resolve(stream);
  }

  fail(error: DomainError): void {
    if (!this.end()) return;
    this.stream?.fail(error);
    // Without effect where the caller already has the stream.
    this.#settle.reject(error);
  }

  /** Fails it because the agent's answer breaks the contract: it `cannot be read`. */
  refuse(problem: string): void {
    this.fail(unreadable({ operation: this.#operation.case, kind: this.#options.kind }, problem));
  }

  /** The agent is gone, and not expected back in time. */
  lost(reason: string): void {
    this.fail(unreachable(this.#outcome, `The link to the agent was lost: ${reason}`));
  }

  /** Gives the command up, here and at the agent. */
  cancel(error: DomainError, reason: string): void {
    if (this.#over) return;
    if (this.written) this.#owner.sendCancel(this.id, reason);
    else this.dropped = true;
    this.fail(error);
  }

  /** Whether this was the first end. */
  end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#owner.forget(this);
    return true;
  }

  /** The outcome as far as it is known without an answer. */
  get #outcome(): 'unknown' | 'not_run' {
    return this.written || this.mayHaveRun ? 'unknown' : 'not_run';
  }

  /** The caller's reason, for the agent and its server. */
  get #reason(): string {
    const reason: unknown = this.#options.signal?.reason;
    const said = reason instanceof DomainError && reason.code === 'cancelled' ? reason.message : '';
    return said.slice(0, MAX_REASON) || 'the caller gave up';
  }

  readonly #onDeadline = (): void => {
    const { timeoutMs } = this.#options;
    const details = { timeoutMs, outcome: this.#outcome };
    this.cancel(new DomainError('timeout', `No answer within ${timeoutMs} ms`, details), 'deadline');
  };

  readonly #onAbort = (): void => {
    this.cancel(new DomainError('cancelled', 'The caller gave up'), this.#reason);
  };
}

/** How large an answer to an operation may be. */
export interface ResultLimit {
  readonly bytes: number;
  /** How much work a parser has with it, as `jsonCost` counts. */
  readonly cost: number;
}

/** The hub asks these by itself, some of them all the time, and reads the answers in its event loop: a few numbers and texts. */
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
]);

/** A namespace of a cluster may hold thousands of objects. */
const long: ReadonlySet<Operation['case']> = new Set(['listPods', 'listDeployments', 'listNamespaces']);

/** A page of a server's list: an agent refuses a longer one. */
const pageCost = 200_000;

/** How much work the hub may have with the answer. The hub passes the results of a server on unread: a door that reads them counts again. */
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
