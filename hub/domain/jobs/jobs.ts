import { StartSlots } from '@roundhouse/proto/start-slots';
import type { Tracer } from '@roundhouse/proto/tracing';
import { authorize } from '../access/authorize.js';
import { payerOf, type RequestOrigin } from '../access/caller.js';
import { type GrantableServers, isNarrowed, isOwnOrAdmin, maySee } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { type Cancellation, within } from '../cancellation.js';
import { DomainError, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import type { Creators } from '../people/creators.js';
import type { AskedChange, Guard, Range, Store, Write } from '../store.js';
import { JobTally } from './history.js';
import type { JobKind, JobSettings, NewJob } from './kind.js';
import { checkPlaces, RETRY_AFTER_S } from './places.js';
import { JobQueue } from './queue.js';
import {
  isOver,
  type JobFilter,
  type JobRecord,
  type JobsOf,
  jobRecords,
  rangeOf,
  type StepDecision,
  withoutResults,
} from './record.js';
import { ActiveJob, type RunParts } from './run.js';
import { Pauses, Timetable } from './timetable.js';
import { type JobWriter, newRecord } from './writer.js';

/** A job that stopped the hub this often, without the end of any step in between, does not begin again. */
const MAX_STALLED = 3;
/** How long a stopping hub waits for its jobs to stop their work, milliseconds. */
const LEAVE_MS = 5000;

export interface JobParts {
  readonly store: Store;
  readonly writer: JobWriter;
  readonly creators: Creators;
  readonly registry: GrantableServers;
  readonly settings: JobSettings;
  readonly onError: (error: unknown) => void;
  /** Records traces; absent: jobs are in none. */
  readonly tracer?: Tracer | undefined;
}

/**
 * The job engine: long work, durable and bounded. A job is on disk before its caller gets an answer, and so is each of its steps. If the
 * hub stopped during a job, the next start begins it again if its kind allows that, and otherwise marks it as failed.
 */
export class Jobs {
  readonly #parts: JobParts;
  readonly #kinds = new Map<string, JobKind>();
  readonly #queue: JobQueue;
  readonly #timetable: Timetable;
  readonly #active = new Map<string, { readonly run: ActiveJob; readonly done: Promise<unknown> }>();
  /** Jobs that an earlier run of the hub left, until they begin. */
  readonly #left = new Set<string>();
  /** Jobs that have waited, and go on as soon as a worker is free: before the jobs of the queue. */
  readonly #waking = new Set<() => void>();
  readonly #pauses = new Pauses();
  readonly tally: JobTally;
  #running = false;
  /** Jobs on their way to the disk: they have their places already. */
  readonly #coming = new Set<JobRecord>();
  /** Workers in use; a part of another job takes none. */
  #workers = 0;
  readonly #starts: StartSlots;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#queue = new JobQueue(parts.settings.perSite);
    this.#starts = new StartSlots(parts.settings.stepsAtOnce, parts.settings.stepStartMs);
    this.#timetable = new Timetable(
      (record) => this.#enqueue(record),
      (record) => this.#kinds.get(record.kind)?.dueAgain?.(record),
    );
    this.tally = new JobTally(parts.store);
  }

  /** Makes a kind of job known; before {@link Jobs.start}. */
  define(kind: JobKind): void {
    this.#kinds.set(kind.name, kind);
  }

  /** All kinds of jobs that are known. */
  get kinds(): readonly JobKind[] {
    return [...this.#kinds.values()];
  }

  /** Takes up the jobs that an earlier run of the hub left, and begins to work. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    const left = (['running', 'queued', 'scheduled'] as const).flatMap((status) => [
      ...store.list(jobRecords, { index: 'status', equals: [status] }),
    ]);
    // A request since the start has put it into a queue already.
    for (const record of left.sort((a, b) => a.createdAt - b.createdAt))
      if (!this.#queue.has(record.id)) await this.#takeUp(record);
    this.#running = true;
    this.#timetable.look();
    this.#work();
  }

  /** Begins the jobs whose time has come, as a timer of its own does. */
  look(): void {
    this.#timetable.look();
    this.#pauses.look();
  }

  /** Stops working. Running jobs stay as they are on disk: the next start takes them up. */
  async close(): Promise<void> {
    this.#running = false;
    this.#timetable.stop();
    for (const { run } of this.#active.values()) {
      run.left = true;
      run.signal.abort(new DomainError('cancelled', 'the hub is stopping'));
    }
    const done = Promise.allSettled([...this.#active.values()].map((active) => active.done));
    await within(LEAVE_MS, done);
  }

  /**
   * Makes a job, durably. @throws DomainError `forbidden`, `invalid_input` (its parameters are too long), `unavailable` (too many jobs wait).
   * @param further gives further writes of the same change.
   * @param guards as in {@link AskedChange.guards}
   */
  async submit(
    origin: RequestOrigin,
    job: NewJob,
    further: (record: JobRecord) => readonly Write[] = () => [],
    guards: readonly Guard[] = [],
  ): Promise<JobRecord> {
    this.#authorize(origin, job.kind);
    const record = newRecord(origin, job, null);
    const begun = Array.from(this.#active.values(), ({ run }) => run.record);
    const [waiting, scheduled] = [this.#queue.records(), this.#timetable.records()];
    checkPlaces(record, { waiting, scheduled, begun, coming: this.#coming }, this.#parts.settings.queueSize);
    this.#coming.add(record);
    try {
      await this.#parts.writer.create(record, further(record), guards);
    } finally {
      this.#coming.delete(record);
    }
    if (record.status === 'scheduled') this.#timetable.add(record);
    else this.#enqueue(record);
    return record;
  }

  /** A job of the caller, or of a server that the caller may see. @throws DomainError `not_found`. */
  get(origin: RequestOrigin, id: string, noun = 'job'): JobRecord {
    const record = this.#find(id);
    if (!record) throw notFound(noun, id);
    return this.shown(origin, record, noun);
  }

  /** Whether there is such a job, and the caller may see it. */
  isShown(origin: RequestOrigin, id: string): boolean {
    const record = this.#find(id);
    return record !== undefined && this.#visible(origin, record);
  }

  /** A job without the parts that the caller may not see. @throws DomainError `not_found` if the caller may not see the job. */
  shown(origin: RequestOrigin, record: JobRecord, noun = 'job'): JobRecord {
    if (!this.#visible(origin, record)) throw notFound(noun, record.id);
    const { caller } = origin;
    return (caller && this.#kinds.get(record.kind)?.shown?.(record, caller)) ?? record;
  }

  /** Newest first, from the `offset`th on, without their results. */
  async list(
    origin: RequestOrigin,
    filter: JobFilter,
    limit: number,
    offset = 0,
  ): Promise<{ jobs: JobRecord[]; total: number }> {
    const { kind, status } = filter;
    const jobs: JobRecord[] = [];
    const add = (record: JobRecord) => jobs.push(withoutResults(this.shown(origin, record)));
    if (seesAll(origin) && !(kind && status)) {
      for await (const record of this.#listed(origin, filter, { limit, offset })) add(record);
      return { jobs, total: this.#parts.store.count(jobRecords, rangeOf(filter)) };
    }
    let total = 0;
    for await (const record of this.#listed(origin, filter)) {
      if (total >= offset && jobs.length < limit) add(record);
      total += 1;
    }
    return { jobs, total };
  }

  /** The newest jobs, newest first, without their results. */
  async newest(origin: RequestOrigin, filter: JobFilter | JobsOf, limit: number): Promise<JobRecord[]> {
    const jobs: JobRecord[] = [];
    for await (const record of this.#listed(origin, filter)) {
      jobs.push(withoutResults(this.shown(origin, record)));
      if (jobs.length >= limit) break;
    }
    return jobs;
  }

  /** How many jobs of a kind, of those that the caller may see, run or wait for a worker. */
  async pendingCount(origin: RequestOrigin, kind: string): Promise<number> {
    let count = 0;
    for (const status of ['queued', 'running'] as const)
      for await (const record of this.#listed(origin, { status })) if (record.kind === kind) count += 1;
    return count;
  }

  /** The jobs that the caller may see, newest first. Other work of the hub goes on between them: there may be many, and large ones. */
  async *#listed(origin: RequestOrigin, filter: JobFilter | JobsOf, part: Range = {}): AsyncGenerator<JobRecord> {
    const turns = new Turns(undefined, { payer: origin.caller ? payerOf(origin.caller) : undefined });
    const status = 'status' in filter ? filter.status : undefined;
    for (const record of this.#parts.store.list(jobRecords, { ...rangeOf(filter), ...part, reverse: true })) {
      if (turns.due) await turns.next();
      if ((!status || record.status === status) && this.#visible(origin, record)) yield record;
    }
  }

  /** Whether a job of one of these kinds waits or runs for a server. */
  isBusy(serverId: string, kinds: ReadonlySet<string>): boolean {
    for (const { run } of this.#active.values())
      if (run.record.serverId === serverId && kinds.has(run.record.kind)) return true;
    return false;
  }

  /** Whether any job of a kind runs or waits for a worker. */
  isPending(kind: string): boolean {
    const { store } = this.#parts;
    return (['running', 'queued'] as const).some((status) => {
      for (const job of store.list(jobRecords, { index: 'status', equals: [status] }))
        if (job.kind === kind) return true;
      return false;
    });
  }

  /**
   * Cancels a job. A running job ends as soon as its work notices.
   * @throws DomainError `forbidden`, `not_found`, `conflict` (it is over).
   */
  async cancel(origin: RequestOrigin, id: string, noun = 'job'): Promise<JobRecord> {
    authorize(origin.caller, 'job.operate');
    const { status } = this.get(origin, id, noun);
    const reason = new DomainError('cancelled', 'the job was cancelled');
    const active = this.#active.get(id);
    if (active) {
      const { caller } = origin;
      active.run.signal.abort(new DomainError('cancelled', `cancelled${caller ? ` by '${caller.name}'` : ''}`));
      this.#parts.store.record({ writes: [changeAudit(origin, 'job.cancel', { type: 'job', id })] });
      await active.done;
      return this.get(origin, id, noun);
    }
    // The whole record: the caller may not see all parts of it.
    const waiting = this.#queue.remove(id) ?? this.#timetable.remove(id) ?? this.#find(id);
    if (!waiting || isOver(waiting)) throw new DomainError('conflict', `the ${noun} is over: ${status}`, { status });
    const error = { code: reason.code, message: reason.message };
    // The job is no longer in its queue, so this change must not fail.
    const audit = changeAudit(origin, 'job.cancel', { type: 'job', id });
    const end = { status: 'cancelled', error, completedAt: Date.now() } as const;
    const cancelled = await this.#parts.writer.change(waiting, end, { writes: [audit] });
    this.tally.ended(cancelled);
    return this.shown(origin, cancelled, noun);
  }

  /**
   * Hands the decision of a person to a step that waits for it. The caller of this method has checked who decides.
   * @param more goes into the same change @throws DomainError `conflict` (nothing waits for it), `unavailable` (after a start of the hub)
   */
  async decide({ id, status }: JobRecord, step: string, decision: StepDecision, more: AskedChange): Promise<void> {
    const active = this.#active.get(id);
    if (active) await active.run.decide(step, decision, more);
    else if (status === 'queued' || status === 'running')
      throw new DomainError('unavailable', 'the hub has not taken up the job yet', { retryAfter: RETRY_AFTER_S });
    else throw new DomainError('conflict', `step '${step}' does not wait for a decision`);
  }

  /** Cancels waiting and running jobs that start a server which is to stop now, so that a start that hangs does not delay the stop. */
  cancelStarts(origin: RequestOrigin, serverId: string): void {
    const { store, onError } = this.#parts;
    for (const status of ['queued', 'running'] as const)
      for (const job of store.list(jobRecords, { index: 'status', equals: [status] }))
        if (job.serverId === serverId && this.#kinds.get(job.kind)?.starts)
          void this.cancel(origin, job.id).catch(onError);
  }

  /** The engine's state. */
  status() {
    const { maxWorkers, queueSize, timeoutMs, perSite } = this.#parts.settings;
    return {
      running: this.#running,
      workers: { active: this.#workers, idle: maxWorkers - this.#workers, total: maxWorkers },
      queue: {
        pending: this.#queue.size,
        scheduled: this.#timetable.size,
        processing: this.#active.size,
        completed: this.tally.completed,
      },
      configuration: { maxWorkers, queueSize, timeoutMs, perSite },
    };
  }

  async #takeUp(record: JobRecord): Promise<void> {
    const kind = this.#kinds.get(record.kind);
    if (record.status === 'running') {
      const why = record.parentId
        ? 'the hub stopped while this part of a job ran; the job has begun another'
        : kind?.afterRestart !== 'continue'
          ? 'the hub stopped while the job ran, and jobs of this kind are not begun twice'
          : (record.stalled ?? record.attempts) >= MAX_STALLED
            ? `the hub stopped while the job ran, ${MAX_STALLED} times without progress`
            : undefined;
      if (why === undefined) this.#enqueue(record);
      else await this.#fail(record, new DomainError('conflict', why));
    } else if (!kind) {
      await this.#fail(record, new DomainError('unimplemented', `this hub knows no jobs of kind '${record.kind}'`));
    } else if (record.status === 'scheduled') {
      // A job whose time has passed meanwhile runs now, once.
      this.#timetable.add(record);
    } else {
      this.#left.add(record.id);
      this.#enqueue(record);
    }
  }

  async #fail(record: JobRecord, error: DomainError, writes: readonly Write[] = []): Promise<void> {
    const { writer } = this.#parts;
    const steps = record.steps.map((step) =>
      step.status === 'running' ? { ...step, status: 'failed' as const, reason: error.message } : step,
    );
    const end = { status: 'failed', steps, error: writer.errorOf(record, error), completedAt: Date.now() } as const;
    const events = this.#kinds.get(record.kind)?.ended?.({ ...record, ...end }) ?? [];
    this.tally.ended(await writer.change(record, end, { events, writes }));
  }

  #enqueue(record: JobRecord): void {
    const kind = this.#kinds.get(record.kind);
    const lane = kind?.lane ? kind.lane(record) : record.serverId && `server:${record.serverId}`;
    this.#queue.add(record, lane, kind?.group);
    this.#work();
  }

  #work(): void {
    while (this.#running && this.#workers < this.#parts.settings.maxWorkers) {
      const [wake] = this.#waking;
      if (wake) {
        wake();
        continue;
      }
      const next = this.#queue.take();
      if (!next) return;
      this.#workers += 1;
      void this.#run(next.record)
        .catch(this.#parts.onError)
        .finally(() => {
          next.release();
          this.#workers -= 1;
          this.#work();
        });
    }
  }

  async #run(record: JobRecord): Promise<JobRecord | undefined> {
    const kind = this.#kinds.get(record.kind);
    if (!kind) throw new Error(`no jobs of kind '${record.kind}' are known`);
    const { caller } = record.origin;
    const origin = () => ({ ...record.origin, caller: caller && this.#parts.creators.now(caller) });
    try {
      const now = origin();
      authorize(now.caller, kind.permission);
      this.#checkServer(now, record);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const message = `'${caller?.name}' asked for this job, and may not do it any more: ${error.message}`;
      await this.#fail(record, new DomainError('forbidden', message), kind.refused?.(record));
      return undefined;
    }
    return this.#begin(record, kind, origin);
  }

  /** The server of a job may have left the grants of the caller since. @throws DomainError `not_found`. */
  #checkServer({ caller }: RequestOrigin, { serverId }: JobRecord): void {
    const server = serverId === null ? undefined : this.#parts.registry.byId(serverId);
    if (caller && server && !maySee(caller, server)) throw notFound('server', server.id);
  }

  /** @throws DomainError `forbidden`. */
  #authorize({ caller }: RequestOrigin, name: string): JobKind {
    const kind = this.#kinds.get(name);
    if (!kind) throw new Error(`no jobs of kind '${name}' are known`);
    authorize(caller, kind.permission);
    return kind;
  }

  async #begin(
    record: JobRecord,
    kind: JobKind,
    origin: () => RequestOrigin,
    parent?: ActiveJob,
    signal: Cancellation | undefined = parent?.signal,
  ): Promise<JobRecord> {
    const { store, writer, settings, onError } = this.#parts;
    const timeoutMs = kind.timeoutMs?.(record) ?? settings.timeoutMs;
    const child: RunParts['child'] = (job, active, signal) => this.#child(job, active, signal);
    const until: RunParts['until'] = (time, signal) => this.#pauses.until(time, signal);
    const takenUp = this.#left.delete(record.id) || record.attempts > 0;
    const rest: RunParts['rest'] = (active, wait) => this.#rest(active, wait);
    const traced = { tracer: parent ? undefined : this.#parts.tracer, parent: signal?.trace };
    const run = new ActiveJob(record, {
      store,
      writer,
      starts: this.#starts,
      origin,
      timeoutMs,
      takenUp,
      child,
      until,
      rest,
      onError,
      ...traced,
    });
    run.left = parent?.left ?? false;
    const done = run.run(kind);
    this.#active.set(record.id, { run, done: done.catch(() => {}) });
    const abort = () => {
      run.left = parent?.left ?? false;
      run.signal.abort(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    try {
      const ended = await done;
      if (isOver(ended)) this.tally.ended(ended);
      return ended;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#active.delete(record.id);
      if (!run.hasWorker) this.#workers += 1;
    }
  }

  /** A job that waits lends its worker to other jobs, once for all of its waiting steps. A part of another job has no worker. */
  async #rest<T>(run: ActiveJob, wait: () => Promise<T>): Promise<T> {
    if (run.record.parentId !== null) return wait();
    run.resting += 1;
    if (run.hasWorker) {
      run.hasWorker = false;
      this.#workers -= 1;
    }
    this.#work();
    try {
      return await wait();
    } finally {
      run.resting -= 1;
      if (run.resting === 0) await this.#wake(run);
    }
  }

  /** Takes a worker again. A job that is cancelled does not wait for one: it ends. */
  #wake(run: ActiveJob): Promise<void> {
    return new Promise((resolve) => {
      const take = () => {
        run.signal.removeEventListener('abort', take);
        this.#waking.delete(take);
        // Another step of the run may have begun to wait meanwhile: then no step would lend the worker.
        if (!run.hasWorker && run.resting === 0) {
          this.#workers += 1;
          run.hasWorker = true;
        }
        resolve();
      };
      if (this.#workers < this.#parts.settings.maxWorkers || run.signal.aborted) take();
      else {
        this.#waking.add(take);
        run.signal.addEventListener('abort', take);
      }
    });
  }

  async #child(job: NewJob, parent: ActiveJob, signal: Cancellation): Promise<JobRecord> {
    const kind = this.#authorize(parent.origin, job.kind);
    const { id, ownerId } = parent.record;
    const record = newRecord(parent.origin, { ...job, ...(ownerId === undefined ? {} : { ownerId }) }, id);
    await this.#parts.writer.create(record);
    return this.#begin(record, kind, () => parent.origin, parent, signal);
  }

  #find(id: string): JobRecord | undefined {
    return this.#active.get(id)?.run.record ?? this.#parts.store.get(jobRecords, id);
  }

  /** Narrowed grants leave out jobs of other callers that belong to no server. */
  #visible({ caller }: RequestOrigin, { serverId, ownerId, origin }: JobRecord): boolean {
    if (!caller) return true;
    const { registry } = this.#parts;
    const server = serverId === null ? undefined : registry.byId(serverId);
    if (!isOwnOrAdmin(caller, ownerId ?? (serverId === null ? undefined : registry.ownerOf(serverId)))) return false;
    if (origin.caller?.id === caller.id) return true;
    if (!isNarrowed(caller.grants)) return true;
    return server !== undefined && maySee(caller, server);
  }
}

/** Whether the caller may see every job. */
function seesAll({ caller }: RequestOrigin): boolean {
  return !caller || (caller.role === 'admin' && !caller.sharedOnly && !isNarrowed(caller.grants));
}
