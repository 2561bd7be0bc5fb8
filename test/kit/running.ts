/** An entry of a log. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly event?: string; readonly body?: string };

/** A hub or an agent that runs, its log read as events. */
export abstract class Running {
  /** Everything it logged so far. */
  readonly log: LogEntry[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<void>;
  #over = false;
  #exit = () => {};

  constructor() {
    this.#exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  /** Stops it; resolves once it has ended. */
  abstract stop(): Promise<void>;

  /** Resolves once it has ended, for whatever reason. */
  exited(): Promise<void> {
    return this.#exited;
  }

  /** Resolves with the first entry, past or to come, that the predicate takes. @throws when it ends before that. */
  async logged(wanted: (entry: LogEntry) => boolean, from = 0): Promise<LogEntry> {
    for (let seen = from; ; ) {
      for (; seen < this.log.length; seen += 1) {
        const entry = this.log[seen];
        if (entry && wanted(entry)) return entry;
      }
      if (this.#over)
        throw new Error(`it ended before that:\n${this.log.map((entry) => JSON.stringify(entry)).join('\n')}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Takes a line of the log. */
  protected take(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogEntry);
    } catch {
      this.log.push({ body: line });
    }
    this.#wake();
  }

  /** Says that it has ended. */
  protected over(): void {
    this.#over = true;
    this.#exit();
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
