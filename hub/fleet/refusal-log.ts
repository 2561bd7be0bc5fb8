import { Bucket } from '@roundhouse/proto/bucket';
import type { LogFacts, Logger } from '@roundhouse/proto/log';

/** Logs refusals. A stranger or an agent can call as often as it likes, so the log takes ten a second at most, with the number of those left out. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #bucket = new Bucket(10, 5);
  #suppressed = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  warn(facts: LogFacts, message: string): void {
    if (!this.#bucket.take(1)) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#log.warn(suppressed > 0 ? { ...facts, suppressed } : facts, message);
  }
}
