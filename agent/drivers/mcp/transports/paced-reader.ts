import type { Readable } from 'node:stream';

/** How long the output of all servers together may hold the event loop in one of its rounds, milliseconds. */
const turnMs = 2;

/** The steps of reading a chunk. Other work may run between two steps. */
export type Steps = Iterator<unknown>;

interface Work {
  readonly steps: Steps;
  over(): void;
}

/** The turns in which the output of servers is read. Sources that have more to read take turns, step by step. */
class ReadTurns {
  #leftMs = turnMs;
  #waiting: Work[] = [];
  #round: NodeJS.Immediate | undefined;

  /** Does a work at once while this turn has time left, and the rest of it in the next turns. Returns whether the work is over. */
  begin(work: Work): boolean {
    this.#round ??= setImmediate(this.#next);
    if (this.#waiting.length === 0) {
      while (this.#leftMs > 0) if (this.#step(work)) return true;
    }
    this.#waiting.push(work);
    return false;
  }

  readonly #next = (): void => {
    this.#round = undefined;
    this.#leftMs = turnMs;
    if (this.#waiting.length === 0) return;
    this.#round = setImmediate(this.#next);
    while (this.#leftMs > 0) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      if (this.#step(work)) work.over();
      else this.#waiting.push(work);
    }
  };

  #step({ steps }: Work): boolean {
    const began = performance.now();
    const isOver = steps.next().done === true;
    this.#leftMs -= performance.now() - began;
    return isOver;
  }
}

/** All servers of the agent share the turns: many servers together hold the event loop no longer than one. */
const turns = new ReadTurns();

/**
 * Reads a source in steps, whatever its bytes mean. A source that has more to read than one turn has time for is paused until its chunk has
 * been read, so nothing is lost, and the server's own output blocks it.
 */
export class PacedReader {
  readonly #chunks: Buffer[] = [];
  #isReading = false;
  #isPaused = false;
  #waiters: (() => void)[] = [];

  /** @param read the steps of reading a chunk */
  constructor(
    private readonly source: Readable,
    private readonly read: (chunk: Buffer) => Steps,
    /** The received chunks have been read. The source may be paused now. */
    private readonly caughtUp: () => void = () => {},
  ) {
    source.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      // Another part of the agent may have resumed the source.
      if (this.#isReading) this.#pause();
      else this.#readNext();
    });
  }

  /** Acts once all received bytes have been read; at once if they have been. The end of a source may come earlier. */
  whenRead(act: () => void): void {
    if (this.#isReading) this.#waiters.push(act);
    else act();
  }

  #readNext(): void {
    this.#isReading = true;
    for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
      if (turns.begin({ steps: this.read(chunk), over: () => this.#readNext() })) continue;
      this.#pause();
      return;
    }
    this.#isReading = false;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.source.resume();
    }
    this.caughtUp();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const act of waiters) act();
  }

  #pause(): void {
    this.#isPaused = true;
    this.source.pause();
  }
}
