import type { Trace } from '@roundhouse/proto/tracing';

/**
 * How work learns that it was cancelled: the part of `AbortSignal` that the hub uses. Every AbortSignal satisfies it.
 * A {@link CancelSource} is cheap; a new AbortSignal is one of the most expensive objects that a request can create.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why the work was cancelled; `undefined` before. */
  readonly reason: unknown;
  /** Where the work belongs in a trace; absent if it belongs to none. */
  readonly trace?: Trace | undefined;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A cancellation that its owner can trigger. Each listener is called once, in order. */
export class CancelSource implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
  trace: Trace | undefined = undefined;
  #listeners: (() => void)[] = [];

  /** Only the first call counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }
}

/** The same cancellation for a part of the work, with that part's place in the trace. */
export function withTrace(signal: Cancellation, trace: Trace): Cancellation {
  return new TracedCancellation(signal, trace);
}

class TracedCancellation implements Cancellation {
  constructor(
    private readonly signal: Cancellation,
    readonly trace: Trace,
  ) {}

  get aborted() {
    return this.signal.aborted;
  }

  get reason() {
    return this.signal.reason;
  }

  addEventListener(...given: Parameters<Cancellation['addEventListener']>): void {
    this.signal.addEventListener(...given);
  }

  removeEventListener(...given: Parameters<Cancellation['removeEventListener']>): void {
    this.signal.removeEventListener(...given);
  }
}

/** Does work during which an abort of the outer cancellation aborts the inner one. */
export async function following<T>(outer: Cancellation, inner: CancelSource, work: () => Promise<T>): Promise<T> {
  const stop = () => inner.abort(outer.reason);
  outer.addEventListener('abort', stop);
  if (outer.aborted) stop();
  try {
    return await work();
  } finally {
    outer.removeEventListener('abort', stop);
  }
}

/** Settles as the work does. Rejects with the signal's reason if the signal is aborted first. */
export function until<T>(signal: Cancellation, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
/** Gives the result of the work, or of `late` if the work takes longer than `ms`. Late work goes on, and its failure is ignored. */
export async function within<T, L = undefined>(ms: number, work: Promise<T>, late?: () => L): Promise<T | L> {
  work.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<L>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late?.() as L);
      } catch (error) {
        reject(error);
      }
    }, ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
