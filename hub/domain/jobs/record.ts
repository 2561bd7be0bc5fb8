import { keptCaller, type RequestOrigin, type Role } from '../access/caller.js';
import { collection, type Range } from '../store.js';

/** `scheduled` waits for its time, `queued` for a worker; the last three are final. */
export const jobStatuses = ['scheduled', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export type StepStatus = 'pending' | 'running' | 'completed' | 'failed' | 'skipped';

/** One step of a job, written when it begins and when it ends. */
export interface JobStep {
  readonly name: string;
  readonly status: StepStatus;
  /** Milliseconds since 1970; `null` for not yet. */
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  /** Plain JSON. */
  readonly result: unknown;
  /** Why it failed or was skipped; empty otherwise. */
  readonly reason: string;
  /** The part of the reason that only callers who may read its result see, such as the text of a failed tool; without secrets. */
  readonly toolText?: string;
  /** The target of its command, while the step runs; absent: the hub has not sent one. */
  readonly sentTo?: CommandTarget;
  /** How often its work failed and began again. */
  readonly retries?: number;
  /** While it runs: it does nothing until this time, milliseconds since 1970. */
  readonly dueAt?: number;
  /** While it runs: the decision of a person that it waits for. */
  readonly asks?: StepQuestion;
  /** The decision, until the step has handled it. */
  readonly decided?: StepDecision;
  /** The revisions of the job at its beginning and its end: steps run side by side. Absent in jobs of earlier versions. */
  readonly begun?: number;
  readonly ended?: number;
}

/** The decision that a step waits for. */
export interface StepQuestion {
  /** `approval`: to approve or to refuse; `attention`: to resume, skip or fail a step of which the hub does not know whether it took effect. */
  readonly kind: 'approval' | 'attention';
  /** The text that the person reads; `null`: this reader may not see it. */
  readonly text: string | null;
  /** The least role that decides. */
  readonly role: Role;
  /** The values that an approval takes: a JSON Schema; see `checkForm`. */
  readonly form?: Readonly<Record<string, unknown>>;
  /** The caller of the job does not decide. */
  readonly byAnother?: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The step fails if no person decides by then. Absent in jobs of earlier versions. */
  readonly until?: number;
}

export const decisions = { approval: ['approve', 'refuse'], attention: ['resume', 'skip', 'fail'] } as const;
export type Decision = (typeof decisions)[keyof typeof decisions][number];

/** The decision of a person. */
export interface StepDecision {
  readonly decision: Decision;
  readonly by: string;
  readonly comment: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The target of the command of a step. */
export interface CommandTarget {
  readonly agentId: string;
  readonly serverId: string;
}

/** The error of a job, without secrets. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  /** The part of the message that is not for all, such as the text of a failed tool: a job's kind decides who sees it, and no event holds it. */
  readonly toolText?: string;
}

/** Long work, as it is kept. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly status: JobStatus;
  /** Its parameters: plain JSON, no secrets. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly steps: readonly JobStep[];
  /** 0 to 100. */
  readonly progress: number;
  /** Its current work, for people. */
  readonly message: string;
  /** Plain JSON; `null` until it ends, and for a job without a result. */
  readonly result: unknown;
  readonly error: JobError | null;
  readonly site: string | null;
  readonly serverId: string | null;
  /** The owner; absent: the owner of its server, if any. */
  readonly ownerId?: string;
  /** The job that it is a part of; `null` for none. */
  readonly parentId: string | null;
  /** At most one job with this text is not over. */
  readonly exclusive?: string;
  /** The caller of the job, and the origin; the work is done, and audited, in this caller's name. */
  readonly origin: RequestOrigin;
  /** Not before this time, milliseconds since 1970. */
  readonly dueAt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  /** How often it began: more than once if the hub stopped meanwhile. */
  readonly attempts: number;
  /** How many of the last attempts ended no step. */
  readonly stalled?: number;
  /** Grows by one with every change. */
  readonly revision: number;
}

/** The kind of the runs of workflows. */
export const WORKFLOW = 'workflow';

export const jobRecords = collection<JobRecord>('jobs', 'job', {
  kind: { of: (job) => [job.kind, job.createdAt] },
  status: { of: (job) => [job.status, job.createdAt] },
  server: { of: ({ serverId, createdAt }) => (serverId === null ? undefined : [serverId, createdAt]) },
  /** Runs of workflows. */
  workflow: {
    of: ({ kind, params: { workflow }, createdAt }) =>
      kind === WORKFLOW && typeof workflow === 'string' ? [workflow, createdAt] : undefined,
  },
  parent: { of: (job) => job.parentId ?? undefined },
  exclusive: { of: (job) => (isOver(job) ? undefined : job.exclusive), unique: true },
  /** Jobs that are over: runs of workflows, and other jobs. */
  over: { of: ({ kind, completedAt }) => (completedAt === null ? undefined : [kind === WORKFLOW, completedAt]) },
});

export interface JobFilter {
  readonly kind?: string;
  readonly status?: JobStatus;
}

/** The jobs of a server, or the runs of a workflow. */
export type JobsOf = { readonly serverId: string } | { readonly workflow: string };

/** The records among which the jobs of a filter are; a filter of kind and status leaves the status to the reader. */
export function rangeOf(filter: JobFilter | JobsOf): Range {
  if ('serverId' in filter) return { index: 'server', equals: [filter.serverId] };
  if ('workflow' in filter) return { index: 'workflow', equals: [filter.workflow] };
  const { kind, status } = filter;
  if (kind) return { index: 'kind', equals: [kind] };
  return status ? { index: 'status', equals: [status] } : {};
}

export function isOver({ status }: Pick<JobRecord, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** A job without its results, which lists do not show: they may be large. */
export function withoutResults(job: JobRecord): JobRecord {
  return { ...job, result: null, steps: job.steps.map((step) => ({ ...step, result: null })) };
}

/** The origin as a job stores it: the result of the credential's verification, without the credential. */
export function keptOrigin(origin: RequestOrigin): RequestOrigin {
  const { caller, ip, userAgent, requestId, api } = origin;
  return { caller: caller ? keptCaller(caller) : null, ip, userAgent, requestId, api };
}

/** A step that has not begun. */
export function blankStep(name: string): JobStep {
  return { name, status: 'pending', startedAt: null, completedAt: null, result: null, reason: '' };
}
