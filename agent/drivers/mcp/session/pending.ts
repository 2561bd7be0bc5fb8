import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { Envelope } from '../call.js';
import type { TransportEvents } from '../transports/transport.js';

/**
 * Checks a result and turns it into the caller's answer; `text` is the result as the server sent it. If the text comes in bytes, `result` is
 * only an outline of it; see {@link TransportEvents.message}.
 */
export type ReadResult<T> = (result: unknown, text: string | Uint8Array) => T;

/** A result's text as bytes. */
export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

/** Called once at the end of a request, with its failure, if any, and its duration (milliseconds). */
export type Settled = (failure: unknown, tookMs: number) => void;

export interface RequestOptions {
  readonly signal?: Cancellation | undefined;
  /** Milliseconds; the request fails with `timeout` after that. */
  readonly timeoutMs?: number | undefined;
  /** Gets the params of each progress notification (a JSON object). */
  readonly onProgress?: ((params: Uint8Array) => void) | undefined;
  /** Gets the params of each log message (a JSON object) that certainly belongs to this request. */
  readonly onLog?: ((params: Uint8Array) => void) | undefined;
  /** The caller, as the hub marks callers. Empty or absent if unknown: each request then counts as that of another caller. */
  readonly caller?: string | undefined;
  /** The request's `_meta`, a JSON object without a progress token; default: none. */
  readonly meta?: string | undefined;
  /** The caller of a request of protocol version 2026-07-28 to a server that speaks it: the answer may be a question. */
  readonly envelope?: Envelope | undefined;
  /** Part of the handshake; such requests are never cancelled at the server. */
  readonly handshake?: boolean | undefined;
}

/** An open request. It is its own abort listener, so that a call needs one object and no closure. */
export class Pending<T> {
  readonly answer: Promise<T>;
  #timer: NodeJS.Timeout | undefined;
  #begun = 0;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  /**
   * @param giveUp takes the request off the list and tells the server.
   * @param caller see {@link callerOf}
   */
  constructor(
    readonly id: number,
    private readonly read: ReadResult<T>,
    readonly options: RequestOptions,
    private readonly giveUp: (pending: Pending<never>, failure: AgentFailure) => void,
    private readonly settled: Settled | undefined,
    readonly caller: string | undefined,
  ) {
    this.answer = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (settled !== undefined) this.#begun = performance.now();
    const { signal, timeoutMs } = options;
    signal?.addEventListener('abort', this);
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#end(new AgentFailure('timeout', `no answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
    }
  }

  accept(result: unknown, text: string | Uint8Array): void {
    try {
      this.#resolve(this.read(result, text));
    } catch (error) {
      this.reject(error);
      return;
    }
    this.settled?.(undefined, 0);
  }

  reject(failure: unknown): void {
    this.#reject(failure);
    this.settled?.(failure, performance.now() - this.#begun);
  }

  /** Releases the signal and the timer; called when the request leaves the list. */
  settle(): void {
    this.options.signal?.removeEventListener('abort', this);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    const reason: unknown = this.options.signal?.reason;
    this.#end(reason instanceof AgentFailure ? reason : new AgentFailure('cancelled', 'the call was cancelled'));
  }

  #end(failure: AgentFailure): void {
    this.giveUp(this as unknown as Pending<never>, failure);
    this.reject(failure);
  }
}
