import { Type } from 'typebox';
import type { CleanupResult, CleanupSummary } from '../../domain/cleanup/cleanup.js';
import type { CleanupTarget } from '../../domain/cleanup/storage.js';
import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time } from '../shared/schemas.js';
import { jobFields, renderJob } from './job-fields.js';

const Target = Type.Union(
  [Type.Literal('logs'), Type.Literal('cache'), Type.Literal('temp'), Type.Literal('backups')],
  { title: 'CleanupTarget' },
);
const Megabytes = Type.Number({ description: 'Units of 1,048,576 bytes' });
const freed = { files_deleted: Type.Integer(), space_freed_mb: Megabytes };
const Used = Type.Object({ size_mb: Megabytes, file_count: Type.Integer() }, { title: 'DiskUse' });

/** `seeds/000`, "Cleanup Operations". */
export const cleanupEndpoints = {
  /**
   * Deletes files of Roundhouse's own folders that last changed more than `retention_days` ago, on the hub and on all agents. It does not
   * follow symbolic links. `logs`: full log files, never the open file. `cache`: installed versions of packages that no server runs.
   * `temp`: the rest of unfinished work, nothing younger than an hour. `backups`: backups of servers and of the hub. The backups for a
   * rollback stay at any age (the newest backup of each server, the newest unused version of each package) unless `force` is set. A dry run
   * counts the files that the same request would delete. One cleanup runs at a time: 409.
   */
  runCleanup: endpoint({
    method: 'POST',
    path: '/api/v1/cleanup/run',
    summary: 'Trigger a cleanup',
    permission: 'cleanup.run',
    limit: 'cleanup',
    audit: 'cleanup',
    body: Type.Object({
      dry_run: Type.Boolean({ default: false }),
      targets: Type.Array(Target, { minItems: 1, maxItems: 4, default: ['logs', 'cache', 'temp'] }),
      retention_days: Type.Number({ minimum: 0, maximum: 36_500, default: 30 }),
      force: Type.Boolean({ default: false }),
    }),
    bodyOptional: true,
    response: Type.Object({
      cleanup_id: Id,
      status: Type.Literal('running'),
      started_at: Time,
      targets: Type.Array(Target),
    }),
    status: 202,
  }),
  getCleanup: endpoint({
    method: 'GET',
    path: '/api/v1/cleanup/{cleanup_id}',
    summary: 'Status of a cleanup',
    permission: 'job.read',
    response: Type.Object({
      cleanup_id: Id,
      ...jobFields,
      dry_run: Type.Boolean({ description: 'Extension. true: nothing was deleted, the numbers say what would be' }),
      summary: Type.Object({ ...freed, errors: Type.Integer() }),
      details: Type.Array(
        Type.Object({ target: Target, ...freed, errors: Type.Integer() }, { title: 'CleanupResult' }),
      ),
      problems: Type.Array(Type.Object({ place: Type.String(), error: Type.String() }), {
        description: 'Extension: the hub or agents that could not be cleaned, and why',
      }),
    }),
  }),
  /** Figures of the file systems that hold the hub's and the agents' files, each counted once. */
  getStorageStats: endpoint({
    method: 'GET',
    path: '/api/v1/cleanup/stats',
    summary: 'Storage usage statistics',
    permission: 'storage.read',
    response: Type.Object({
      total_space_gb: Type.Number({ description: 'Units of 1,073,741,824 bytes' }),
      used_space_gb: Type.Number(),
      free_space_gb: Type.Number(),
      usage_percentage: Type.Number(),
      breakdown: Type.Object({ logs: Used, backups: Used, cache: Used, temp: Used }),
      unavailable: Type.Array(Type.String(), {
        description: 'Extension: agents that are not counted, being out of reach',
      }),
    }),
  }),
};

export function cleanupHandlers({ cleanup }: Domain): Handlers<typeof cleanupEndpoints> {
  return {
    async runCleanup({ body }, context) {
      const { dry_run: dryRun, retention_days: retentionDays, targets, force } = body;
      const job = await cleanup.start(context.origin, { dryRun, retentionDays, targets, force });
      const wanted = (job.params as { readonly targets: readonly CleanupTarget[] }).targets;
      const startedAt = isoTime(job.startedAt ?? job.createdAt);
      return { cleanup_id: job.id, status: 'running', started_at: startedAt, targets: [...wanted] };
    },

    getCleanup({ params }, context) {
      const job = cleanup.get(context.origin, params.cleanup_id ?? '');
      const { summary, details = [], problems = [] } = (job.result ?? {}) as Partial<CleanupResult>;
      return {
        cleanup_id: job.id,
        ...renderJob(job),
        dry_run: job.params.dryRun === true,
        summary: render(summary ?? { filesDeleted: 0, bytesFreed: 0, errors: 0 }),
        details: details.map(({ target, ...amount }) => ({ target, ...render(amount) })),
        problems: problems.map((problem) => ({ ...problem })),
      };
    },

    async getStorageStats(_, context) {
      const { totalBytes, freeBytes, breakdown, unavailable } = await cleanup.stats(context.origin);
      const usedBytes = totalBytes - freeBytes;
      const used = (target: CleanupTarget) => {
        const { files, bytes } = breakdown.get(target) ?? { files: 0, bytes: 0 };
        return { size_mb: megabytes(bytes), file_count: files };
      };
      return {
        total_space_gb: gigabytes(totalBytes),
        used_space_gb: gigabytes(usedBytes),
        free_space_gb: gigabytes(freeBytes),
        usage_percentage: totalBytes === 0 ? 0 : Math.round((usedBytes / totalBytes) * 1000) / 10,
        breakdown: { logs: used('logs'), backups: used('backups'), cache: used('cache'), temp: used('temp') },
        unavailable,
      };
    },
  };
}

export function render({ filesDeleted, bytesFreed, errors }: CleanupSummary) {
  return { files_deleted: filesDeleted, space_freed_mb: megabytes(bytesFreed), errors };
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 2) * 1e6) / 1e6;
}

function gigabytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 3) * 1000) / 1000;
}
