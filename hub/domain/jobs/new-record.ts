import type { RequestOrigin } from '../audit/audit.js';
import { newId } from '../ids.js';
import type { NewJob } from './kind.js';
import { type JobRecord, keptOrigin } from './record.js';
import { blankStep } from './run.js';

/** A job as it begins: it waits for its turn, or for its time. */
export function newRecord(origin: RequestOrigin, job: NewJob, parentId: string | null): JobRecord {
  const now = Date.now();
  const { kind, params, steps = [], site = null, serverId = null, ownerId, dueAt = now } = job;
  return {
    id: newId(),
    kind,
    status: dueAt > now ? 'scheduled' : 'queued',
    params,
    steps: steps.map(blankStep),
    progress: 0,
    message: '',
    result: null,
    error: null,
    site,
    serverId,
    ...(ownerId === undefined ? {} : { ownerId }),
    parentId,
    origin: keptOrigin(origin),
    dueAt,
    createdAt: now,
    startedAt: null,
    completedAt: null,
    attempts: 0,
    revision: 1,
  };
}
