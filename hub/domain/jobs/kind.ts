import type { Trace } from '@roundhouse/proto/tracing';
import type { Caller, RequestOrigin } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';
import type { Cancellation } from '../cancellation.js';
import type { Change, NewEvent, Write } from '../store.js';
import type { CommandTarget, JobRecord, JobStep, StepDecision, StepQuestion } from './record.js';

/** A request for a job. */
export interface NewJob {
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Names of the steps that are known before it begins. */
  readonly steps?: readonly string[];
  /** Steps that an earlier job has done: they are not done again. */
  readonly done?: readonly JobStep[];
  readonly site?: string | null;
  readonly serverId?: string | null;
  /** The owner: only the owner and admins see the job and its events. Default: the owner of its server, if any. */
  readonly ownerId?: string;
  /** See {@link JobRecord.exclusive}. */
  readonly exclusive?: string;
  /** Not before this time, milliseconds since 1970; default: at once. */
  readonly dueAt?: number;
}

/** A running job, as its kind's code sees it. */
export interface JobRun {
  /** As it is on disk now. */
  readonly record: JobRecord;
  /** The caller in whose name the work is done, with its current role. @throws DomainError if the caller has lost its credential. */
  readonly origin: RequestOrigin;
  /** Aborted when the job is cancelled, takes too long, or the hub stops; `reason` is a DomainError. */
  readonly signal: Cancellation;
  /** Whether an earlier run of the hub left it, running or waiting: agents may need a moment to come back. */
  readonly resumed: boolean;
  /** When this attempt began, milliseconds since 1970. */
  readonly begunAt: number;
  /** The hub stops: the job leaves its work as it is, and the next start goes on with it. */
  readonly left: boolean;
  /**
   * Does one step, and stores that it began, how it ended and its result. A step that an earlier attempt completed does not run again. A step
   * that an earlier attempt began runs again. A step with a command that must not take effect twice sends it as {@link StepCommand} says.
   * @param work gives plain JSON
   */
  step<T>(name: string, work: (command: StepCommand) => Promise<T>, options?: StepOptions<T>): Promise<T>;
  /** Stores that a step is skipped, and why. */
  skip(name: string, reason: string): Promise<void>;
  /** Stores the progress, 0 to 100. */
  progress(percent: number, message: string): Promise<void>;
  /** Stores a result before the end: it stays if the job then fails. */
  note(result: unknown): Promise<void>;
  /**
   * Waits until other jobs are over. They have this job's place among the workers meanwhile. Gives them in the order of the ids;
   * `undefined` for jobs that are not kept any more.
   */
  join(ids: readonly string[]): Promise<(JobRecord | undefined)[]>;
  /**
   * Runs another job as a part of this one, in this one's place among the workers. Resolves once that job is over.
   * @param signal cancels it; default: this job's own signal
   */
  child(job: NewJob, signal?: Cancellation): Promise<JobRecord>;
  /**
   * Waits until a time, milliseconds since 1970. Other jobs have this job's place among the workers meanwhile.
   * @param signal ends the wait; default: this job's own signal @throws the signal's reason
   */
  pause(until: number, signal?: Cancellation): Promise<void>;
}

/** The command of a step that must not take effect twice, even if the hub stops: the agent keeps its outcome, and the hub asks again. */
export interface StepCommand {
  /** The place of the step in a trace; absent if the trace of the job is not recorded. */
  readonly trace?: Trace | undefined;
  /** Its name in the agent's journal; see {@link CommandOptions.journal}. */
  readonly journal: string;
  /** The target to which an earlier attempt sent it, or was about to send it; `undefined`: no attempt has sent it. */
  readonly sentTo: CommandTarget | undefined;
  /** The earlier attempt is so long ago that the agent may have forgotten the outcome. */
  readonly isForgotten: boolean;
  /** An earlier attempt began the step, and a stop of the hub interrupted it. */
  readonly interrupted: boolean;
  /** How often the step's work failed before and began again. */
  readonly retries: number;
  /** The step does nothing until this time, milliseconds since 1970; `undefined`: the step does not wait. */
  readonly dueAt: number | undefined;
  /** Stores the target of the command. The hub sends the command after that. */
  sending(target: CommandTarget): Promise<void>;
  /** Stores that the step does nothing until a time. @param retries if its work failed and begins again then: a new command */
  waiting(dueAt: number, retries?: number): Promise<void>;
  /**
   * Waits for the decision of a person. Other jobs have this job's place among the workers meanwhile, and the time does not count for the
   * job's limit. @param signal ends the wait @throws DomainError `timeout` if no person decides in time; the signal's reason
   */
  ask(question: Omit<StepQuestion, 'since' | 'until'>, limitMs: number, signal: Cancellation): Promise<StepDecision>;
}

