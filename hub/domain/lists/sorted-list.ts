/** The items of a block. A block with twice as many is cut in two. */
const BLOCK = 256;

/** A list that stays in order, in blocks: a new or removed item moves the items of one block only, however long the list is. */
export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #blocks: T[][] = [];

  /** @param compare two different items are never equal */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  add(item: T): void {
    const isBehind = (other: T) => this.#compare(other, item) > 0;
    // Behind the last block, the item goes to its end.
    const at = Math.min(this.#firstBlock(isBehind), Math.max(0, this.#blocks.length - 1));
    const block = this.#blocks[at];
    if (!block) {
      this.#blocks.push([item]);
      return;
    }
    block.splice(firstIn(block, isBehind), 0, item);
    if (block.length >= 2 * BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK));
  }

  /** Removes an item, if the list has it. */
  remove(item: T): void {
    const isThere = (other: T) => this.#compare(other, item) >= 0;
    const at = this.#firstBlock(isThere);
    const block = this.#blocks[at];
    if (!block) return;
    const place = firstIn(block, isThere);
    const found = block[place];
    if (found === undefined || this.#compare(found, item) !== 0) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The first item for which this holds. It holds for all items behind that one, too. */
  first(holds: (item: T) => boolean): T | undefined {
    const block = this.#blocks[this.#firstBlock(holds)];
    return block?.[firstIn(block, holds)];
  }

  /** The items from that one on, in order. The list must not change meanwhile. */
  *from(holds: (item: T) => boolean = () => true): Generator<T> {
    const at = this.#firstBlock(holds);
    for (let i = at; i < this.#blocks.length; i += 1) {
      const block = this.#blocks[i] ?? [];
      for (let place = i === at ? firstIn(block, holds) : 0; place < block.length; place += 1) yield block[place] as T;
    }
  }

  /** The first block whose last item it holds for. */
  #firstBlock(holds: (item: T) => boolean): number {
    return firstIn(this.#blocks, (block) => holds(block[block.length - 1] as T));
  }
}

/** The place of an item in an array in order: in front of all items that are not smaller. */
export function placeOf<T>(items: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  return firstIn(items, (other) => compare(other, item) >= 0);
}

/** The order of texts by their UTF-16 code units: the same in every language. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Where the items begin for which this holds, by bisection. */
export function firstIn<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
