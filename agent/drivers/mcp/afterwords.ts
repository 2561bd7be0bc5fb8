/** How long a server may go on logging about a request after its end, milliseconds. */
const afterwordsMs = 5000;

/** Requests that the agent or the hub make of their own accord: what servers log about them is about nobody. */
const impersonal = new Set([
  'initialize',
  'server/discover',
  'ping',
  'logging/setLevel',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
]);

/** Who makes a request: empty where nobody knows, `undefined` where it is nobody. */
export function callerOf(method: string, caller = ''): string | undefined {
  return caller === '' && impersonal.has(method) ? undefined : caller;
}

/**
 * Whose requests have ended a moment ago. A server often logs about one after its answer: that must not be taken for a word on the
 * request that has come next.
 */
export class Afterwords {
  #last = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  /** When the last request of anybody but {@link #last} ended. */
  #othersAt = Number.NEGATIVE_INFINITY;

  /** A request has ended. */
  ended(caller: string | undefined, now = performance.now()): void {
    if (caller === undefined) return;
    if (caller === '' || caller !== this.#last) this.#othersAt = this.#lastAt;
    this.#last = caller;
    this.#lastAt = now;
  }

  /** Whether what is logged now may be about somebody else's request than this caller's. */
  mayBeOfOthers(caller: string | undefined, now = performance.now()): boolean {
    const isLast = caller !== '' && caller === this.#last;
    return now - (isLast ? this.#othersAt : this.#lastAt) < afterwordsMs;
  }
}
