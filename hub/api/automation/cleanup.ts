import { Type } from 'typebox';
import type { CleanupResult, CleanupSummary } from '../../domain/cleanup/cleanup.js';
import type { CleanupTarget } from '../../domain/cleanup/storage.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Time } from '../shared/values.js';
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
  runCleanup: endpoint({
    method: 'POST',
    path: '/api/v1/cleanup/run',
    summary: 'Trigger a cleanup',
    description:
      "Deletes files of Roundhouse's own folders, on the hub and on all agents, that last changed more than `retention_days` ago. Backups that a rollback needs stay unless `force` is set. One cleanup runs at a time; a second one is refused with 409.",
    permission: 'cleanup.run',
    limit: 'cleanup',
    audit: 'cleanup',
    body: Type.Object({
      dry_run: Type.Boolean({ default: false, description: 'Only count the files, and delete nothing' }),
      targets: Type.Array(Target, {
        minItems: 1,
        maxItems: 4,
        default: ['logs', 'cache', 'temp'],
        description:
          '`logs`: full log files. `cache`: installed versions of packages that no server runs. `temp`: the rest of unfinished work that is older than an hour. `backups`: backups of servers and of the hub',
      }),
      retention_days: Type.Number({
        minimum: 0,
        maximum: 36_500,
        default: 30,
        description: 'Files that changed later stay',
      }),
      force: Type.Boolean({ default: false, description: 'Delete the backups that a rollback needs, too' }),
    }),
    example: { dry_run: true, targets: ['logs', 'cache'], retention_days: 14 },
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
    description:
      'The answer counts the deleted files and the freed space for each target. `problems` names the hub or the agents that could not be cleaned.',
    permission: 'job.read',
    params: Type.Object({
      cleanup_id: Type.String({ minLength: 1, description: 'Id of the cleanup, as its start answered' }),
    }),
    response: Type.Object({
      cleanup_id: Id,
      ...jobFields,
      dry_run: Type.Boolean({
        description: 'Extension. true: nothing was deleted; the numbers count the files that would be deleted',
      }),
      summary: Type.Object({ ...freed, errors: Type.Integer() }),
      details: Type.Array(
        Type.Object({ target: Target, ...freed, errors: Type.Integer() }, { title: 'CleanupResult' }),
      ),
      problems: Type.Array(Type.Object({ place: Type.String(), error: Type.String() }), {
        description: 'Extension: the hub or agents that could not be cleaned, and why',
      }),
    }),
  }),
  getStorageStats: endpoint({
    method: 'GET',
    path: '/api/v1/cleanup/stats',
    summary: 'Storage usage statistics',
    description:
      'The figures cover the file systems that hold the files of the hub and of the agents. Each file system counts once. `unavailable` names the agents that did not answer.',
    permission: 'storage.read',
    response: Type.Object({
      total_space_gb: Type.Number({ description: 'Units of 1,073,741,824 bytes' }),
      used_space_gb: Type.Number(),
      free_space_gb: Type.Number(),
      usage_percentage: Type.Number(),
      breakdown: Type.Object({ logs: Used, backups: Used, cache: Used, temp: Used }),
      unavailable: Type.Array(Type.String(), {
        description: 'Extension: agents that could not be reached, which the figures leave out',
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
      const job = cleanup.get(context.origin, params.cleanup_id);
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
