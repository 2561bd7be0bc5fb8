import { DomainError } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobRun } from '../jobs/kind.js';
import type { JobRecord } from '../jobs/record.js';
import type { ServerRecord } from '../servers/record.js';
import type { Servers } from '../servers/servers.js';
import type { CheckedServer } from '../updates/checks.js';
import { LATEST } from '../updates/plan.js';
import { isNewer } from '../updates/source.js';
import type { Updates } from '../updates/updates.js';
import { chosen } from './targets.js';

type Args = Readonly<Record<string, unknown>>;

export interface UpdateStepParts {
  readonly servers: Servers;
  readonly updates: Updates;
  readonly jobs: Jobs;
}

/** The outcome of one server. */
interface Updated {
  readonly name: string;
  readonly status: 'updated' | 'failed' | 'skipped';
  readonly updateId?: string;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly reason?: string;
}

/** Asks the sources of servers for newer versions. */
export async function checkUpdates(parts: UpdateStepParts, args: Args, run: JobRun) {
  const found = await checked(parts, args, run);
  const newer = found.filter(({ check }) => check !== null && isNewer(check));
  return {
    checked: found.length,
    updatesAvailable: newer.length,
    servers: newer.map(({ record, check }) => ({
      name: record.name,
      currentVersion: check?.current ?? null,
      latestVersion: check?.latest ?? null,
      breakingChanges: check?.breaking ?? false,
    })),
    errors: found.flatMap(({ record, error }) => (error === null ? [] : [{ name: record.name, error }])),
  };
}

/** Updates all servers for which there is something newer, each by a job of its own, as many at once as the hub does. */
export async function updateServers(parts: UpdateStepParts, args: Args, run: JobRun) {
  const outcomes: Updated[] = [];
  const jobs: JobRecord[] = [];
  for (const server of await checked(parts, args, run)) {
    if (run.signal.aborted) throw run.signal.reason;
    const begun = await begin(parts, server, args, run);
    if ('id' in begun) jobs.push(begun);
    else outcomes.push(begun);
  }
  const ids = jobs.map(({ id }) => id);
  try {
    const ended = await run.join(ids);
    outcomes.push(...jobs.map((job, at) => outcome(job, ended[at])));
  } catch (error) {
    // A caller who cancels the workflow wants none of its updates. If the hub stops, the updates go on with the workflow later.
    if (!run.left) for (const id of ids) await parts.jobs.cancel(run.origin, id).catch(() => {});
    throw error;
  }
  const count = (status: Updated['status']) => outcomes.filter((one) => one.status === status).length;
  outcomes.sort((a, b) => a.name.localeCompare(b.name));
  return { updated: count('updated'), failed: count('failed'), skipped: count('skipped'), servers: outcomes };
}

function checked(parts: UpdateStepParts, args: Args, run: JobRun): Promise<CheckedServer[]> {
  const targets = chosen(parts, args, run, () => true);
  return parts.updates.checkThese(targets, Array.isArray(args.servers) && args.servers.length > 0);
}

async function begin(
  { updates }: UpdateStepParts,
  { record, check, error, unversioned }: CheckedServer,
  args: Args,
  run: JobRun,
): Promise<JobRecord | Updated> {
  const not = (reason: string, status: 'skipped' | 'failed' = 'skipped'): Updated => ({
    name: record.name,
    status,
    from: check?.current ?? null,
    to: check?.latest ?? null,
    reason,
  });
  const before = adopted(updates.underWay(record.id), run, record);
  if (before) return before;
  if (unversioned) return not('it has no versions to choose from');
  if (error !== null) return not(error, 'failed');
  if (!check || !isNewer(check)) return not('it is up to date');
  if (check.breaking && args.breaking !== true) return not('the major version grows');
  const input = {
    version: LATEST,
    rollbackOnFailure: true,
    dryRun: false,
    backup: args.backup !== false,
    force: false,
  };
  try {
    return await updates.update(run.origin, record.id, input);
  } catch (thrown) {
    if (!(thrown instanceof DomainError)) throw thrown;
    return not(thrown.message, thrown.code === 'conflict' ? 'skipped' : 'failed');
  }
}

/** The update that an earlier attempt at this step began. */
function adopted(job: JobRecord | undefined, run: JobRun, { id }: ServerRecord): JobRecord | undefined {
  const own = job?.serverId === id && run.record.attempts > 1 && job.createdAt >= (run.record.startedAt ?? 0);
  return own ? job : undefined;
}

function outcome({ id, params }: JobRecord, ended: JobRecord | undefined): Updated {
  const { server, from, to } = params as { readonly server: string; readonly from: string | null; readonly to: string };
  const done = ended?.status === 'completed';
  const reason = done ? {} : { reason: ended?.error?.message ?? 'its job is not kept any more' };
  return { name: server, status: done ? 'updated' : 'failed', updateId: id, from, to, ...reason };
}
