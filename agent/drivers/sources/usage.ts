/**
 * Which installed versions are in use, by whom: a server (what it runs, or was started from last), or an instance beside it for as
 * long as that lasts. Versions are given by their place (see `Registry.place`).
 */
export class Usage {
  readonly #places = new Map<string, string>();

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
  }

  /** The server uses what the instance did, and the other way round: the instance has taken over. */
  exchange(server: string, instance: string): void {
    const [old, next] = [this.#places.get(server), this.#places.get(instance)];
    this.#places.delete(instance);
    if (next !== undefined) this.#places.set(server, next);
    if (old !== undefined) this.#places.set(instance, old);
  }

  all(): Set<string> {
    return new Set(this.#places.values());
  }
}
