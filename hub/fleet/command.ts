import type { ByteStream, CommandOptions, Reply } from '../domain/agents/fleet.js';
import { DomainError } from '../domain/errors.js';
import { unreachable } from './failure.js';
import type { Ticket } from './outbox.js';
import type { IncomingTransfer } from './transfer.js';

/** Who sent a command: told when it is over, and asked to cancel it at the agent. */
export interface CommandOwner {
  forget(command: PendingCommand): void;
  sendCancel(commandId: string, reason: string): void;
}

/** A command that waits for its answer, or whose stream is being read. Is settled exactly once. */
export class PendingCommand implements Ticket {
  written = false;
  dropped = false;
  /** The command's data stream, once the agent has opened it. */
  stream: IncomingTransfer | undefined;
  readonly #owner: CommandOwner;
  readonly #options: CommandOptions;
  readonly #settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void };
  readonly #timer: NodeJS.Timeout;
  #over = false;

  /** `limitMs`: when the hub gives up, slightly later than the agent should. */
  constructor(
    readonly id: string,
    readonly wants: 'reply' | 'stream',
    owner: CommandOwner,
    options: CommandOptions,
    limitMs: number,
    settle: { resolve(value: Reply | ByteStream): void; reject(error: DomainError): void },
  ) {
    this.#owner = owner;
    this.#options = options;
    this.#settle = settle;
    this.#timer = setTimeout(this.#onDeadline, limitMs);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  progress(json: Uint8Array): void {
    this.#options.onProgress?.(json);
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

  /** The link to the agent is gone. */
  lost(reason: string): void {
    this.fail(unreachable(this.written ? 'unknown' : 'not_run', `The link to the agent was lost: ${reason}`));
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

  readonly #onDeadline = (): void => {
    const outcome = this.written ? 'unknown' : 'not_run';
    const timeoutMs = this.#options.timeoutMs;
    this.cancel(new DomainError('timeout', `No answer within ${timeoutMs} ms`, { timeoutMs, outcome }), 'deadline');
  };

  readonly #onAbort = (): void => {
    this.cancel(new DomainError('cancelled', 'The caller gave up'), 'the caller gave up');
  };
}
