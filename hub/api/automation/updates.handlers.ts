import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { isOver, type JobRecord, type JobStep } from '../../domain/jobs/record.js';
import type { CheckedServer } from '../../domain/updates/checks.js';
import { PLAN, paramsOf, ROLLBACK, type UpdatePlan, type UpdateResult } from '../../domain/updates/job.js';
import { isNewer } from '../../domain/updates/source.js';
import type { Context, Handlers } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import type { updateEndpoints } from './updates.js';

export function updateHandlers({ updates, registry }: Domain): Handlers<typeof updateEndpoints> {
  const note = (name: string, context: Context) => {
    const id = registry.find(name)?.id;
    context.audit.resource = { type: 'server', id: id ?? name, ...(id ? { serverId: id } : {}) };
  };
  const render = (job: JobRecord) => {
    const { from, to, server, breaking } = paramsOf(job);
    return {
      update_id: job.id,
      // By its name of now.
      server: registry.byId(job.serverId ?? '')?.name ?? server,
      from_version: from,
      to_version: to,
      status: statusOf(job),
      started_at: isoTime(job.startedAt ?? job.createdAt),
      dry_run: job.kind === PLAN,
      breaking_changes: breaking,
    };
  };
  return {
    async checkUpdates({ query }, context) {
      const found = await updates.check(originOf(context), query.server, query.refresh);
      const servers = found.map(renderCheck);
      const total = servers.filter((server) => server.update_available).length;
      return { updates_available: total > 0, servers, total_updates: total };
    },

    async updateServer({ params, body }, context) {
      note(params.server_name, context);
      const { rollback_on_failure: rollbackOnFailure, dry_run: dryRun, ...options } = body;
      const input = { ...options, rollbackOnFailure, dryRun };
      return render(await updates.update(originOf(context), params.server_name, input));
    },

    getUpdate({ params }, context) {
      const job = updates.get(originOf(context), params.update_id ?? '');
      const result = job.result as Partial<UpdateResult> | null;
      const { startedAt, createdAt, completedAt, progress, message, error } = job;
      return {
        ...render(job),
        completed_at: isoTimeOrNull(completedAt ?? undefined),
        duration_seconds: ((completedAt ?? Date.now()) - (startedAt ?? createdAt)) / 1000,
        steps: job.steps.map(renderStep),
        kind: job.kind === ROLLBACK ? 'rollback' : 'update',
        requested_version: paramsOf(job).requested,
        progress,
        message,
        running_version: isOver(job) ? (result?.version ?? null) : null,
        rolled_back: result?.rolledBack === true,
        tools: renderTools(result?.tools),
        plan: job.kind === PLAN && job.status === 'completed' ? renderPlan(job.result as UpdatePlan) : null,
        error: error && { ...error },
      };
    },

    async rollbackServer({ params, body }, context) {
      note(params.server_name, context);
      const input = { version: body.target_version, force: body.force };
      return render(await updates.rollback(originOf(context), params.server_name, input));
    },
  };
}

/** The document's polling loop knows two ends. */
function statusOf(job: JobRecord): 'in_progress' | 'completed' | 'failed' {
  if (!isOver(job)) return 'in_progress';
  return job.status === 'completed' ? 'completed' : 'failed';
}

function renderStep({ name, status, startedAt, completedAt, reason }: JobStep) {
  const duration = startedAt === null ? 0 : ((completedAt ?? Date.now()) - startedAt) / 1000;
  return { name, status, duration, reason: reason === '' ? null : reason };
}

function renderCheck({ record, check, checkedAt, error, unversioned }: CheckedServer) {
  const available = check !== null && isNewer(check);
  const why = unversioned ? 'there are no versions of it to choose from' : error;
  return {
    name: record.name,
    current_version: check?.current ?? record.version ?? null,
    latest_version: check?.latest ?? null,
    update_available: available,
    changelog: check?.changelog ?? null,
    breaking_changes: available && check.breaking,
    source: check && { kind: check.kind, name: check.name },
    versions: [...(check?.versions ?? [])],
    url: check?.url ?? null,
    checked_at: isoTimeOrNull(checkedAt ?? undefined),
    age_seconds: checkedAt === null ? null : Math.floor((Date.now() - checkedAt) / 1000),
    error: why,
  };
}

function renderTools(tools: UpdateResult['tools'] | undefined) {
  if (!tools) return null;
  const { added, removed, changed } = tools;
  const named = changed.map(({ name, members }) => ({ name, members: [...members] }));
  return { added: [...added], removed: [...removed], changed: named };
}

function renderPlan({ steps, installed, bytes, keepsOld }: UpdatePlan) {
  return { steps: steps.map((step) => ({ ...step })), installed, bytes, keeps_old: keepsOld };
}
