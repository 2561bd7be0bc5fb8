import { isOver, type JobRecord, jobRecords } from '../jobs/record.js';
import { onWritten, type Store } from '../store.js';
import type { ToolPrint } from './backup.js';

export const UPDATE = 'update';
export const ROLLBACK = 'rollback';
/** A dry run: a plan of an update. */
export const PLAN = 'update.plan';

/** The permission to bring a server to a commit that its source does not name: a commit that no branch or tag is at. */
export const UNNAMED = 'server.execute';

/** Whether a version may be a commit of a git repository, as a whole or shortened. @param kind of the source; empty where it is not known */
export function isCommit(version: string, kind: string): boolean {
  return (kind === 'git' || kind === '') && /^[0-9a-f]{7,40}$/i.test(version);
}

/** Kinds of jobs that take a server from one version to another. */
export const versionJobs: ReadonlySet<string> = new Set([UPDATE, ROLLBACK]);

export const rollbackSteps = ['download', 'install', 'verify', 'switch'] as const;
export const updateSteps = ['backup', ...rollbackSteps] as const;

/** The input of an update or rollback, and the versions that it stands for. */
export interface UpdateParams {
  /** The server's name at the time of the request. */
  readonly server: string;
  /** The requested version: a version, `latest` or `auto`. */
  readonly requested: string;
  /** `null` if no version has run yet. */
  readonly from: string | null;
  readonly to: string;
  readonly source: { readonly kind: string; readonly name: string };
  readonly breaking: boolean;
  readonly rollbackOnFailure: boolean;
  readonly backup: boolean;
  readonly force: boolean;
  /** The source does not name the version. If it is a commit that no branch or tag is at, only callers who may run code of their own bring a server to it. */
  readonly unnamed?: boolean;
}

/** The result of an update or rollback. */
export interface UpdateResult {
  /** The version that the server should run now. */
  readonly version: string | null;
  /** The new version was given up: the server keeps the old one. */
  readonly rolledBack: boolean;
  /** How the tool list changed; `null` if it is unknown. */
  readonly tools: ToolChanges | null;
}

/** A step of a dry run's plan. */
export interface PlannedStep {
  readonly name: string;
  readonly action: string;
}

export interface UpdatePlan {
  readonly steps: readonly PlannedStep[];
  readonly installed: boolean;
  /** The size of the new version on the disk, if it is installed already. */
  readonly bytes: number | null;
  readonly keepsOld: boolean;
}

export function paramsOf({ params }: JobRecord): UpdateParams {
  return params as unknown as UpdateParams;
}

/** How two tool lists differ, by name. */
export interface ToolChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The members of a definition that have changed, such as `description` or `inputSchema`. */
  readonly changed: readonly { readonly name: string; readonly members: readonly string[] }[];
}

/** The changes of a server's tools from one version to another. */
export function toolChanges(before: readonly ToolPrint[], now: readonly ToolPrint[]): ToolChanges {
  const old = new Map(before.map((tool) => [tool.name, tool]));
  const names = new Set(now.map(({ name }) => name));
  const changed = now.flatMap((tool) => {
    const members = changedMembers(old.get(tool.name) ?? tool, tool);
    return members.length > 0 ? [{ name: tool.name, members }] : [];
  });
  return {
    added: now.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    removed: before.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    changed,
  };
}

function changedMembers({ members: before }: ToolPrint, { members: now }: ToolPrint): string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...all].filter((member) => before[member] !== now[member]).sort();
}

/** How the last update or rollback of each server ended; a cancelled job does not count. */
export class UpdateOutcomes {
  readonly #failed = new Map<string, { readonly failed: boolean; readonly at: number }>();

  constructor(store: Store) {
    for (const kind of versionJobs)
      for (const job of store.list(jobRecords, { index: 'kind', equals: [kind] })) this.#take(job);
    onWritten(store, jobRecords, (job) => this.#take(job));
  }

  /** `undefined` if the server had no update or rollback. */
  failed(serverId: string): boolean | undefined {
    return this.#failed.get(serverId)?.failed;
  }

  /** Forgets all servers but these. */
  keep(serverIds: ReadonlySet<string>): void {
    for (const id of this.#failed.keys()) if (!serverIds.has(id)) this.#failed.delete(id);
  }

  #take(job: JobRecord): void {
    const { kind, serverId, status, completedAt } = job;
    if (serverId === null || !versionJobs.has(kind) || !isOver(job) || status === 'cancelled') return;
    const at = completedAt ?? 0;
    if ((this.#failed.get(serverId)?.at ?? 0) <= at) this.#failed.set(serverId, { failed: status === 'failed', at });
  }
}