/** The work of a step throws this to skip the step after it has begun. */
export class StepSkipped extends Error {
  /** @param toolText see {@link JobStep.toolText} */
  constructor(
    message: string,
    readonly toolText: string,
  ) {
    super(message);
  }
}

export interface StepOptions<T> {
  /** The change that becomes visible together with the end of the step; asked for again if another change came first. */
  readonly with?: (result: T) => Change;
}

/** A kind of job: its work, and how the hub resumes a job that a stop of the hub interrupted. */
export interface JobKind {
  readonly name: string;
  /**
   * The permission that the job's caller must have when the caller asks for the job, and when the job begins. A kind asks again before each
   * step that begins something new. An update does not: it takes a server from one version to another, or back.
   */
  readonly permission: Permission;
  /** `continue`: begins again without its completed steps; `fail`: ends as failed. */
  readonly afterRestart: 'continue' | 'fail';
  /** It starts the server that it is for: cancelled if that server is to stop. */
  readonly starts?: boolean;
  /** Hard limit in milliseconds; default: the engine's. */
  readonly timeoutMs?: (record: JobRecord) => number;
  /** Computes the time of a waiting job again, by the current clock, if the time follows from a rule. */
  readonly dueAgain?: (record: JobRecord) => number | undefined;
  /** Jobs of one lane run one after the other, in order; default: one lane for each server, none without one. */
  readonly lane?: (record: JobRecord) => string | null;
  /** Kinds that share a name here have at most `limit` jobs running at once, however many workers are idle. */
  readonly group?: { readonly name: string; readonly limit: number };
  /** The job as a caller may see it, if not every caller who may see the job may see all of it. */
  readonly shown?: (record: JobRecord, caller: Caller) => JobRecord;
  /** The writes at the end of a job that does not begin, because its caller has lost the permission. */
  readonly refused?: (record: JobRecord) => readonly Write[];
  /** Does the work; gives its result as plain JSON. */
  run(job: JobRun): Promise<unknown>;
  /** The summary of a completed job, for people; default: nothing. */
  readonly summary?: (record: JobRecord) => string;
  /** Events besides the engine's own, to be written with each change of a running job. */
  readonly changed?: (record: JobRecord) => readonly NewEvent[];
  /** Events besides the engine's own, to be written with the end of a job. */
  readonly ended?: (record: JobRecord) => readonly NewEvent[];
}

/** Bounds of the engine. */
export interface JobSettings {
  /** Jobs that run at once. */
  readonly maxWorkers: number;
  /**
   * Jobs of admins and the hub that wait, as many of all other callers, and as many that are scheduled; more are refused. A payer below
   * admin has a quarter.
   */
  readonly queueSize: number;
  /** Jobs of one site that run at once. */
  readonly perSite: number;
  /** Steps of all jobs that start at once: more would delay the calls of clients. */
  readonly stepsAtOnce: number;
  /** A step that takes longer than this lets the next one start, milliseconds: it mostly waits for agents and servers. */
  readonly stepStartMs: number;
  /** How long a job may take where its kind does not say, milliseconds. */
  readonly timeoutMs: number;
  /** The runs of workflows that are kept once they are over. */
  readonly keptRuns: Retention;
  /** The other jobs that are kept once they are over. */
  readonly keptJobs: Retention;
}

/** How long finished jobs are kept, milliseconds, and how many. */
export interface Retention {
  readonly keepMs: number;
  readonly keepCount: number;
}

const usualRetention: Retention = { keepMs: 30 * 86_400_000, keepCount: 10_000 };

export const defaultJobSettings: JobSettings = {
  maxWorkers: 10,
  queueSize: 1000,
  perSite: 4,
  stepsAtOnce: 4,
  stepStartMs: 50,
  timeoutMs: 300_000,
  keptRuns: usualRetention,
  keptJobs: usualRetention,
};
