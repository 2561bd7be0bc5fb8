import type { RequestOrigin } from '../access/caller.js';
import { CancelSource } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { retrying } from '../retrying.js';
import type { Change, Store } from '../store.js';
import type { JobKind, JobRun, NewJob, StepCommand, StepOptions } from './kind.js';
import { isOver, type JobRecord, type JobStep } from './record.js';
import type { JobWriter } from './writer.js';

/** How long work may go on after a cancellation, milliseconds: then the engine does not wait for it any more. */
const HEED_MS = 30_000;
/** How often the hub tries the records of a step's end again, when other changes to the same records come first. */
const MAX_RACES = 20;
/** An agent keeps the outcome of a command for 7 days, by its own clock. */
const JOURNAL_MS = 6 * 86_400_000;

/** The parts of the engine that a run needs. */
export interface RunParts {
  readonly store: Store;
  readonly writer: JobWriter;
  /** Asked for whenever it is needed: roles change, and keys are revoked. */
  readonly origin: () => RequestOrigin;
  readonly timeoutMs: number;
  /** An earlier run of the hub left it. */
  readonly takenUp: boolean;
  readonly child: (job: NewJob, parent: ActiveJob) => Promise<JobRecord>;
  readonly join: (ids: readonly string[], parent: ActiveJob) => Promise<(JobRecord | undefined)[]>;
  /** Gets internal errors, which no caller caused. */
  readonly onError: (error: unknown) => void;
}

/** One attempt at a job, from its beginning to its end. */
export class ActiveJob implements JobRun {
  readonly signal = new CancelSource();
  readonly begunAt = Date.now();
  /** The hub stops: the record stays as it is, for the next start to see. */
  left = false;
  #record: JobRecord;
  readonly #parts: RunParts;
  #saving: Promise<unknown> = Promise.resolve();
  #kind: JobKind | undefined;

  constructor(record: JobRecord, parts: RunParts) {
    this.#record = record;
    this.#parts = parts;
  }

  get origin(): RequestOrigin {
    return this.#parts.origin();
  }

  get record(): JobRecord {
    return this.#record;
  }

  get resumed(): boolean {
    return this.#parts.takenUp;
  }

