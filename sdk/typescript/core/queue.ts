/** Items for one reader, from their arrival until the reader takes them. A writer that can wait waits for {@link room}. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #most: number;
  #end: { readonly error?: unknown } | undefined;
  #wakeReader = () => {};
  #wakeWriter = () => {};

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#items.length;
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  push(item: T): void {
    if (this.#end) return;
    this.#items.push(item);
    this.#wakeReader();
  }

  /** No more items come. The reader still gets the items that are here, then the error, if any. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#wakeReader();
    this.#wakeWriter();
  }

  /** Nothing more is wanted. */
  drop(): void {
    this.#end = {};
    this.#items.length = 0;
    this.#wakeReader();
    this.#wakeWriter();
  }

  /** Resolves once there is room, or nothing more is wanted. */
  async room(): Promise<void> {
    while (this.#items.length >= this.#most && !this.#end)
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
  }

  /** The next item. @throws the error that it ended with, once */
  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const [item] = this.#items;
      if (this.#items.length > 0) {
        this.#items.shift();
        this.#wakeWriter();
        return { done: false, value: item as T };
      }
      if (this.#end) {
        const { error } = this.#end;
        this.#end = {};
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        const before = this.#wakeReader;
        this.#wakeReader = () => {
          before();
          resolve();
        };
      });
    }
  }
}
