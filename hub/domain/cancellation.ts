/**
 * What work needs to know of its being called off: the part of `AbortSignal` that is used here. Every AbortSignal is one;
 * {@link CancelSource} is one that costs next to nothing, where a signal of its own is among the dearest things a request can make.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why, once aborted. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A cancellation together with the way to bring it about. Each listener is called once, in order. */
export class CancelSource implements Cancellation {
  aborted = false;
  reason: unknown = undefined;
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
