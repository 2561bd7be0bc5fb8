/** Background work that runs at intervals, one run at a time. No request waits for it. */
export class Periodic {
  readonly #work: () => Promise<unknown>;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;

  constructor(work: () => Promise<unknown>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  /** Whether it is started. Long work checks this between its steps. */
  get started(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts the interval. A second call has no effect. */
  start(everyMs: number): void {
    this.#timer ??= setInterval(() => this.run(), everyMs).unref();
  }

  /** Runs the work now, unless it is running or is not started. */
  run(): void {
    if (!this.started) return;
    this.#running ??= this.#work()
      .catch(this.#onError)
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Runs the work within this time, milliseconds; further calls until then share the run. */
  soon(withinMs: number): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.run();
    }, withinMs).unref();
  }

  /** Ends the interval. Resolves when no run is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    await this.#running;
  }
}
