import { Type } from 'typebox';
import type { JobRecord } from '../../domain/jobs/record.js';
import { isoTimeOrNull } from '../../domain/moments.js';
import { TimeOrNull } from '../shared/values.js';

export const JobStatus = Type.Union(
  [
    Type.Literal('scheduled'),
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('completed'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ],
  { title: 'JobStatus' },
);

/** The fields of every kind of job. */
export const jobFields = {
  status: JobStatus,
  started_at: TimeOrNull,
  completed_at: TimeOrNull,
  /** Extensions of the document. */
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
};

export function renderJob({ status, startedAt, completedAt, progress, error }: JobRecord) {
  return {
    status,
    started_at: isoTimeOrNull(startedAt ?? undefined),
    completed_at: isoTimeOrNull(completedAt ?? undefined),
    progress,
    error: error && { ...error },
  };
}
