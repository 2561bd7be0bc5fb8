import { setTimeout as pause } from 'node:timers/promises';

/** How long to wait between two looks: briefly at first, and seldom where it takes long, because looking takes time from the programs that a test waits for. */
const firstPauseMs = 5;
const longestPauseMs = 100;

/** The limit is far beyond the longest wait, so that a busy machine fails no test. */
const usualLimitMs = 180_000;

/**
 * Waits for a state that no event announces: looks again and again, and resolves with the look's value once that is neither `false`, `null`
 * nor `undefined`.
 *
 * @param message the awaited state, as a sentence: `the server is connected`
 * @param look says whether the state is there, or returns the awaited value
 * @throws after the limit, with the message
 */
export async function wait<T>(
  message: string | (() => string),
  look: () => T | Promise<T>,
  limitMs = usualLimitMs,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + limitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen as Exclude<T, false | null | undefined>;
    if (Date.now() > end)
      throw new Error(`not within ${limitMs} ms: ${typeof message === 'string' ? message : message()}`);
    await pause(pauseMs);
  }
}
