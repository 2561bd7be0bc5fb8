import type { StartSlots } from '@roundhouse/proto/start-slots';
import { spanning, type Trace, type Tracer } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../access/caller.js';
import { type Cancellation, CancelSource, following } from '../cancellation.js';
import { codeOf, DomainError } from '../errors.js';
import { isoTime } from '../moments.js';
import { MAX_RACES, retrying } from '../retrying.js';
import type { AskedChange, Change, Store } from '../store.js';
import { jobsOver } from './history.js';
import { type JobKind, type JobRun, type NewJob, type StepCommand, type StepOptions, StepSkipped } from './kind.js';
import { blankStep, isOver, type JobRecord, type JobStep, type StepDecision } from './record.js';
import type { JobWriter } from './writer.js';

/** How long work may go on after a cancellation, milliseconds: then the engine does not wait for it any more. */
const ABORT_GRACE_MS = 30_000;
/** How much of the results of all steps of a job is kept, characters of JSON. */
const MAX_RESULTS = 4 * 1024 * 1024;
/** An agent keeps the outcome of a command for 7 days, by its own clock. */
const JOURNAL_MS = 6 * 86_400_000;

/** The parts of the engine that a run needs. */
export interface RunParts {
  readonly store: Store;
  readonly writer: JobWriter;
  /** Steps of all jobs start here. */
  readonly starts: StartSlots;
  /** Called each time, because roles change and keys are revoked. */
  readonly origin: () => RequestOrigin;
  readonly timeoutMs: number;
  /** Whether an earlier run of the hub left the job. */
  readonly takenUp: boolean;
  readonly child: (job: NewJob, parent: ActiveJob, signal: Cancellation) => Promise<JobRecord>;
  /** Resolves at a time, milliseconds since 1970. @throws the signal's reason */
  readonly until: (time: number, signal: Cancellation) => Promise<void>;
  /** Other jobs have the parent's place among the workers while it waits. */
  readonly rest: <T>(parent: ActiveJob, wait: () => Promise<T>) => Promise<T>;
  /** Called with internal errors, which no caller caused. */
  readonly onError: (error: unknown) => void;
  /** Begins its trace; absent for a part of another job, which is in the trace of that job or in none. */
  readonly tracer?: Tracer | undefined;
  /** The place of the job that this one is a part of. */
  readonly parent?: Trace | undefined;
}

/** One attempt at a job, from its beginning to its end. */
export class ActiveJob implements JobRun {
  readonly signal = new CancelSource();
  readonly begunAt = Date.now();
  /** The hub stops: the record stays as it is, for the next start to see. */
  left = false;
  /** How many of its steps wait for something else. */
  resting = 0;
  /** Whether it has its worker: it lends the worker while a step rests. */
  hasWorker = true;
  #record: JobRecord;
  readonly #parts: RunParts;
  #saving: Promise<unknown> = Promise.resolve();
  #kind: JobKind | undefined;
  readonly #limit: TimeLimit;
  /** Steps that wait for the decision of a person, by name. */
  readonly #asking = new Map<string, (decision: StepDecision) => void>();
  /** How much more of results the record takes, characters of JSON; counted at the first result. */
  #room: number | undefined;

