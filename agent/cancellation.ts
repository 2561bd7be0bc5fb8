import type { Trace } from '@roundhouse/proto/tracing';
import { asFailure } from './failure.js';

export type CancelListener = (() => void) | { handleEvent(): void };

/**
 * The part of `AbortSignal` that the work of a command uses. Every AbortSignal fits. {@link CancelSource} is cheap: an AbortSignal with its
 * listener would double the agent's cost of a tool call.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** The reason of the abort; an AgentFailure if the link aborted. */
  readonly reason: unknown;
  /** The place of the work in a trace; absent without a trace. */
  readonly trace?: Trace | undefined;
  addEventListener(type: 'abort', listener: CancelListener): void;
  removeEventListener(type: 'abort', listener: CancelListener): void;
}

/** A cancellation that its owner can abort. */
export class CancelSource implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  trace: Trace | undefined = undefined;
  #first: CancelListener | undefined;
  #others: Set<CancelListener> | undefined;

  /** Cancels. Only the first call counts. All listeners are called, even if one of them throws. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = [...(this.#first === undefined ? [] : [this.#first]), ...(this.#others ?? [])];
    this.#first = undefined;
    this.#others = undefined;
    for (const listener of listeners) {
      try {
        if (typeof listener === 'function') listener();
        else listener.handleEvent();
      } catch (error) {
        // As with an event target, the process gets the error, and not the caller of `abort`.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  addEventListener(_type: 'abort', listener: CancelListener): void {
    if (this.aborted) return;
    if (this.#first === undefined) this.#first = listener;
    else {
      this.#others ??= new Set();
      this.#others.add(listener);
    }
  }

  removeEventListener(_type: 'abort', listener: CancelListener): void {
    if (this.#first === listener) this.#first = undefined;
    else this.#others?.delete(listener);
  }
}

/** Runs work under a signal that is aborted when the command is cancelled; its reason is an AgentFailure. */
export async function untilCancelled<T>(signal: Cancellation, work: (aborted: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const cancel = () => abort.abort(asFailure(signal.reason));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await work(abort.signal);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Settles as the work does, or rejects with the signal's reason if the signal aborts first. The work goes on. */
export function untilAborted<T>(work: Promise<T>, signal: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
