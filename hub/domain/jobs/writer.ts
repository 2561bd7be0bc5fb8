import type { RequestOrigin } from '../access/caller.js';
import type { ServerLookup } from '../agents/refusals.js';
import { auditedArguments } from '../audit/arguments.js';
import { changeAudit } from '../audit/audit.js';
import { personalScope } from '../audit/known-secrets.js';
import { redactorFor } from '../audit/log.js';
import { type Redactor, secretScopes } from '../audit/redactor.js';
import { DomainError, invalid } from '../errors.js';
import { type EventType, newEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { isoNow } from '../moments.js';
import { type AskedChange, type Guard, type NewEvent, put, type Store, type Write } from '../store.js';
import { Trimmer } from '../trimmer.js';
import type { JobSettings, NewJob } from './kind.js';
import { blankStep, isOver, type JobError, type JobRecord, jobRecords, keptOrigin } from './record.js';

/** Writes jobs to the store: each change with its event, and the first write with an audit entry. */
export class JobWriter {
  readonly #store: Store;
  readonly #redactor: Redactor;
  readonly #server: ServerLookup;

  constructor(store: Store, redactor: Redactor, server: ServerLookup = () => undefined) {
    this.#store = store;
    this.#redactor = redactor;
    this.#server = server;
  }

  /**
   * @param writes go into the same change. @param guards as in {@link Change.guards}
   * @throws DomainError `invalid_input` if the parameters are too long
   */
  async create(record: JobRecord, writes: readonly Write[] = [], guards: readonly Guard[] = []): Promise<void> {
    const { id, kind, serverId, params, origin } = record;
    const resource = serverId ? { type: 'server', id: serverId, serverId } : { type: 'job', id };
    const text = JSON.stringify(params);
    if (text.length > MAX_PARAMS) throw invalid('parameters', `must have at most ${MAX_PARAMS} characters as JSON`);
    const shown = auditedArguments(params, text, redactorFor(this.#redactor, origin.caller));
    const audit = changeAudit(origin, kind, resource, { jobId: id, params: shown });
    await this.#store.apply({
      by: origin.caller,
      writes: [put(jobRecords, record, 'absent'), audit, ...writes],
      guards,
      events: [this.#event(record)],
    });
  }

  /** Writes a change; gives the record as it is now. @throws DomainError `conflict` where another hub changed it meanwhile. */
  async change(record: JobRecord, change: Partial<JobRecord>, more: Partial<AskedChange> = {}): Promise<JobRecord> {
    const changed = { ...record, ...change, revision: record.revision + 1 };
    await this.#store.apply({
      by: more.by ?? null,
      writes: [put(jobRecords, changed, record.revision), ...(more.writes ?? [])],
      events: [this.#event(changed), ...(more.events ?? []).map((event) => ofOwner(changed, event))],
    });
    return changed;
  }

  /**
   * The result of a step or a job, as it may be kept: plain JSON without secrets, or a note of its size and of the limit.
   * @param room for results of the job, characters of JSON
   */
  kept(record: JobRecord, value: unknown, room = MAX_RESULT): unknown {
    if (value === undefined) return null;
    const text = JSON.stringify(value);
    const limit = text.length > MAX_RESULT ? 'result' : text.length > room ? 'run' : undefined;
    if (limit) return { truncated: true, bytes: Buffer.byteLength(text), limit };
    return this.#redactorFor(record).value(JSON.parse(text));
  }

  /** A text as it may be kept: bounded, without secrets. */
  text(record: JobRecord, text: string): string {
    return bounded(text, this.#redactorFor(record));
  }

  errorOf(record: JobRecord, error: unknown): JobError {
    if (error instanceof DomainError) {
      const redactor = this.#redactorFor(record);
      const { toolText } = error.details;
      const told = typeof toolText === 'string' ? { toolText: bounded(toolText, redactor) } : {};
      return { code: error.code, message: bounded(error.message, redactor), ...told };
    }
    return { code: 'internal', message: 'the job failed unexpectedly; the log of the hub has the reason' };
  }

  /**
   * A job's texts are searched for the secrets of its server and its owner, and for no others: a person who reads them would see which guess
   * of a secret is missing. Steps take out the secrets of their requests.
   */
  #redactorFor({ ownerId, serverId }: JobRecord): Redactor {
    const server = serverId === null ? undefined : this.#server(serverId);
    const own = ownerId === undefined ? [] : [personalScope(ownerId)];
    return this.#redactor.of(...own, ...(server ? secretScopes(server) : []));
  }

  #event(record: JobRecord): NewEvent {
    const { id, kind, status, progress, message, serverId, ownerId, error } = record;
    const type: EventType = isOver(record) ? `job.${status as 'completed' | 'failed' | 'cancelled'}` : 'job.progress';
    const data = {
      jobId: id,
      kind,
      status,
      progress,
      message,
      ...(error ? { error: error.message } : {}),
      ...(ownerId === undefined ? {} : { ownerId }),
      timestamp: isoNow(),
    };
    return newEvent(type, data, serverId ?? undefined);
  }
}

