import type { RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { notFound } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { isOver, type JobRecord } from '../jobs/record.js';
import { BULK, type BulkDetail, bulkCounts, bulkDetails, type SingleParams, singleMessage } from './work.js';

/** An operation on servers, as its caller follows it. */
export interface OperationView {
  readonly operationId: string;
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly details: readonly BulkDetail[];
}

/** The id by which the portal's clients know a job. */
export function operationId({ id, kind }: Pick<JobRecord, 'id' | 'kind'>): string {
  return kind === BULK ? `bulk_op_${id}` : `op_${id}`;
}

/** An operation by its id; one's own, or any as an admin. @throws DomainError `not_found`. */
export function operationOf(jobs: Jobs, origin: RequestOrigin, wanted: string): OperationView {
  const id = /^(?:bulk_)?op_(.+)$/.exec(wanted)?.[1];
  if (id === undefined) throw notFound('operation', wanted);
  const job = jobs.get(origin, id, 'operation');
  const { caller } = origin;
  const isOwn = caller && job.origin.caller && ownerOf(job.origin.caller) === ownerOf(caller);
  if (!job.kind.startsWith('catalog.') || operationId(job) !== wanted || !(isOwn || caller?.role === 'admin'))
    throw notFound('operation', wanted);
  return job.kind === BULK ? viewOfBulk(job) : viewOfOne(job);
}

function viewOfBulk(job: JobRecord): OperationView {
  const counts = bulkCounts(job);
  const failed = job.status === 'failed' || job.status === 'cancelled' || counts.failed === counts.total;
  const status = !isOver(job) ? 'in_progress' : failed ? 'failed' : 'completed';
  return { operationId: operationId(job), status, ...counts, details: bulkDetails(job) };
}

function viewOfOne(job: JobRecord): OperationView {
  const status = !isOver(job) ? 'in_progress' : job.status === 'completed' ? 'completed' : 'failed';
  const { itemId } = job.params as unknown as SingleParams;
  const detail: BulkDetail = {
    serverId: itemId,
    status: status === 'in_progress' ? (job.status === 'running' ? 'processing' : 'pending') : status,
    message: singleMessage(job),
  };
  const [completed, failed] = [status === 'completed' ? 1 : 0, status === 'failed' ? 1 : 0];
  return { operationId: operationId(job), status, total: 1, completed, failed, details: [detail] };
}
