/** How long a server may go on logging about a request after its end, milliseconds. */
const lateLogMs = 5000;

/** Requests that the agent or the hub makes itself. A server's log lines about them belong to no caller. */
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

/** The caller of a request: empty if the caller is unknown, `undefined` if the request has no caller. */
export function callerOf(method: string, caller = ''): string | undefined {
  return caller === '' && impersonal.has(method) ? undefined : caller;
}

/**
 * Remembers the callers whose requests have just ended. A server often logs about a request after its answer. Such a line must not go to the
 * caller of the next request.
 */
export class LogOwner {
  #last = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  /** When the last request of a caller other than {@link #last} ended. */
  #othersAt = Number.NEGATIVE_INFINITY;

  /** A request has ended. */
  ended(caller: string | undefined, now = performance.now()): void {
    if (caller === undefined) return;
    if (caller === '' || caller !== this.#last) this.#othersAt = this.#lastAt;
    this.#last = caller;
    this.#lastAt = now;
  }

  /** Whether a line that the server logs now may be about the request of another caller. */
  mayBeOfOthers(caller: string | undefined, now = performance.now()): boolean {
    const isLast = caller !== '' && caller === this.#last;
    return now - (isLast ? this.#othersAt : this.#lastAt) < lateLogMs;
  }
}