  /** Runs to its end, whatever that is; gives the record as it is then. */
  async run(kind: JobKind): Promise<JobRecord> {
    this.#kind = kind;
    const startedAt = this.#record.startedAt ?? Date.now();
    await this.#save({ status: 'running', startedAt, attempts: this.#record.attempts + 1 });
    const { timeoutMs, writer, onError } = this.#parts;
    const timer = setTimeout(() => {
      const message = `the job took longer than ${Math.round(timeoutMs / 1000)} s`;
      this.signal.abort(new DomainError('timeout', message, { timeoutMs }));
    }, timeoutMs);
    try {
      // Work that finished in spite of a cancellation is finished all the same.
      const done = await this.#heeding(kind.run(this));
      const result = writer.kept(this.#record, done);
      const message = kind.summary?.(this.#record) ?? '';
      return await this.#end(kind, { status: 'completed', result, progress: 100, message });
    } catch (thrown) {
      if (this.left) return this.#record;
      const error = this.signal.aborted ? this.signal.reason : thrown;
      if (!(error instanceof DomainError)) onError(error);
      const cancelled = error instanceof DomainError && error.code === 'cancelled';
      return await this.#end(kind, {
        status: cancelled ? 'cancelled' : 'failed',
        error: writer.errorOf(this.#record, error),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async step<T>(name: string, work: (command: StepCommand) => Promise<T>, options: StepOptions<T> = {}): Promise<T> {
    const known = this.#record.steps.find((step) => step.name === name);
    if (known?.status === 'completed') return known.result as T;
    if (this.signal.aborted) throw this.signal.reason;
    const now = Date.now();
    const { sentTo, startedAt } = known?.status === 'running' ? known : { sentTo: undefined, startedAt: now };
    const begun: JobStep = { ...blankStep(name), status: 'running', startedAt };
    await this.#saveStep(sentTo ? { ...begun, sentTo } : begun, name);
    const command: StepCommand = {
      journal: `job-${this.#record.id}-${this.#record.steps.findIndex((step) => step.name === name)}`,
      sentTo,
      isForgotten: now - (startedAt ?? now) > JOURNAL_MS,
      sending: (target) => this.#saveStep({ ...begun, sentTo: target }),
    };
    try {
      const result = await work(command);
      const kept = this.#parts.writer.kept(this.#record, result);
      const done: JobStep = { ...begun, status: 'completed', completedAt: Date.now(), result: kept };
      await retrying(this.#parts.store, MAX_RACES, () => this.#saveStep(done, undefined, options.with?.(result)));
      return result;
    } catch (error) {
      if (!this.left) {
        const why = this.signal.aborted ? this.signal.reason : error;
        const { message: reason, toolText } = this.#parts.writer.errorOf(this.#record, why);
        const told = toolText === undefined ? {} : { toolText };
        await this.#saveStep({ ...begun, status: 'failed', completedAt: Date.now(), reason, ...told });
      }
      throw error;
    }
  }

  async skip(name: string, reason: string): Promise<void> {
    const now = Date.now();
    await this.#saveStep({ ...blankStep(name), status: 'skipped', startedAt: now, completedAt: now, reason });
  }

  progress(percent: number, message: string): Promise<void> {
    return this.#save({ progress: Math.min(100, Math.max(0, Math.round(percent))), message });
  }

  note(result: unknown): Promise<void> {
    return this.#save({ result: this.#parts.writer.kept(this.#record, result) });
  }

  join(ids: readonly string[]): Promise<(JobRecord | undefined)[]> {
    return this.#parts.join(ids, this);
  }

  child(job: NewJob): Promise<JobRecord> {
    return this.#parts.child(job, this);
  }

  #saveStep(step: JobStep, message?: string, more?: Change): Promise<void> {
    const { steps } = this.#record;
    const known = steps.some(({ name }) => name === step.name);
    const changed = known ? steps.map((other) => (other.name === step.name ? step : other)) : [...steps, step];
    const over = changed.filter(({ status }) => status !== 'pending' && status !== 'running').length;
    const progress = Math.min(99, Math.floor((over / changed.length) * 100));
    return this.#save({ steps: changed, progress, ...(message === undefined ? {} : { message }) }, more);
  }

  /** The last of all writes: writes on their way to the disk get there before. */
  #end(kind: JobKind, change: Partial<JobRecord>): Promise<JobRecord> {
    const ended = this.#saving.then(async () => {
      const steps = this.#record.steps.map((step) =>
        step.status === 'running'
          ? { ...step, status: 'failed' as const, completedAt: Date.now(), reason: change.error?.message ?? '' }
          : step,
      );
      const last = { ...change, steps, completedAt: Date.now() };
      const events = kind.ended?.({ ...this.#record, ...last }) ?? [];
      this.#record = await this.#parts.writer.change(this.#record, last, { events });
      return this.#record;
    });
    this.#saving = ended.catch(() => {});
    return ended;
  }

  /**
   * One write after the other: each carries the revision that the one before it made. Nothing is written once the hub stops, or the job is
   * over: work that ignores its cancellation may go on.
   */
  #save(change: Partial<JobRecord>, { writes = [], events = [] }: Partial<Change> = {}): Promise<void> {
    const saved = this.#saving.then(async () => {
      if (this.left) throw this.signal.reason;
      if (isOver(this.#record)) throw new DomainError('conflict', 'the job is over');
      const told = this.#kind?.changed?.({ ...this.#record, ...change }) ?? [];
      this.#record = await this.#parts.writer.change(this.#record, change, { writes, events: [...told, ...events] });
    });
    this.#saving = saved.catch(() => {});
    return saved;
  }

  /** The engine does not wait for work that ignores its cancellation. */
  #heeding<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const limit = () => {
        timer = setTimeout(() => reject(this.signal.reason), HEED_MS).unref();
      };
      this.signal.addEventListener('abort', limit);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

export function blankStep(name: string): JobStep {
  return { name, status: 'pending', startedAt: null, completedAt: null, result: null, reason: '' };
}
