import type { Cancellation } from '../cancellation.js';

/** How long a pause sleeps before it looks at the clock again, milliseconds. Clocks may be put forward. */
const LONGEST_SLEEP_MS = 60_000;

/** The pauses of jobs that run: each ends at a time of the clock. */
export class Pauses {
  readonly #looks = new Set<() => void>();

  /** Ends the pauses whose time has come, as their timers do. */
  look(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves at `time`, milliseconds since 1970. It rejects with the reason of `signal` if that is aborted before. */
  until(time: number, signal: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const abort = () => end(() => reject(signal.reason));
      const look = () => {
        clearTimeout(timer);
        const left = time - Date.now();
        if (left <= 0) end(resolve);
        else timer = setTimeout(look, Math.min(left, LONGEST_SLEEP_MS));
      };
      signal.addEventListener('abort', abort);
      this.#looks.add(look);
      if (signal.aborted) abort();
      else look();
    });
  }
}
