import type { JobStep } from '../jobs/record.js';

/** How often something was done, how long it took, and how often it went well; since the hub started. */
export class Tally {
  total = 0;
  failed = 0;
  #timed = 0;
  #seconds = 0;

  /** @param seconds `null` where its duration says nothing */
  add(ok: boolean, seconds: number | null): void {
    this.total += 1;
    if (!ok) this.failed += 1;
    if (seconds === null) return;
    this.#timed += 1;
    this.#seconds += seconds;
  }

  /** 0 to 1; 0 while there was none. */
  get successRate(): number {
    return this.total === 0 ? 0 : (this.total - this.failed) / this.total;
  }

  /** Seconds; 0 while none was timed. */
  get average(): number {
    return this.#timed === 0 ? 0 : this.#seconds / this.#timed;
  }
}

/** The figures of `seeds/004`, "Get Metrics Summary", except requests, which `RequestWindow` counts. */
export class PerformanceTally {
  /** Changes of the store and look-ups in it. */
  readonly operations = new Tally();
  /** Steps of workflow runs. */
  readonly steps = new Tally();

  /** Counts a step that ended. Only completed steps have a duration: a failed step may have failed with the hub, hours ago. */
  step({ status, startedAt, completedAt }: Pick<JobStep, 'status' | 'startedAt' | 'completedAt'>): void {
    if (status !== 'completed' && status !== 'failed') return;
    const isTimed = status === 'completed' && startedAt !== null && completedAt !== null;
    this.steps.add(status === 'completed', isTimed ? (completedAt - startedAt) / 1000 : null);
  }
}
