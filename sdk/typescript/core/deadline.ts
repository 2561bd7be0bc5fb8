import { defaults } from '../gen/behaviour.js';
import { isObject, RoundhouseError } from './errors.js';

/** How long a call takes that names its own limit in its body (`timeoutMs`, or `timeout` in seconds), milliseconds; 0 where it names none. */
export function ownTimeoutOf(body: unknown): number {
  if (!isObject(body)) return 0;
  const { timeoutMs, timeout } = body;
  const named = typeof timeoutMs === 'number' ? timeoutMs : typeof timeout === 'number' ? timeout * 1000 : 0;
  return named > 0 ? named + defaults.timeoutMarginMs : 0;
}

/** A call's time-out and its caller's signal in one, without the memory that `AbortSignal.any` keeps for a signal that outlives many calls. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #endsAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#outer?.reason);

  /** @param awaited the awaited thing in the time-out's error, such as `answer from http://localhost:8080` */
  constructor(outer: AbortSignal | undefined, timeoutMs: number, operation: string, awaited: string) {
    this.#outer = outer;
    this.#endsAt = timeoutMs > 0 ? Date.now() + timeoutMs : Number.POSITIVE_INFINITY;
    if (outer?.aborted) this.#onAbort();
    else outer?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs <= 0 || this.signal.aborted) return;
    const message = `No ${awaited} within ${timeoutMs} ms`;
    const timeout = () =>
      this.#controller.abort(new RoundhouseError({ code: 'CALL_TIMEOUT', status: 0, message, operation }));
    this.#timer = setTimeout(timeout, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds. */
  get left(): number {
    return this.#endsAt - Date.now();
  }

  /** The time-out is no more; the caller's signal goes on. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** Nothing is left of it. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

/** @throws the signal's reason, at once, where it is aborted meanwhile */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
