import type { RequestOrigin } from '../access/caller.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import type { JobRun } from '../jobs/kind.js';
import { isOver, type JobRecord, jobRecords } from '../jobs/record.js';
import { MAX_RACES, retrying } from '../retrying.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ObservedServers } from '../servers/observed.js';
import { pinOf, type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { type Change, onWritten, put, remove, type Store } from '../store.js';
import { backupsOf, KEPT_BACKUPS, printsOf, type ServerBackup, serverBackups, usableBackups } from './backup.js';
import { paramsOf, versionJobs } from './job.js';

export interface VersionParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly lifecycle: Pick<ServerLifecycle, 'hand'>;
  readonly onError: (error: unknown) => void;
}

/**
 * The version of its source that each server should run: the chosen version, or the version of a switch from its decision until its outcome
 * is known. If a job ended before it could report on its switch, this class settles the switch.
 */
export class ServerVersions {
  readonly #parts: VersionParts;
  readonly #unsubscribe: () => void;

  constructor(parts: VersionParts) {
    this.#parts = parts;
    const settle = (job: JobRecord) => {
      if (versionJobs.has(job.kind) && isOver(job)) this.#answerFor(job);
    };
    this.#unsubscribe = onWritten(parts.store, jobRecords, settle, 'act');
  }

  /** Settles switches whose jobs no longer exist. Runs before jobs begin. */
  async start(): Promise<void> {
    const { store, registry } = this.#parts;
    for (const record of [...registry.all()]) {
      if (!record.switching) continue;
      const job = store.get(jobRecords, record.switching.jobId);
      if (!job || isOver(job)) await this.settle(SYSTEM, record.id, record.switching.jobId, keepsNew(job));
    }
  }

  /** After this, the next start settles the switches of jobs that end. */
  close(): void {
    this.#unsubscribe();
  }

  /** The server that a job is about. @throws DomainError `not_found`. */
  record({ record: { serverId } }: Pick<JobRun, 'record'>): ServerRecord {
    // The record in the store: the next write replaces exactly this one.
    const record = this.#parts.store.get(serverRecords, serverId ?? '');
    if (!record) throw new DomainError('not_found', 'the server was deleted meanwhile');
    return record;
  }

  /** Decides on a switch: from here on the new version is wanted. */
  async decide(run: JobRun, to: string): Promise<void> {
    const jobId = run.record.id;
    const { from, source } = paramsOf(run.record);
    await this.#change(run.record.serverId ?? '', (record) => {
      if (record.switching?.jobId === jobId) return undefined;
      const of = pinOf(record, source.name);
      return { record: { ...record, switching: { from, to, of, jobId } } };
    });
  }

  /**
   * The change that marks a switch as done, for the same commit as the end of its step. @throws DomainError `conflict` if the switch was
   * taken back.
   */
  done(run: JobRun): Change {
    const { switching, ...record } = this.record(run);
    if (switching?.jobId !== run.record.id) throw new DomainError('conflict', 'the registration was changed meanwhile');
    const { from, to, of } = switching;
    const chosen = { ...record, version: to, versionOf: of };
    const audit = versionAudit(run.origin, record.id, { from, to, jobId: run.record.id });
    return { writes: [put(serverRecords, moved(chosen), record.revision), audit] };
  }

  /** Ends a switch that failed: the server goes back to the old version, or keeps the new one. */
  async settle(origin: RequestOrigin, serverId: string, jobId: string, keepNew: boolean): Promise<void> {
    const changed = await this.#change(serverId, ({ switching, ...record }) => {
      if (switching?.jobId !== jobId) return undefined;
      const { from, to, of } = switching;
      const version = keepNew ? to : from;
      const audit = versionAudit(origin, serverId, { from, to: version, givenUp: keepNew ? null : to, jobId });
      return { record: version === null ? record : { ...record, version, versionOf: of }, writes: [audit] };
    });
    if (changed) await this.tell(changed);
  }

  /** Chooses a version without a switch: the server starts with it. */
  async choose(run: JobRun, to: string): Promise<void> {
    await this.decide(run, to);
    await this.settle(run.origin, run.record.serverId ?? '', run.record.id, true);
  }

  /** Tells the agent the wanted version; an agent that is away learns it when it is back. */
  async tell(record: ServerRecord): Promise<void> {
    try {
      await this.#parts.lifecycle.hand(record);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }

  /**
   * Makes a backup for a rollback; the oldest backups beyond the bound are removed. @returns its id, its version and the number of its
   * tools
   */
  async backup(run: JobRun): Promise<{ readonly backupId: string; readonly version: string; readonly tools: number }> {
    const { store, observed } = this.#parts;
    const record = this.record(run);
    const { from, source } = paramsOf(run.record);
    if (from === null) throw new DomainError('conflict', 'no version has run yet');
    const known = backupsOf(store, record.id).find(({ jobId }) => jobId === run.record.id);
    const backup: ServerBackup = known ?? {
      id: newId(),
      serverId: record.id,
      revision: record.revision,
      version: from,
      versionOf: pinOf(record, source.name),
      tools: await printsOf(observed.get(record.id).tools),
      jobId: run.record.id,
      createdAt: Date.now(),
    };
    if (!known) {
      const old = backupsOf(store, record.id).slice(KEPT_BACKUPS - 1);
      const resource = { type: 'server', id: record.id, serverId: record.id };
      const audit = changeAudit(run.origin, 'server.backup', resource, { version: from, backupId: backup.id });
      const writes = [
        put(serverBackups, backup, 'absent'),
        ...old.map(({ id }) => remove(serverBackups, id, 'any')),
        audit,
      ];
      await store.apply({ by: null, writes });
    }
    return { backupId: backup.id, version: from, tools: backup.tools.length };
  }

  /** The versions that a server's backups need, the newest backup's first. */
  kept(record: ServerRecord): string[] {
    return [...new Set(usableBackups(this.#parts.store, record).map(({ version }) => version))];
  }

  #answerFor(job: JobRecord): void {
    const { registry, onError } = this.#parts;
    const { switching, id } = registry.byId(job.serverId ?? '') ?? {};
    if (id && switching?.jobId === job.id) this.settle(SYSTEM, id, job.id, keepsNew(job)).catch(onError);
  }

  async #change(
    serverId: string,
    make: (record: ServerRecord) => { record: ServerRecord; writes?: Change['writes'] } | undefined,
  ): Promise<ServerRecord | undefined> {
    const { store } = this.#parts;
    return retrying(store, MAX_RACES, async () => {
      const before = store.get(serverRecords, serverId);
      const change = before && make(before);
      if (!before || !change) return undefined;
      const record = moved(change.record);
      await store.apply({ by: null, writes: [put(serverRecords, record, before.revision), ...(change.writes ?? [])] });
      return record;
    });
  }
}

/** Whether the update keeps the new version even if it fails, because its caller asked for that. */
function keepsNew(job: JobRecord | undefined): boolean {
  return job !== undefined && !paramsOf(job).rollbackOnFailure;
}

function moved(record: ServerRecord): ServerRecord {
  return { ...record, revision: record.revision + 1, updatedAt: Date.now() };
}

function versionAudit(origin: RequestOrigin, serverId: string, details: Readonly<Record<string, unknown>>) {
  return changeAudit(origin, 'server.version', { type: 'server', id: serverId, serverId }, details);
}
