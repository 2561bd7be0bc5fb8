import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one piece of work may hold the event loop, milliseconds. */
const TURN_MS = 4;

/** Shares the event loop: long work reads `due` between its steps, and awaits `next()` when it is true. */
export class Turns {
  readonly #limit: number;
  #turnEndsAt = performance.now() + TURN_MS;

  /** `limitMs`: how long the work may take altogether. */
  constructor(limitMs = Number.POSITIVE_INFINITY) {
    this.#limit = performance.now() + limitMs;
  }

  /** Whether it is time to let other work run. */
  get due(): boolean {
    return performance.now() >= this.#turnEndsAt;
  }

  /** Whether the work has taken as long as it may. */
  get over(): boolean {
    return performance.now() >= this.#limit;
  }

  /** Lets other work run. */
  async next(): Promise<void> {
    await nextTurn();
    this.#turnEndsAt = performance.now() + TURN_MS;
  }
}

let lastPiece: Promise<unknown> = Promise.resolve();
let piecesEndAt = 0;

/**
 * Runs a piece of work as soon as the event loop is free for it. The pieces of all callers run one after the other, with other work between
 * them: pieces that become due at the same moment do not add up to one long block.
 */
export function inTurn<T>(piece: () => T): Promise<T> {
  const done = lastPiece.then(async () => {
    if (performance.now() >= piecesEndAt) {
      await nextTurn();
      piecesEndAt = performance.now() + TURN_MS;
    }
    return piece();
  });
  lastPiece = done.catch(() => {});
  return done;
}

/** Maps each item of a list. Other work runs between the items of a long list. */
export async function mapInTurns<T, R>(items: readonly T[], change: (item: T) => R): Promise<R[]> {
  const turns = new Turns();
  const changed: R[] = [];
  for (const item of items) {
    if (turns.due) await turns.next();
    changed.push(change(item));
  }
  return changed;
}

/** A changed copy of an object. Other work runs between the items of its long lists. @param change gets the object with empty lists, and each item */
export async function changeInTurns<T extends object>(whole: T, change: (part: unknown) => unknown): Promise<T> {
  const lists = Object.entries(whole).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const withoutItems = { ...whole, ...Object.fromEntries(lists.map(([name]) => [name, []])) };
  const changed = change(withoutItems) as Record<string, unknown>;
  for (const [name, items] of lists) if (Array.isArray(changed[name])) changed[name] = await mapInTurns(items, change);
  return changed as T;
}
