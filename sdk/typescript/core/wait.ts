import type { CallOptions } from './caller.js';
import { Deadline, sleep } from './deadline.js';

/** Of following long work. */
export interface WaitOptions<T> {
  /** Told how it stands each time that was asked. */
  readonly onProgress?: ((state: T) => void) | undefined;
  /** Stops waiting (the work itself goes on): rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; longer work ends the wait with `CALL_TIMEOUT`. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds between the first two questions. Default: 500. */
  readonly pollMs?: number | undefined;
  /** Milliseconds between two questions at most. Default: 5000. */
  readonly maxPollMs?: number | undefined;
}

const GROWTH = 1.5;
/** The APIs' statuses of work that goes on. */
const goesOn = new Set(['scheduled', 'queued', 'pending', 'running', 'in_progress', 'processing']);

/** Asks until the work has ended, at growing intervals. @throws as the question does; `CALL_TIMEOUT` */
export async function waitUntilOver<T extends { readonly status: string }>(
  ask: (options: CallOptions) => Promise<T>,
  { onProgress, signal: outer, timeoutMs = 0, pollMs = 500, maxPollMs = 5000 }: WaitOptions<T> = {},
): Promise<T> {
  const deadline = new Deadline(outer, timeoutMs, 'wait', 'end of the job');
  const { signal } = deadline;
  try {
    for (let interval = pollMs; ; interval = Math.min(maxPollMs, interval * GROWTH)) {
      const state = await ask({ signal });
      onProgress?.(state);
      if (!goesOn.has(state.status)) return state;
      await sleep(interval, signal);
    }
  } finally {
    deadline.clear();
  }
}
