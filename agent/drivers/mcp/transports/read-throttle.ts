import type { Readable } from 'node:stream';

/** A source that can be paused and resumed. */
type Source = Pick<Readable, 'pause' | 'resume'>;

/** Makes a server wait that says too much: nothing is read from it for a while, and its own output blocks it. */
export class ReadThrottle {
  #until = 0;
  readonly #stopped = new Map<Source, NodeJS.Timeout>();

  /** Nothing is to be read for so many milliseconds. */
  hold(ms: number): void {
    this.#until = performance.now() + ms;
  }

  get held(): boolean {
    return this.#until > performance.now();
  }

  /** Stops a source for as long as the throttle is held; called after each piece that was read of it. */
  apply(source: Source): void {
    if (this.#until === 0 || this.#stopped.has(source)) return;
    const left = this.#until - performance.now();
    if (left <= 0) {
      this.#until = 0;
      return;
    }
    source.pause();
    const timer = setTimeout(() => {
      this.#stopped.delete(source);
      source.resume();
    }, left);
    this.#stopped.set(source, timer.unref());
  }

  /** Forgets all streams: the stopped streams are about to end. */
  release(): void {
    for (const timer of this.#stopped.values()) clearTimeout(timer);
    this.#stopped.clear();
  }
}
