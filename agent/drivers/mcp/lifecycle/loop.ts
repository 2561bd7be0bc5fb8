/** One step. The next step begins after it is over. */
export type Step = () => Promise<void> | void;

/** Takes one step after the other, as long as there is one to take. */
export class Loop {
  readonly #waiters = new Set<() => void>();
  #running = false;

  constructor(private readonly next: () => Step | undefined) {}

  /** Looks for a step to take. */
  kick(): void {
    if (this.#running) return;
    this.#running = true;
    // The caller finishes first: several wishes of one turn become one step.
    queueMicrotask(() => void this.#run());
  }

  /** Resolves when there is nothing to do any more, or a step says that it is enough. */
  rested(): Promise<void> {
    const rested = new Promise<void>((resolve) => {
      this.#waiters.add(resolve);
    });
    this.kick();
    return rested;
  }

  /** Resolves the promises of {@link rested}. */
  tellRested(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const resolve of waiters) resolve();
  }

  async #run(): Promise<void> {
    for (let step = this.next(); step !== undefined; step = this.next()) await step();
    this.#running = false;
    this.tellRested();
  }
}
