import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { isOver, type JobRecord, type JobStep } from '../../domain/jobs/record.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { CheckedServer } from '../../domain/updates/checks.js';
import { PLAN, paramsOf, ROLLBACK, type UpdatePlan, type UpdateResult } from '../../domain/updates/job.js';
import { isNewer } from '../../domain/updates/source.js';
import { type Context, endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNull } from '../shared/values.js';

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Version = Type.String({ minLength: 1, maxLength: 200 });
const ServerParams = Type.Object({
  server_name: Type.String({ minLength: 1, maxLength: 64, description: 'Name or id' }),
});
const Status = Type.Union([Type.Literal('in_progress'), Type.Literal('completed'), Type.Literal('failed')], {
  title: 'UpdateStatus',
});
const begun = {
  update_id: Type.String({ format: 'uuid' }),
  server: Type.String(),
  from_version: TextOrNull,
  to_version: Type.String(),
  status: Status,
  started_at: Time,
};
const Begun = Type.Object(
  {
    ...begun,
    /** Extensions. */
    dry_run: Type.Boolean(),
    breaking_changes: Type.Boolean({ description: 'Whether the major version is higher' }),
  },
  { title: 'BegunUpdate' },
);
const Tools = Type.Object(
  {
    added: Type.Array(Type.String()),
    removed: Type.Array(Type.String()),
    changed: Type.Array(
      Type.Object({
        name: Type.String(),
        members: Type.Array(Type.String(), { description: 'Members of its definition that differ' }),
      }),
    ),
  },
  { title: 'UpdateTools' },
);
const Plan = Type.Object(
  {
    steps: Type.Array(Type.Object({ name: Type.String(), action: Type.String() })),
    installed: Type.Boolean({ description: 'The new version is installed already' }),
    bytes: Type.Union([Type.Integer(), Type.Null()], { description: 'Of the new version, where it is installed' }),
    keeps_old: Type.Boolean(),
  },
  { title: 'UpdatePlan' },
);

