import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { allows } from '../access/permissions.js';
import type { Fleet } from '../agents/fleet.js';
import type { Redactor } from '../audit/redactor.js';
import { CancelSource } from '../cancellation.js';
import type { Dependants } from '../dependants.js';
import { DomainError, notFound } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { isOver, type JobRecord, jobRecords } from '../jobs/record.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ObservedServers } from '../servers/observed.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Servers } from '../servers/servers.js';
import { guard, type Store } from '../store.js';
import { backupsOfServer, usableBackups } from './backup.js';
import { type CheckedServer, UpdateChecks } from './checks.js';
import { SourceCommands } from './commands.js';
import {
  isCommit,
  PLAN,
  ROLLBACK,
  rollbackSteps,
  UNNAMED,
  UPDATE,
  type UpdateParams,
  updateSteps,
  versionJobs,
} from './job.js';
import { type UpdateSettings, updateKinds } from './kinds.js';
import { checkVersion, isBreaking, LATEST } from './plan.js';
import type { SourceCheck } from './source.js';
import { ServerVersions } from './versions.js';

/** The input of an update. */
export interface UpdateInput {
  /** A version of the source, or `latest`. */
  readonly version: string;
  readonly rollbackOnFailure: boolean;
  readonly dryRun: boolean;
  readonly backup: boolean;
  /** Updates even if this version runs already. */
  readonly force: boolean;
}

export interface RollbackInput {
  /** A version, or `auto` for the version of the newest backup. */
  readonly version: string;
  /** Goes even to a version without a backup: the agent fetches it again. */
  readonly force: boolean;
}

const AUTO = 'auto';
const jobKinds: ReadonlySet<string> = new Set([...versionJobs, PLAN]);

export interface UpdateParts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly servers: Servers;
  readonly observed: ObservedServers;
  readonly checks: UpdateChecks;
  readonly commands: SourceCommands;
  readonly fleet: () => Fleet;
}

/** Finds, starts and shows updates and rollbacks of servers. Jobs do the work; see `kinds.ts`. */
export class Updates {
  readonly #parts: UpdateParts;

  constructor(parts: UpdateParts) {
    this.#parts = parts;
  }

  /**
   * The answers of servers' sources: of one server, or of all servers with a source that the caller sees.
   * @throws DomainError `not_found`.
   */
  async check(origin: RequestOrigin, idOrName?: string, refresh = false): Promise<CheckedServer[]> {
    const { servers } = this.#parts;
    if (idOrName !== undefined) return this.checkThese([servers.get(origin, idOrName).record], true, refresh);
    return this.checkThese(
      servers.list(origin).map(({ record }) => record),
      false,
      refresh,
    );
  }

  /** The answers of servers' sources. @param unversioned whether servers without versions are among the answers */
  async checkThese(records: readonly ServerRecord[], unversioned: boolean, refresh = true): Promise<CheckedServer[]> {
    const found = await this.#parts.checks.of(records, { refresh });
    return unversioned ? found : found.filter((one) => !one.unversioned);
  }

  /**
   * Begins an update. The version that `latest` stands for is chosen now. A dry run is a job as well, and changes nothing.
   * @throws DomainError `not_found`, `invalid_input` (version), `conflict` (the server has no versions; it runs the version already and
   * `force` is not set; another update is under way, with its `update_id`), `agent_unreachable`, `timeout`, `upstream_failed` (the source
   * does not name a latest version), `unavailable`.
   */
  async update(origin: RequestOrigin, idOrName: string, input: UpdateInput): Promise<JobRecord> {
    authorize(origin.caller, 'server.update');
    const { version: requested, dryRun, ...options } = input;
    checkVersion('version', requested);
    const { record } = this.#parts.servers.get(origin, idOrName);
    if (!dryRun) this.#checkFree(record);
    const check = await this.#checkOf(record, requested);
    checkVersion('version', requested, check.kind);
    const unnamed = isUnnamed(requested, check);
    if (unnamed) checkUnnamed(origin, 'version', requested, check);
    const from = this.#running(record, check);
    const to = settled(record, requested, check);
    if (to === from && !options.force && !dryRun) throw runsAlready(record, to);
    const breaking = to === check.latest && from === check.current ? check.breaking : isBreaking(from, to);
    const { kind, name } = check;
    const params = {
      server: record.name,
      requested,
      from,
      to,
      source: { kind, name },
      breaking,
      unnamed,
      ...options,
    };
    return this.#submit(origin, record, dryRun ? PLAN : UPDATE, params);
  }

