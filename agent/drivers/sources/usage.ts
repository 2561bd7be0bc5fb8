/**
 * Which installed versions are in use, by whom: a server (what it runs, or was started from last), or an instance beside it for as
 * long as that lasts. Versions are given by their place (see `Registry.place`).
 */
export class Usage {
  readonly #places = new Map<string, string>();
  /** Instances that others have taken over from, until they are gone. */
  readonly #leaving = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /** From now on this holder uses this place, and no other. */
  hold(holder: string, place: string): void {
    this.#places.set(holder, place);
  }

  /** Takes note of what a server would be started from, unless it uses something. */
  expect(server: string, place: string): void {
    if (!this.#places.has(server)) this.#places.set(server, place);
  }

  release(holder: string): void {
    this.#places.delete(holder);
    if (!this.#leaving.delete(holder)) return;
    for (const look of [...this.#waiting]) look();
  }

  /** The server uses what the instance did, and the other way round: the instance has taken over. */
  exchange(server: string, instance: string): void {
    const [old, next] = [this.#places.get(server), this.#places.get(instance)];
    this.#places.delete(instance);
    if (next !== undefined) this.#places.set(server, next);
    if (old === undefined) return;
    this.#places.set(instance, old);
    this.#leaving.add(instance);
  }

  /** Whether a place is used by nobody but instances that others have taken over from. */
  isLeft(place: string): boolean {
    const holders = [...this.#places].filter(([, used]) => used === place);
    return holders.length > 0 && holders.every(([holder]) => this.#leaving.has(holder));
  }

  /** Resolves once that is over. @throws the signal's reason. */
  async whileLeft(place: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason;
    if (!this.isLeft(place)) return;
    await new Promise<void>((resolve, reject) => {
      const over = () => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', abort);
      };
      const look = () => {
        if (this.isLeft(place)) return;
        over();
        resolve();
      };
      const abort = () => {
        over();
        reject(signal.reason);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', abort);
    });
  }

  all(): Set<string> {
    return new Set(this.#places.values());
  }
}
