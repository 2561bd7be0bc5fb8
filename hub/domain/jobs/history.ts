import { isOver, type JobRecord, type JobStatus, type JobStep } from './record.js';

/** Something that happened to a job. Times are milliseconds since 1970. */
export type JobMoment =
  | { readonly kind: 'status'; readonly time: number; readonly status: JobStatus }
  | {
      readonly kind: 'step';
      readonly time: number;
      readonly step: string;
      readonly became: 'running' | 'completed' | 'failed' | 'skipped';
      /** Why it failed or was skipped; empty otherwise. */
      readonly reason: string;
    }
  | { readonly kind: 'result'; readonly time: number; readonly step: string; readonly result: unknown };

/**
 * All that has happened to a job so far, in order. Later moments come at the end, so a place is a number that holds over restarts of the
 * hub. A step that begins again after a restart is in the list once.
 */
export function historyOf(job: JobRecord): JobMoment[] {
  const { createdAt, dueAt, startedAt, completedAt } = job;
  const first = dueAt > createdAt ? 'scheduled' : 'queued';
  const moments: JobMoment[] = [{ kind: 'status', time: createdAt, status: first }];
  if (startedAt !== null) moments.push({ kind: 'status', time: startedAt, status: 'running' });
  for (const step of job.steps) moments.push(...ofStep(step));
  if (isOver(job)) moments.push({ kind: 'status', time: completedAt ?? createdAt, status: job.status });
  return moments;
}

function ofStep({ name, status, startedAt, completedAt, reason, result }: JobStep): JobMoment[] {
  const begun = startedAt ?? 0;
  if (status === 'pending') return [];
  if (status === 'skipped') return [{ kind: 'step', time: begun, step: name, became: status, reason }];
  const moments: JobMoment[] = [{ kind: 'step', time: begun, step: name, became: 'running', reason: '' }];
  if (status === 'running') return moments;
  const time = completedAt ?? begun;
  moments.push({ kind: 'step', time, step: name, became: status, reason });
  if (status === 'completed') moments.push({ kind: 'result', time, step: name, result });
  return moments;
}
