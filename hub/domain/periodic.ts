/** Work that is done from time to time, in the background, and never twice at once. No request waits for it. */
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

  /** Whether it has been started, and not stopped since: work that takes long asks between its steps. */
  get started(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins; without effect the second time. */
  start(everyMs: number): void {
    this.#timer ??= setInterval(() => this.run(), everyMs).unref();
  }

  /** Does it now, unless it is being done or is not started. */
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

  /** Resolves once nothing of it runs any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    await this.#running;
  }
}
