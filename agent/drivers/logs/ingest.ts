/** How fast a log may grow, in bytes. */
export interface IngestLimits {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** The shortest pause between two reports of dropped entries, milliseconds. */
const tellMs = 1000;
/** The size of an entry without its message, bytes. */
const overhead = 80;

/**
 * Keeps one writer from filling a disk, or from pushing all older entries out of its log: a bucket of bytes that fills up at the allowed
 * rate. An entry that does not fit is dropped and counted, and the log itself says how many were. The writer is never held up.
 */
export class IngestRate {
  readonly #limits: IngestLimits;
  readonly #say: (message: string) => void;
  readonly #now: () => number;
  #room: number;
  #filledAt: number;
  #bytes = 0;
  #entries = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(limits: IngestLimits, say: (message: string) => void, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#say = say;
    this.#now = now;
    this.#room = limits.burstBytes;
    this.#filledAt = now();
  }

  /** Whether an entry of so many bytes may be written; counts it as dropped if not. */
  takes(size: number): boolean {
    const { bytesPerSecond, burstBytes } = this.#limits;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return true;
    const now = this.#now();
    this.#room = Math.min(burstBytes, this.#room + ((now - this.#filledAt) * bytesPerSecond) / 1000);
    this.#filledAt = now;
    const bytes = size + overhead;
    if (bytes <= this.#room) {
      this.#room -= bytes;
      return true;
    }
    this.#bytes += size;
    this.#entries += 1;
    this.#timer ??= setTimeout(() => this.tell(), tellMs).unref();
    return false;
  }

  /** Reports the entries that were dropped since the last report, if there are any. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#entries === 0) return;
    const message = `${this.#bytes} bytes (${this.#entries} entries) were dropped: more than ${this.#limits.bytesPerSecond} bytes a second were written to this log`;
    this.#bytes = 0;
    this.#entries = 0;
    this.#say(message);
  }

  /** Stops the reports. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bytes = 0;
    this.#entries = 0;
  }
}
