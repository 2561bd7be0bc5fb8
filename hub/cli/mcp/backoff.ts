import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait before the next attempt after this number of failures, milliseconds: exponential, with jitter. */
export function backoff(failed: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** failed);
  return full / 2 + Math.random() * (full / 2);
}

/** @throws the signal's reason once it is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