  constructor(record: JobRecord, parts: RunParts) {
    this.#record = record;
    this.#parts = parts;
    const { timeoutMs } = parts;
    this.#limit = new TimeLimit(timeoutMs, () => {
      const message = `the job took longer than ${Math.round(timeoutMs / 1000)} s`;
      this.signal.abort(new DomainError('timeout', message, { timeoutMs }));
    });
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

  /** Runs the job to its end, and gives its record. */
  async run(kind: JobKind): Promise<JobRecord> {
    const { id } = this.#record;
    const { parent, tracer } = this.#parts;
    const attributes = { 'roundhouse.job.id': id, 'roundhouse.job.kind': kind.name };
    const name = `job ${kind.name}`;
    const span =
      parent?.span?.begin(name, 'internal', attributes) ?? tracer?.start(name, 'internal', undefined, attributes);
    this.signal.trace = span;
    try {
      const record = await this.#run(kind);
      // A job that the hub leaves when it stops goes on in another span after the start.
      const ended = isOver(record) ? record.status : 'interrupted';
      span?.end(ended === 'completed' ? undefined : ended);
      return record;
    } catch (error) {
      span?.end(codeOf(error));
      throw error;
    }
  }

  async #run(kind: JobKind): Promise<JobRecord> {
    this.#kind = kind;
    const startedAt = this.#record.startedAt ?? Date.now();
    const { attempts, stalled = attempts } = this.#record;
    const begun = { attempts: attempts + 1, stalled: isWaiting(this.#record) ? 0 : stalled + 1 };
    await this.#save({ status: 'running', startedAt, ...begun });
    const { writer, onError } = this.#parts;
    try {
      // Work that finishes in spite of a cancellation counts as finished.
      const done = await this.#withAbortGrace(kind.run(this));
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
      this.#limit.end();
    }
  }

  async step<T>(name: string, work: (command: StepCommand) => Promise<T>, options: StepOptions<T> = {}): Promise<T> {
    const known = this.#record.steps.find((step) => step.name === name);
    if (known?.status === 'completed') return known.result as T;
    const started = await this.#parts.starts.take(this.signal, false);
    try {
      return await this.#step(name, known, work, options);
    } finally {
      started();
    }
  }

  async #step<T>(
    name: string,
    known: JobStep | undefined,
    work: (command: StepCommand) => Promise<T>,
    options: StepOptions<T>,
  ): Promise<T> {
    const now = Date.now();
    const begun = known?.status === 'running' ? known : { ...blankStep(name), ...unsaid, startedAt: now };
    await this.#saveStep(name, { ...begun, status: 'running' }, name);
    try {
      const span = this.signal.trace?.span?.begin(`step ${name}`, 'internal', { 'roundhouse.job.step': name });
      const working = work(this.#commandOf(name, now, known?.status === 'running', span));
      const result = await (span ? spanning(span, working, codeOf) : working);
      const kept = this.#kept(result);
      const done = { status: 'completed', completedAt: Date.now(), result: kept, ...nothingSent } as const;
      await retrying(this.#parts.store, MAX_RACES, () => this.#saveStep(name, done, undefined, options.with?.(result)));
      return result;
    } catch (error) {
      if (error instanceof StepSkipped && !this.signal.aborted) {
        const [reason, toolText] = [error.message, error.toolText].map((text) =>
          this.#parts.writer.text(this.#record, text),
        );
        await this.#saveStep(name, { status: 'skipped', completedAt: Date.now(), reason, toolText, ...nothingSent });
        return null as T;
      }
      if (!this.left) {
        const why = this.signal.aborted ? this.signal.reason : error;
        const { message: reason, toolText } = this.#parts.writer.errorOf(this.#record, why);
        const told = toolText === undefined ? {} : { toolText };
        await this.#saveStep(name, { status: 'failed', completedAt: Date.now(), reason, ...told, ...nothingSent });
      }
      throw error;
    }
  }

  /**
   * The result of a step, as it is kept: all of it, or a note of its size. Each step writes the whole record, so the results together have
   * a bound.
   */
  #kept(result: unknown): unknown {
    const sizeOf = (value: unknown) => (value === null ? 0 : JSON.stringify(value).length);
    this.#room ??= MAX_RESULTS - this.#record.steps.reduce((sum, step) => sum + sizeOf(step.result), 0);
    const kept = this.#parts.writer.kept(this.#record, result, this.#room);
    this.#room = Math.max(0, this.#room - sizeOf(kept));
    return kept;
  }

  /** The command of a step, as the record says now: the record changes while the step runs. */
  #commandOf(name: string, now: number, interrupted: boolean, trace?: Trace): StepCommand {
    const step = () => this.#record.steps.find((one) => one.name === name) ?? blankStep(name);
    const at = this.#record.steps.findIndex((one) => one.name === name);
    const { startedAt } = step();
    const { id } = this.#record;
    const save = (change: StepChange) => this.#saveStep(name, change);
    return {
      trace,
      get journal() {
        const { retries = 0 } = step();
        return `job-${id}-${at}${retries === 0 ? '' : `-${retries}`}`;
      },
      get sentTo() {
        return step().sentTo;
      },
      isForgotten: now - (startedAt ?? now) > JOURNAL_MS,
      interrupted,
      get retries() {
        return step().retries ?? 0;
      },
      get dueAt() {
        return step().dueAt;
      },
      sending: (target) => save({ sentTo: target }),
      waiting: (dueAt, retries) => save(retries === undefined ? { dueAt } : { ...nothingSent, dueAt, retries }),
      ask: async (question, limitMs, signal) => {
        const { asks, decided } = step();
        if (decided) return decided;
        const text = this.#parts.writer.text(this.#record, question.text ?? '');
        const message = `step '${name}' waits for a person`;
        const since = Date.now();
        if (!asks) await this.#saveStep(name, { asks: { ...question, text, since, until: since + limitMs } }, message);
        return this.#parts.rest(this, () => this.#decision(name, signal));
      },
    };
  }

  /** @throws DomainError `timeout` if no person decides in time; the signal's reason */
  async #decision(name: string, signal: Cancellation): Promise<StepDecision> {
    const step = () => this.#record.steps.find((one) => one.name === name);
    const { until } = step()?.asks ?? {};
    const over = new CancelSource();
    const decision = new Promise<StepDecision>((resolve, reject) => {
      over.addEventListener('abort', () => reject(over.reason));
      this.#asking.set(name, resolve);
      const { decided } = step() ?? {};
      if (decided) resolve(decided);
    });
    const late = async (time: number) => {
      await this.#parts.until(time, over);
      throw new DomainError('timeout', `no person decided by ${isoTime(time)}`);
    };
    try {
      return await following(signal, over, () =>
        Promise.race([decision, ...(until === undefined ? [] : [late(until)])]),
      );
    } finally {
      this.#asking.delete(name);
      over.abort(undefined);
    }
  }

  /** Keeps the decision of a person; the step goes on with it. @param more goes into the same change @throws DomainError `conflict` */
  async decide(name: string, decision: StepDecision, more: AskedChange): Promise<void> {
    const decided = { ...decision, comment: this.#parts.writer.text(this.#record, decision.comment) };
    const waits = ({ steps }: JobRecord) => {
      const step = steps.find((one) => one.name === name);
      if (step?.status !== 'running' || !step.asks || step.decided)
        throw new DomainError('conflict', `step '${name}' does not wait for a decision`);
    };
    await this.#saveStep(name, { decided }, name, more, waits);
    this.#asking.get(name)?.(decided);
  }

  async skip(name: string, reason: string): Promise<void> {
    const now = Date.now();
    const skipped = { ...blankStep(name), status: 'skipped', startedAt: now, completedAt: now, reason } as const;
    await this.#saveStep(name, skipped);
  }

  progress(percent: number, message: string): Promise<void> {
    return this.#save({ progress: Math.min(100, Math.max(0, Math.round(percent))), message });
  }

  note(result: unknown): Promise<void> {
    return this.#save({ result: this.#parts.writer.kept(this.#record, result) });
  }

  join(ids: readonly string[]): Promise<(JobRecord | undefined)[]> {
    return this.#parts.rest(this, () => jobsOver(this.#parts.store, ids, this.signal));
  }

  child(job: NewJob, signal: Cancellation = this.signal): Promise<JobRecord> {
    return this.#parts.child(job, this, signal);
  }

  pause(until: number, signal: Cancellation = this.signal): Promise<void> {
    return this.#parts.rest(this, () => this.#parts.until(until, signal));
  }

  /** Changes a step of the record as it is when the change is written: other steps may change at the same time. */
  #saveStep(
    name: string,
    change: StepChange,
    message?: string,
    more?: Change | AskedChange,
    check: (record: JobRecord) => void = () => {},
  ): Promise<void> {
    const changed = (record: JobRecord): Partial<JobRecord> => {
      check(record);
      const { steps, revision, stalled = 0 } = record;
      const before = steps.find((step) => step.name === name);
      const step = stamped({ ...(before ?? blankStep(name)), ...change }, revision + 1);
      const all = before ? steps.map((other) => (other === before ? step : other)) : [...steps, step];
      const over = all.filter(hasEnded).length;
      const progress = Math.min(99, Math.floor((over / all.length) * 100));
      const ends = hasEnded(step) || change.retries !== undefined;
      return { steps: all, progress, stalled: ends ? 0 : stalled, ...(message === undefined ? {} : { message }) };
    };
    return this.#save(changed, more);
  }

  /** The last write of the job: earlier writes reach the disk before it. */
  #end(kind: JobKind, change: Partial<JobRecord>): Promise<JobRecord> {
    const ended = this.#saving.then(async () => {
      const { revision } = this.#record;
      const failed = { status: 'failed', completedAt: Date.now(), reason: change.error?.message ?? '' } as const;
      const steps = this.#record.steps.map((step) =>
        step.status === 'running' ? stamped({ ...step, ...failed }, revision + 1) : step,
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
  #save(
    changing: Partial<JobRecord> | ((record: JobRecord) => Partial<JobRecord>),
    { writes = [], events = [], by = null }: Partial<AskedChange> = {},
  ): Promise<void> {
    const saved = this.#saving.then(async () => {
      if (this.left) throw this.signal.reason;
      if (isOver(this.#record)) throw new DomainError('conflict', 'the job is over');
      const change = typeof changing === 'function' ? changing(this.#record) : changing;
      const told = this.#kind?.changed?.({ ...this.#record, ...change }) ?? [];
      this.#record = await this.#parts.writer.change(this.#record, change, {
        by,
        writes,
        events: [...told, ...events],
      });
      this.#keepTime();
    });
    this.#saving = saved.catch(() => {});
    return saved;
  }

  /** Time in which a job does nothing but wait for people does not count for its limit. */
  #keepTime(): void {
    const running = innermost(this.#record);
    if (running.length > 0 && running.every(({ asks, decided }) => asks && !decided)) this.#limit.stop();
    else this.#limit.start();
  }

  /** The engine does not wait for work that ignores its cancellation. */
  #withAbortGrace<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const limit = () => {
        timer = setTimeout(() => reject(this.signal.reason), ABORT_GRACE_MS).unref();
      };
      this.signal.addEventListener('abort', limit);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