  /**
   * Begins a rollback, which ends like an update. The version that `latest` stands for is chosen now.
   * @throws DomainError as {@link Updates.update}, and `not_found` if the version is not kept (`details.known` lists the kept versions),
   * `conflict` if `auto` finds no backup.
   */
  async rollback(origin: RequestOrigin, idOrName: string, { version, force }: RollbackInput): Promise<JobRecord> {
    authorize(origin.caller, 'server.update');
    if (version !== AUTO) checkVersion('target_version', version);
    const { servers, store, commands } = this.#parts;
    const { record } = servers.get(origin, idOrName);
    this.#checkFree(record);
    this.#checkReachable(record);
    // Only the source knows its latest version. A rollback to another version works without the source.
    const check = version === LATEST ? await this.#checkOf(record, version) : this.#known(record);
    const { current, installed } = await commands.installed(record, new CancelSource());
    const from = current ?? this.#running(record, check);
    const backups = usableBackups(store, record).map((backup) => backup.version);
    const known = [...new Set([...backups, ...installed.map((one) => one.version)])].filter((one) => one !== from);
    const to = version === AUTO ? backups.find((one) => one !== from) : settled(record, version, check);
    if (to === undefined) throw nothingKept(record, known);
    if (to === from && !force) throw runsAlready(record, to);
    if (!known.includes(to) && to !== from && !force) throw notKept(record, to, known);
    const unnamed = isUnnamed(to, { ...check, current: from, versions: known });
    if (unnamed) checkUnnamed(origin, 'target_version', to, check);
    const params = {
      server: record.name,
      requested: version,
      from,
      to,
      source: { kind: check.kind, name: check.name },
      breaking: false,
      rollbackOnFailure: true,
      backup: false,
      force,
      unnamed,
    };
    return this.#submit(origin, record, ROLLBACK, params);
  }

  /** @throws DomainError `not_found`. */
  get(origin: RequestOrigin, id: string): JobRecord {
    const job = this.#parts.jobs.get(origin, id, 'update');
    if (!jobKinds.has(job.kind)) throw notFound('update', id);
    return job;
  }

  /** The update or rollback of a server that waits or runs. */
  underWay(serverId: string): JobRecord | undefined {
    const { store } = this.#parts;
    for (const status of ['running', 'queued'] as const)
      for (const job of store.list(jobRecords, { index: 'status', equals: [status] }))
        if (job.serverId === serverId && versionJobs.has(job.kind) && !isOver(job)) return job;
    return undefined;
  }

  /**
   * The store takes one of two updates of a server at the same moment, also at two hubs. It takes none if the server has changed since its
   * version was read.
   */
  async #submit(origin: RequestOrigin, record: ServerRecord, kind: string, params: UpdateParams): Promise<JobRecord> {
    const steps = { [UPDATE]: updateSteps, [ROLLBACK]: rollbackSteps }[kind] ?? ['plan'];
    const { id: serverId, site } = record;
    const exclusive = versionJobs.has(kind) ? { exclusive: `version/${serverId}` } : {};
    const { jobs, store } = this.#parts;
    try {
      const job = { kind, params: { ...params }, steps, site, serverId, ...exclusive };
      return await jobs.submit(origin, job, undefined, [guard(serverRecords, record)]);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'already_exists') throw error;
      await store.flush();
      throw takenAlready(record, this.underWay(serverId));
    }
  }

  #checkFree(record: ServerRecord): void {
    const other = this.underWay(record.id);
    if (other) throw takenAlready(record, other);
  }

  /** The hub tries a named version even if the registry does not answer: it may be installed. */
  async #checkOf(record: ServerRecord, requested: string): Promise<SourceCheck> {
    this.#checkReachable(record);
    try {
      return await this.#parts.checks.now(record);
    } catch (error) {
      const unknown = error instanceof DomainError && error.code === 'upstream_failed';
      if (requested === LATEST || !unknown) throw error;
      return this.#known(record);
    }
  }

  /** The known facts of a source, without asking it. */
  #known(record: ServerRecord): SourceCheck {
    const { version } = this.#parts.observed.get(record.id);
    const current = version || record.version || null;
    return { kind: '', name: '', current, latest: null, versions: [], breaking: false, changelog: null, url: null };
  }

  #running(record: ServerRecord, { current }: SourceCheck): string | null {
    return current ?? (this.#parts.observed.get(record.id).version || record.version || null);
  }

  #checkReachable({ agentId, site, name }: ServerRecord): void {
    if (this.#parts.fleet().agent(agentId)) return;
    const message = `the agent of server '${name}' at site '${site}' is not connected`;
    throw new DomainError('agent_unreachable', message, { site, outcome: 'not_run' });
  }
}

