import type { Readable } from 'node:stream';

/** A source that can be paused and resumed. */
type Source = Pick<Readable, 'pause' | 'resume'>;

/** Slows a server down that sends too much: the agent reads nothing for a while, and the server's own output blocks it. */
export class ReadThrottle {
  #until = 0;
  readonly #stopped = new Map<Source, NodeJS.Timeout>();

  /** Stops reading for a time, milliseconds. */
  hold(ms: number): void {
    this.#until = performance.now() + ms;
  }

  get held(): boolean {
    return this.#until > performance.now();
  }

  /** Pauses a source while the throttle is held; called after each chunk of the source. */
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
