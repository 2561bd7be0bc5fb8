import { newEvent } from '../events/types.js';
import type { JobKind, JobRun } from '../jobs/kind.js';
import type { JobRecord } from '../jobs/record.js';
import { isoNow } from '../moments.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { NewEvent } from '../store.js';
import { PLAN, paramsOf, ROLLBACK, UPDATE } from './job.js';
import { planUpdate } from './plan.js';
import { runUpdate, type UpdateRunParts } from './update-run.js';

/** The settings of updates. */
export interface UpdateSettings {
  /** Updates and rollbacks that run at once; others wait. */
  readonly maxConcurrent: number;
  /** How long a step waits for an agent that went away before it fails, milliseconds. */
  readonly awayMs: number;
  /** How long a check may keep its caller waiting, milliseconds. */
  readonly checkMs: number;
}

export const defaultUpdateSettings: UpdateSettings = { maxConcurrent: 5, awayMs: 300_000, checkMs: 30_000 };

export interface UpdateKindParts extends UpdateRunParts {
  readonly registry: ServerRegistry;
  readonly settings: UpdateSettings;
}

/** The time limit of all steps together; each step also has its own, milliseconds. */
const TIMEOUT_MS = 3_600_000;
const PLAN_TIMEOUT_MS = 60_000;

/** The kinds of jobs that update servers, roll them back, and plan updates. */
export function updateKinds(parts: UpdateKindParts): JobKind[] {
  const group = { name: UPDATE, limit: parts.settings.maxConcurrent };
  const progress = (record: JobRecord) => [progressEvent(parts.registry, record)];
  const complete = (record: JobRecord) => [completeEvent(parts.registry, record)];
  const run = (job: JobRun) => runUpdate(parts, job);
  const permission = 'server.update';
  const common = { permission, afterRestart: 'continue', timeoutMs: () => TIMEOUT_MS, group, run } as const;
  return [
    ...[UPDATE, ROLLBACK].map((name): JobKind => ({ ...common, name, changed: progress, ended: complete })),
    {
      name: PLAN,
      permission,
      afterRestart: 'continue',
      timeoutMs: () => PLAN_TIMEOUT_MS,
      lane: () => null,
      run: (job) => planUpdate(parts, job),
    },
  ];
}

function progressEvent(registry: ServerRegistry, record: JobRecord): NewEvent {
  const { progress, message } = record;
  return newEvent('update.progress', { ...about(registry, record), progress, message }, record.serverId ?? undefined);
}

/** `version` is the version that is wanted at the end, even if the update failed. */
function completeEvent(registry: ServerRegistry, record: JobRecord): NewEvent {
  const { from, to } = paramsOf(record);
  const success = record.status === 'completed';
  const server = registry.byId(record.serverId ?? '');
  const result = record.result as { readonly version?: string | null } | null;
  const version = result?.version ?? (success ? to : (server?.version ?? from));
  const data = {
    ...about(registry, record),
    version,
    success,
    ...(record.error ? { error: record.error.message } : {}),
  };
  return newEvent('update.complete', data, record.serverId ?? undefined);
}

function about(registry: ServerRegistry, { id, kind, serverId, params }: JobRecord) {
  // The server's present name.
  const serverName = registry.byId(serverId ?? '')?.name ?? params.server;
  return { updateId: id, kind, serverId, serverName, timestamp: isoNow() };
}