/** The exact version that a caller asks for. @throws DomainError `upstream_failed` if the source names no latest version. */
function settled({ name }: ServerRecord, requested: string, { latest }: SourceCheck): string {
  const version = requested === LATEST ? latest : requested;
  if (version === null)
    throw new DomainError('upstream_failed', `the source of server '${name}' names no latest version`);
  return version;
}

/** Whether a source does not name a version. `latest` stands for a version that it names. */
function isUnnamed(version: string, { current, latest, versions }: SourceCheck): boolean {
  return ![LATEST, current, latest, ...versions].includes(version);
}

/**
 * A repository's host also serves the commits of its forks, and of pull requests that are not merged: such a commit is code of the caller's
 * choice. The agent looks at the branches and tags, and has the last word; this tells the caller at once. @throws DomainError `forbidden`.
 */
function checkUnnamed({ caller }: RequestOrigin, field: string, version: string, { kind }: SourceCheck): void {
  if (!isCommit(version, kind) || !caller || allows(caller.role, UNNAMED)) return;
  const message = `${field}: a commit that the source does not name is not for role ${caller.role}: name a tag or branch`;
  throw new DomainError('forbidden', message, { permission: UNNAMED, field });
}

function runsAlready({ name }: ServerRecord, version: string): DomainError {
  const message = `server '${name}' runs version ${version} already; force takes it through all steps again`;
  return new DomainError('conflict', message, { current_version: version });
}

function nothingKept({ name }: ServerRecord, known: readonly string[]): DomainError {
  return new DomainError('conflict', `server '${name}' has no backup to go back to`, { known });
}

function notKept({ name }: ServerRecord, version: string, known: readonly string[]): DomainError {
  const there = known.length > 0 ? known.join(', ') : 'none';
  const message = `version ${version} of server '${name}' is not kept; kept: ${there}. force fetches it again`;
  return new DomainError('not_found', message, { resource: 'version', id: version, known });
}

function takenAlready({ name }: ServerRecord, other: JobRecord | undefined): DomainError {
  const message = `server '${name}' is being updated: wait until the update ends`;
  return new DomainError('conflict', message, { update_id: other?.id ?? null });
}

export interface UpdatePartsGiven {
  readonly store: Store;
  readonly dependants: Dependants;
  readonly jobs: Jobs;
  readonly servers: Servers;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly lifecycle: ServerLifecycle;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly settings: UpdateSettings;
  readonly onError: (error: unknown) => void;
}

/** Joins the parts of updates, and defines their kinds of jobs. */
export function createUpdates(given: UpdatePartsGiven) {
  const { store, dependants, jobs, settings, fleet } = given;
  dependants.register(serverRecords, (id) => backupsOfServer(store, id));
  const versions = new ServerVersions(given);
  const commands = new SourceCommands({ ...given, awayMs: settings.awayMs });
  const checks = new UpdateChecks({ store, commands, fleet, checkMs: settings.checkMs });
  for (const kind of updateKinds({ ...given, versions, commands })) jobs.define(kind);
  return {
    updates: new Updates({ ...given, checks, commands }),
    serverVersions: versions,
  };
}