/** `seeds/000`, "Update Operations". */
export const updateEndpoints = {
  checkUpdates: endpoint({
    method: 'GET',
    path: '/api/v1/updates/check',
    summary: 'Check servers for available updates',
    description:
      'The hub asks the source of each server, such as the npm registry that its site uses, and keeps the answers for five minutes. Without `server`, servers without a source are left out. A source that does not answer does not fail the request: its server is listed with the reason.',
    permission: 'server.read',
    query: Type.Object({
      server: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or id of one server' })),
      refresh: Type.Boolean({
        default: false,
        description: 'Extension: ask the registries again, also for versions that the hub knows',
      }),
    }),
    response: Type.Object({
      updates_available: Type.Boolean(),
      servers: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            current_version: TextOrNull,
            latest_version: TextOrNull,
            update_available: Type.Boolean(),
            changelog: Type.Union([Type.String(), Type.Null()], { description: '`null` where the source has none' }),
            breaking_changes: Type.Boolean(),
            /** Extensions. */
            source: Type.Union([Type.Object({ kind: Type.String(), name: Type.String() }), Type.Null()]),
            versions: Type.Array(Type.String(), { description: 'Newest first' }),
            url: TextOrNull,
            checked_at: TimeOrNull,
            age_seconds: Type.Union([Type.Integer(), Type.Null()]),
            error: Type.Union([Type.String(), Type.Null()], { description: 'Why nothing newer than that is known' }),
          },
          { title: 'AvailableUpdate' },
        ),
      ),
      total_updates: Type.Integer(),
    }),
  }),
  updateServer: endpoint({
    method: 'POST',
    path: '/api/v1/updates/{server_name}',
    summary: 'Initiate an update of a server',
    description:
      'The agent starts the new version while the old version takes all calls, and switches when the new version has answered. Otherwise the old version stays. A second update of the same server, and an update to the running version without `force`, are refused with 409.',
    permission: 'server.update',
    limit: 'update',
    audit: 'update',
    params: ServerParams,
    body: Type.Object({
      version: Type.String({ ...Version, default: 'latest', description: 'A version of the source, or `latest`' }),
      rollback_on_failure: Type.Boolean({
        default: true,
        description: '`false`: a new version that could be installed stays chosen, also if it does not answer',
      }),
      dry_run: Type.Boolean({ default: false, description: 'Only plan the update, and change nothing' }),
      backup: Type.Boolean({ default: true, description: '`false`: remove the old version afterwards' }),
      force: Type.Boolean({ default: false, description: 'Update also if the version runs already' }),
    }),
    example: { version: 'latest', dry_run: true },
    bodyOptional: true,
    response: Begun,
    status: 202,
  }),
  getUpdate: endpoint({
    method: 'GET',
    path: '/api/v1/updates/{update_id}',
    summary: 'Status of an update or rollback',
    description:
      'An update that waits for its turn is `in_progress`. A cancelled update is `failed`. The answer lists the steps, and the plan of a dry run.',
    permission: 'job.read',
    params: Type.Object({ update_id: Type.String({ minLength: 1, description: 'Id of the update or rollback' }) }),
    response: Type.Object({
      ...begun,
      completed_at: TimeOrNull,
      duration_seconds: Type.Number({ description: 'So far, while it goes on' }),
      steps: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            status: Type.String({ enum: ['pending', 'running', 'completed', 'failed', 'skipped'] }),
            duration: Type.Number({ description: 'Seconds' }),
            reason: Type.Union([Type.String(), Type.Null()], {
              description: 'Extension: why it failed or was skipped',
            }),
          },
          { title: 'UpdateStep' },
        ),
      ),
      /** Extensions. */
      kind: Type.Union([Type.Literal('update'), Type.Literal('rollback')]),
      dry_run: Type.Boolean(),
      requested_version: Type.String(),
      breaking_changes: Type.Boolean(),
      progress: Type.Integer({ minimum: 0, maximum: 100 }),
      message: Type.String(),
      running_version: Type.Union([Type.String(), Type.Null()], {
        description: 'The version that the server is set to at the end; `null` until then',
      }),
      rolled_back: Type.Boolean({ description: 'The new version was given up' }),
      tools: Type.Union([Tools, Type.Null()], { description: 'How the tool list changed' }),
      plan: Type.Union([Plan, Type.Null()], { description: 'Of a dry run' }),
      error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
    }),
  }),
  rollbackServer: endpoint({
    method: 'POST',
    path: '/api/v1/updates/{server_name}/rollback',
    summary: 'Roll a server back to an earlier version',
    description:
      '`auto` takes the version of the newest backup that differs from the running version. Any other version must be in a backup or installed, unless `force` is set: then the agent fetches it again. The answer is an update.',
    permission: 'server.update',
    limit: 'update',
    audit: 'rollback',
    params: ServerParams,
    body: Type.Object({
      target_version: Type.String({ ...Version, default: 'auto' }),
      force: Type.Boolean({ default: false }),
    }),
    example: { target_version: 'auto' },
    bodyOptional: true,
    response: Begun,
    status: 202,
  }),
};

export function updateHandlers({ updates, registry }: Domain): Handlers<typeof updateEndpoints> {
  const note = (name: string, context: Context) => {
    const id = registry.find(name, context.caller)?.id;
    context.audit.resource = { type: 'server', id: id ?? name, ...(id ? { serverId: id } : {}) };
  };
  const render = (job: JobRecord) => {
    const { from, to, server, breaking } = paramsOf(job);
    return {
      update_id: job.id,
      // The server's present name.
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
      const found = await updates.check(context.origin, query.server, query.refresh);
      const servers = found.map(renderCheck);
      const total = servers.filter((server) => server.update_available).length;
      return { updates_available: total > 0, servers, total_updates: total };
    },

    async updateServer({ params, body }, context) {
      note(params.server_name, context);
      const { rollback_on_failure: rollbackOnFailure, dry_run: dryRun, ...options } = body;
      const input = { ...options, rollbackOnFailure, dryRun };
      return render(await updates.update(context.origin, params.server_name, input));
    },

    getUpdate({ params }, context) {
      const job = updates.get(context.origin, params.update_id);
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
      return render(await updates.rollback(context.origin, params.server_name, input));
    },
  };
}

/** The polling loop of the document knows only `completed` and `failed`. */
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
