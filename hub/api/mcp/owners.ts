import type { Caller } from '../../domain/access/caller.js';

/** The name of the caller that owns a session, a stream or a call. */
export function ownerOf({ kind, id }: Pick<Caller, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}

/** Counts the sessions, streams or calls of each caller, together with those of the keys that it pays for (`payerOf`). */
export class OwnerCounts {
  readonly #counts = new Map<string, number>();

  of(owner: string): number {
    return this.#counts.get(owner) ?? 0;
  }

  add(owner: string): void {
    this.#counts.set(owner, this.of(owner) + 1);
  }

  /** The owner with the highest count. */
  most(): string | undefined {
    let most: string | undefined;
    for (const [owner, count] of this.#counts) if (most === undefined || count > this.of(most)) most = owner;
    return most;
  }

  drop(owner: string): void {
    const left = this.of(owner) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
  }
}
