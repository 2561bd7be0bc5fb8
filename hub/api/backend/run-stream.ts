import type { Caller } from '../../domain/access/caller.js';
import { isoTime } from '../../domain/clock.js';
import { DomainError } from '../../domain/errors.js';
import { historyOf, type JobMoment } from '../../domain/jobs/history.js';
import { isOver, type JobRecord } from '../../domain/jobs/record.js';
import type { SseSink, SseSource } from '../../http/endpoint.js';
import { definitionOf, resultOf } from './run-fields.js';

/** When a client whose stream broke comes back, milliseconds. */
const RETRY_MS = 2000;

export interface RunStreamParts {
  /** The run as it is now, as a caller may see it now. @throws DomainError if the caller may not see it any more. */
  readonly read: (caller: Caller) => JobRecord;
  /** The same for a change from {@link RunStreamParts.follow}. */
  readonly show: (job: JobRecord, caller: Caller) => JobRecord;
  readonly follow: (listener: (job: JobRecord) => void) => () => void;
  readonly caller: Caller;
  /** How many of the run's events the client has. */
  readonly after: number;
}

/**
 * A run's events for one reader. They are made from the run itself, which keeps all that happened to it: a slow reader costs no memory, and one
 * that comes back finds its place by number.
 */
export class RunStream implements SseSource {
  caller: Caller;
  readonly #parts: RunStreamParts;
  #told: number;
  /** The last change; `undefined` before the first one. */
  #changed: JobRecord | undefined;
  #revision = 0;
  #message = '';
  #hasRoom = true;
  #sink: SseSink | undefined;
  #stop: (() => void) | undefined;

  constructor(parts: RunStreamParts) {
    this.#parts = parts;
    this.#told = parts.after;
    this.caller = parts.caller;
  }

  start(sink: SseSink): void {
    this.#sink = sink;
    sink.send(`retry: ${RETRY_MS}\n\n`);
    this.#stop = this.#parts.follow((job) => this.#take(job));
    this.#tell();
  }

  drained(): void {
    this.#hasRoom = true;
    this.#tell();
  }

  ended(): void {
    this.#sink = undefined;
    this.#stop?.();
  }

  #take(job: JobRecord): void {
    if (job.revision <= this.#revision) return;
    this.#changed = job;
    this.#tell();
  }

  #tell(): void {
    const sink = this.#sink;
    if (!sink || !this.#hasRoom) return;
    let job: JobRecord;
    try {
      // The caller's rights may have changed since the stream began.
      const { show, read } = this.#parts;
      job = this.#changed ? show(this.#changed, this.caller) : read(this.caller);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      sink.close({ reason: 'forbidden', message: error.message });
      return;
    }
    this.#revision = job.revision;
    const moments = historyOf(job);
    let text = '';
    for (const [at, moment] of moments.entries()) if (at >= this.#told) text += rendered(job, moment, at + 1);
    this.#told = Math.max(this.#told, moments.length);
    text += this.#progress(job);
    if (text !== '') this.#hasRoom = sink.send(text);
    // The stream may be about to begin in this very turn.
    if (isOver(job) && this.#hasRoom) queueMicrotask(() => this.#sink?.end());
  }

  /** The message of a running step. It is not kept, so it has no number. */
  #progress({ id, message, progress, steps, status }: JobRecord): string {
    if (status !== 'running' || message === this.#message) return '';
    this.#message = message;
    if (message === '' || steps.some(({ name }) => name === message)) return '';
    return event('log', { id, level: 'info', message, progress, timestamp: isoTime(Date.now()) });
  }
}

function rendered(job: JobRecord, moment: JobMoment, number: number): string {
  const { id } = job;
  const timestamp = isoTime(moment.time);
  switch (moment.kind) {
    case 'status': {
      const { status } = moment;
      const error = status === 'failed' || status === 'cancelled' ? { error: job.error } : {};
      const data = { id, workflow_definition_id: definitionOf(job), status, ...error, timestamp };
      return event('status_change', data, number);
    }
    case 'step': {
      const { step, became, reason } = moment;
      const verb = became === 'running' ? 'begins' : became === 'skipped' ? 'is skipped' : became;
      const message = `Step '${step}' ${verb}${reason === '' ? '' : `: ${reason}`}`;
      const level = became === 'failed' ? 'error' : 'info';
      return event('log', { id, level, message, step, step_status: became, timestamp }, number);
    }
    case 'result': {
      const { step, result } = moment;
      return event('result_preview', { id, step, result: resultOf(job, step, result), timestamp }, number);
    }
  }
}

function event(type: string, data: object, number?: number): string {
  const id = number === undefined ? '' : `id: ${number}\n`;
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n${id}\n`;
}
