import type { Trace } from '@roundhouse/proto/tracing';
import { asFailure } from './failure.js';

export type CancelListener = (() => void) | { handleEvent(): void };

/**
 * The view that a command's work has of its cancellation: the part of `AbortSignal` that it uses. Every AbortSignal fits. {@link
 * CancelSource} costs next to nothing, while a signal and its listener for each tool call would double the agent's cost of the call.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why, once aborted; an AgentFailure where it comes from the link. */
  readonly reason: unknown;
  /** Where the work belongs in a trace; absent if it belongs to none. */
  readonly trace?: Trace | undefined;
  addEventListener(type: 'abort', listener: CancelListener): void;
  removeEventListener(type: 'abort', listener: CancelListener): void;
}

/** A cancellation together with the way to bring it about. */
export class CancelSource implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  trace: Trace | undefined = undefined;
  #first: CancelListener | undefined;
  #others: Set<CancelListener> | undefined;

  /** Cancels; only the first call counts. A listener that throws does not keep the others from being called. */
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
        // As an event target does it: told to the process, not to who cancels.
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

/** The work's end or the signal's reason, whichever comes first. The work goes on. */
export function untilAborted<T>(work: Promise<T>, signal: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
