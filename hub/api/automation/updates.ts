import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';

const Time = Type.String({ format: 'date-time' });
const TimeOrNull = Type.Union([Time, Type.Null()]);
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
    breaking_changes: Type.Boolean({ description: 'The major version grows' }),
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
        members: Type.Array(Type.String(), { description: 'Members of its definition that are others' }),
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
  /**
   * Asks the source of each server: the npm or PyPI registry as it is configured at the server's site, the image's registry, the repository's
   * tags. The hub keeps answers for five minutes. Without a name, the hub leaves out servers without a source (plain programs, URLs).
   * If a source does not answer in time, the list still goes out: its server is listed with the reason and the last known version.
   */
  checkUpdates: endpoint({
    method: 'GET',
    path: '/api/v1/updates/check',
    summary: 'Check servers for available updates',
    permission: 'server.read',
    query: Type.Object({
      server: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Name or id of one server' })),
      refresh: Type.Boolean({ default: false, description: 'Extension: ask anew, whatever is known' }),
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
  /**
   * `version`: a version of the source, or `latest`, which the hub looks up now. The agent starts the new version while the old version
   * takes all calls. When the new version has answered, it takes new calls, and the old version finishes its running calls. Otherwise the
   * old version stays; with `rollback_on_failure: false` a new version that could be installed stays chosen. `dry_run`: an update whose
   * `plan` says what would happen, and that changes nothing. `backup: false`: removes the old version afterwards. `force`: also if the
   * version runs already, which is a conflict otherwise. A second update of a server is a conflict too; its details name the first by its
   * `update_id`.
   */
  updateServer: endpoint({
    method: 'POST',
    path: '/api/v1/updates/{server_name}',
    summary: 'Initiate an update of a server',
    permission: 'server.update',
    limit: 'update',
    audit: 'update',
    params: ServerParams,
    body: Type.Object({
      version: Type.String({ ...Version, default: 'latest' }),
      rollback_on_failure: Type.Boolean({ default: true }),
      dry_run: Type.Boolean({ default: false }),
      backup: Type.Boolean({ default: true }),
      force: Type.Boolean({ default: false }),
    }),
    bodyOptional: true,
    response: Begun,
    status: 202,
  }),
  /** An update that waits for its turn is `in_progress`, too; a cancelled update has `failed`. */
  getUpdate: endpoint({
    method: 'GET',
    path: '/api/v1/updates/{update_id}',
    summary: 'Status of an update or rollback',
    permission: 'job.read',
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
        description: 'The version that is wanted of the server at the end of it; `null` until then',
      }),
      rolled_back: Type.Boolean({ description: 'The new version was given up' }),
      tools: Type.Union([Tools, Type.Null()], { description: 'How the tool list changed' }),
      plan: Type.Union([Plan, Type.Null()], { description: 'Of a dry run' }),
      error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
    }),
  }),
  /**
   * `auto`: to the version of the newest backup that differs from the running version. Any other version must be in a backup or installed,
   * unless `force` is set: then the agent fetches it again. The document prints no answer: the answer is an update.
   */
  rollbackServer: endpoint({
    method: 'POST',
    path: '/api/v1/updates/{server_name}/rollback',
    summary: 'Roll a server back to an earlier version',
    permission: 'server.update',
    limit: 'update',
    audit: 'rollback',
    params: ServerParams,
    body: Type.Object({
      target_version: Type.String({ ...Version, default: 'auto' }),
      force: Type.Boolean({ default: false }),
    }),
    bodyOptional: true,
    response: Begun,
    status: 202,
  }),
};
