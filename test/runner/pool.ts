import type { Test } from 'tap';

/** The owner whose end ends a part: the rest of a test, or of the lender. */
export type Teardown = Pick<Test, 'teardown'>;

/** A part of a pool, for one borrower at a time. */
export interface Loan<T> {
  readonly value: T;
  /** Gives it back: it is emptied before the next borrower gets it, and ended if that fails. */
  giveBack(): void;
}

/** Parts of one kind: started when they are needed, and lent to one borrower at a time. */
export class Pool<T> {
  readonly #most: number;
  readonly #start: (t: Teardown) => Promise<T>;
  readonly #empty: (value: T) => Promise<void>;
  readonly #idle: T[] = [];
  readonly #waiting: ((value: T | undefined) => void)[] = [];
  /** The functions that end each running part, first things last. */
  readonly #ends = new Map<T, (() => unknown)[]>();
  #count = 0;
  #isIdleEnded = false;

  /** `most`: how many there are at once; `empty`: removes a borrower's leftovers from a part. */
  constructor(most: number, start: (t: Teardown) => Promise<T>, empty: (value: T) => Promise<void>) {
    this.#most = most;
    this.#start = start;
    this.#empty = empty;
  }

  /** Resolves once a part is free. @throws if it has to be started, and does not start */
  async take(): Promise<Loan<T>> {
    const value =
      this.#idle.pop() ?? (this.#count < this.#most ? undefined : await this.#next()) ?? (await this.#new());
    return { value, giveBack: () => void this.#return(value) };
  }

  /** Ends all parts, lent or not. */
  async close(): Promise<void> {
    await Promise.all([...this.#ends.keys()].map((value) => this.#end(value)));
  }

  /** Ends the parts that no borrower has, now and from now on. A later borrower gets a new part. */
  async endIdle(): Promise<void> {
    this.#isIdleEnded = true;
    await Promise.all(
      this.#idle.splice(0).map(async (value) => {
        await this.#end(value);
        this.#makeRoom();
      }),
    );
  }

  /** Resolves with the next part that is given back, or nothing if another has to be started in its place. */
  #next(): Promise<T | undefined> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #new(): Promise<T> {
    this.#count += 1;
    const ends: (() => unknown)[] = [];
    try {
      const value = await this.#start({ teardown: (end) => void ends.push(end as () => unknown) });
      this.#ends.set(value, ends);
      return value;
    } catch (error) {
      for (const end of ends.reverse()) await end();
      this.#makeRoom();
      throw error;
    }
  }

  async #return(value: T): Promise<void> {
    let isEmpty = true;
    await this.#empty(value).catch(() => {
      isEmpty = false;
    });
    const next = isEmpty ? this.#waiting.shift() : undefined;
    if (next) return next(value);
    if (isEmpty && !this.#isIdleEnded) {
      this.#idle.push(value);
      return;
    }
    await this.#end(value);
    this.#makeRoom();
  }

  async #end(value: T): Promise<void> {
    const ends = this.#ends.get(value) ?? [];
    this.#ends.delete(value);
    for (const end of ends.reverse()) await end();
  }

  #makeRoom(): void {
    this.#count -= 1;
    this.#waiting.shift()?.(undefined);
  }
}