/** Only callers who may see the job may see its events. */
function ofOwner({ ownerId }: JobRecord, event: NewEvent): NewEvent {
  return ownerId === undefined ? event : { ...event, data: { ownerId, ...event.data } };
}

/** The most characters of a job's parameters as JSON, the plan of a run of a workflow included: each change of the job writes them. */
const MAX_PARAMS = 524_288;
/** How much of one result is kept, characters of JSON. */
const MAX_RESULT = 65_536;
/** How much of the message of an error, and of the text of a failed tool, is kept, characters. */
const MAX_TEXT = 2000;

/** A text without secrets. The part that is not kept costs no search. */
function bounded(text: string, redactor: Redactor): string {
  if (text.length > MAX_TEXT) return `${redactor.beginning(text, MAX_TEXT)} […]`;
  const clean = redactor.text(text);
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT)} […]`;
}

/** Removes finished runs of workflows, and other finished jobs, that are too old, or too many. */
export function jobTrimmer(
  store: Store,
  { keptRuns, keptJobs }: Pick<JobSettings, 'keptRuns' | 'keptJobs'>,
  onError?: (error: unknown) => void,
): Trimmer {
  const both = [
    { isRun: true, ...keptRuns },
    { isRun: false, ...keptJobs },
  ];
  const ids = (isRun: boolean, limit: number, to?: number) =>
    Array.from(
      store.list(jobRecords, {
        index: 'over',
        equals: [isRun],
        limit,
        ...(to === undefined ? {} : { to: [isRun, to] }),
      }),
      ({ id }) => id,
    );
  const surplus = ({ isRun, keepCount }: (typeof both)[number]) =>
    Math.max(0, store.count(jobRecords, { index: 'over', equals: [isRun] }) - keepCount);
  const trimming = {
    old: (now: number, limit: number) => both.flatMap(({ isRun, keepMs }) => ids(isRun, limit, now - keepMs)),
    surplus: () => both.reduce((sum, one) => sum + surplus(one), 0),
    oldest: (limit: number) => both.flatMap((one) => ids(one.isRun, Math.min(limit, surplus(one)))),
  };
  return new Trimmer(store, jobRecords, trimming, onError);
}

/** A job as it begins: it waits for its turn, or for its time. */
export function newRecord(origin: RequestOrigin, job: NewJob, parentId: string | null): JobRecord {
  const now = Date.now();
  const { kind, params, steps = [], done = [], site = null, serverId = null, ownerId, exclusive, dueAt = now } = job;
  return {
    id: newId(),
    kind,
    status: dueAt > now ? 'scheduled' : 'queued',
    params,
    steps: [...done, ...steps.filter((name) => !done.some((step) => step.name === name)).map(blankStep)],
    progress: 0,
    message: '',
    result: null,
    error: null,
    site,
    serverId,
    ...(ownerId === undefined ? {} : { ownerId }),
    parentId,
    ...(exclusive === undefined ? {} : { exclusive }),
    origin: keptOrigin(origin),
    dueAt,
    createdAt: now,
    startedAt: null,
    completedAt: null,
    attempts: 0,
    revision: 1,
  };
}