/** A time limit that stands still while it is stopped. */
class TimeLimit {
  #leftMs: number;
  readonly #reached: () => void;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #over = false;

  constructor(leftMs: number, reached: () => void) {
    this.#leftMs = leftMs;
    this.#reached = reached;
  }

  start(): void {
    if (this.#timer !== undefined || this.#over) return;
    this.#since = Date.now();
    this.#timer = setTimeout(this.#reached, Math.max(0, this.#leftMs));
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= Date.now() - this.#since;
  }

  /** Ends the limit for good: a step may still be saved after the hub has left the job. */
  end(): void {
    this.stop();
    this.#over = true;
  }
}

/** A command that was answered, or a wait that is over, is no part of the step any more. */
const nothingSent = { sentTo: undefined, dueAt: undefined, asks: undefined, decided: undefined } as const;
/** The members that a step which begins again does not keep. */
const unsaid = { ...nothingSent, toolText: undefined, retries: undefined, ended: undefined } as const;

/** A change of a step; `undefined` removes a member. */
type StepChange = { readonly [K in keyof JobStep]?: JobStep[K] | undefined };

function hasEnded({ status }: JobStep): boolean {
  return status !== 'pending' && status !== 'running';
}

/** A step with the revision at which it began and ended, and without members that are `undefined`. */
function stamped(step: StepChange, revision: number): JobStep {
  const { status, begun = revision, ended } = step as JobStep;
  const told = status === 'pending' ? {} : { begun };
  const over = hasEnded(step as JobStep) ? { ended: ended ?? revision } : {};
  const members = Object.entries({ ...step, ...told, ...over }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as unknown as JobStep;
}

/** The running steps that hold no other running step. */
function innermost({ steps }: JobRecord): JobStep[] {
  const active = steps.filter(({ status }) => status === 'running');
  // A step with members or with another workflow runs as long as one of its own steps.
  const isOuter = ({ name }: JobStep) =>
    active.some((step) => /^[/[]/.test(step.name.slice(name.length)) && step.name.startsWith(name));
  return active.filter((step) => !isOuter(step));
}

/** Whether a job that the hub left does nothing but wait for a time or a person. */
function isWaiting(record: JobRecord): boolean {
  const running = innermost(record);
  return running.length > 0 && running.every(({ dueAt = 0, asks }) => asks || dueAt > Date.now());
}
