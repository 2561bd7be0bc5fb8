import { setImmediate } from 'node:timers';
import type { Cancellation } from './cancellation.js';

/** How long all pieces of work together may hold the event loop in one of its rounds, milliseconds. */
const TURN_MS = 4;

/** Small steps of a work between two looks at the clock, which takes longer than such a step. */
const SMALL_STEPS = 64;

/** When the turn of this round ends; `undefined` if no work has begun in this round. */
let turnEndsAt: number | undefined;
/** Works that wait for a turn, by payer. The payer that comes next is the first. */
const waiting = new Map<string, (() => void)[]>();

/** Whether the works of this round of the event loop have taken their time. A further work then waits for {@link nextTurn}. */
export function isTurnOver(): boolean {
  return performance.now() >= (turnEndsAt ?? beginTurn());
}

/**
 * Lets other work run. All works of the hub that wait share the turns: together they hold the event loop for a few milliseconds, and then it goes
 * round. Payers take turns, work by work.
 */
export function nextTurn(payer = ''): Promise<void> {
  if (turnEndsAt === undefined) beginTurn();
  return new Promise((resolve) => {
    const works = waiting.get(payer);
    if (works) works.push(resolve);
    else waiting.set(payer, [resolve]);
  });
}

/** Begins a turn with a work that did not wait. The loop takes in requests between the two immediates, and thus before the next turn. */
function beginTurn(): number {
  turnEndsAt = performance.now() + TURN_MS;
  setImmediate(() => setImmediate(endTurn));
  return turnEndsAt;
}

function endTurn(): void {
  turnEndsAt = undefined;
  if (waiting.size === 0) return;
  turnEndsAt = performance.now() + TURN_MS;
  setImmediate(endTurn);
  continueOne();
}

/** Continues the work that comes next, and then further ones until the turn is over. */
function continueOne(): void {
  for (const [payer, works] of waiting) {
    waiting.delete(payer);
    const work = works.shift();
    if (works.length > 0) waiting.set(payer, works);
    work?.();
    break;
  }
  // A tick that a microtask asks for comes once the work has no microtasks left: only then is the time of its piece known.
  queueMicrotask(() =>
    process.nextTick(() => {
      if (waiting.size > 0 && !isTurnOver()) continueOne();
    }),
  );
}

export interface TurnsOptions {
  /** The work ends when this is aborted: {@link Turns.next} throws its reason. */
  readonly signal?: Cancellation | undefined;
  /** The payer of the work (`payerOf`). Absent: it shares its turns with all works without a payer. */
  readonly payer?: string | undefined;
}

/** Shares the event loop: long work reads `due` between its steps, and awaits `next()` when it is true. */
export class Turns {
  readonly #limit: number;
  readonly #signal: Cancellation | undefined;
  readonly #payer: string | undefined;
  #steps = 0;

  /** `limitMs`: how long the work may take altogether. */
  constructor(limitMs = Number.POSITIVE_INFINITY, { signal, payer }: TurnsOptions = {}) {
    this.#limit = performance.now() + limitMs;
    this.#signal = signal;
    this.#payer = payer;
  }

  /** Whether it is time to let other work run. */
  get due(): boolean {
    return isTurnOver();
  }

  /** As {@link due}, for work in steps of some microseconds at most: it looks at the clock once in many steps. */
  get dueAtStep(): boolean {
    this.#steps += 1;
    return this.#steps % SMALL_STEPS === 0 && isTurnOver();
  }

  /** Whether the work has taken as long as it may. */
  get over(): boolean {
    return performance.now() >= this.#limit;
  }

  /** Lets other work run. @throws the reason of the signal if it is aborted. */
  async next(): Promise<void> {
    await nextTurn(this.#payer);
    if (this.#signal?.aborted) throw this.#signal.reason;
  }
}

/** Runs a piece of work as soon as the event loop is free for it. The pieces of all callers share the turns: see {@link nextTurn}. */
export async function inTurn<T>(piece: () => T): Promise<T> {
  if (isTurnOver()) await nextTurn();
  return piece();
}

/** Maps each item of a list. Other work runs between the items of a long list. @throws as {@link Turns.next} */
export async function mapInTurns<T, R>(
  items: readonly T[],
  change: (item: T) => R,
  sharing?: TurnsOptions,
): Promise<R[]> {
  const turns = new Turns(undefined, sharing);
  const changed: R[] = [];
  for (const item of items) {
    if (turns.due) await turns.next();
    changed.push(change(item));
  }
  return changed;
}

/** The items of a list that are sorted in one piece. */
const SORTED_AT_ONCE = 256;

/** A sorted copy of a list; equal items keep their order. Other work runs between the pieces of a long list. @throws as {@link Turns.next} */
export async function sortInTurns<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  turns = new Turns(),
): Promise<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < items.length; from += SORTED_AT_ONCE) {
    if (turns.due) await turns.next();
    runs.push(items.slice(from, from + SORTED_AT_ONCE).sort(compare));
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      longer.push(await mergeInTurns(runs[i] ?? [], runs[i + 1] ?? [], compare, turns));
    runs = longer;
  }
  return runs[0] ?? [];
}

/** Joins two sorted lists. */
async function mergeInTurns<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
  turns: Turns,
): Promise<T[]> {
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (merged.length % SORTED_AT_ONCE === 0 && turns.due) await turns.next();
    const isFirst = j >= b.length || (i < a.length && compare(a[i] as T, b[j] as T) <= 0);
    merged.push((isFirst ? a[i++] : b[j++]) as T);
  }
  return merged;
}

/** A changed copy of an object. Other work runs between the items of its long lists. @param change gets the object with empty lists, and each item */
export async function changeInTurns<T extends object>(whole: T, change: (part: unknown) => unknown): Promise<T> {
  const lists = Object.entries(whole).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const withoutItems = { ...whole, ...Object.fromEntries(lists.map(([name]) => [name, []])) };
  const changed = change(withoutItems) as Record<string, unknown>;
  for (const [name, items] of lists) if (Array.isArray(changed[name])) changed[name] = await mapInTurns(items, change);
  return changed as T;
}
