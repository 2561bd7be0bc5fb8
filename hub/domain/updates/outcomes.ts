import { isOver, type JobRecord, jobRecords } from '../jobs/record.js';
import type { Store } from '../store.js';
import { versionJobs } from './job.js';

/** How the last update or rollback of each server ended; a cancelled job does not count. */
export class UpdateOutcomes {
  readonly #failed = new Map<string, { readonly failed: boolean; readonly at: number }>();

  constructor(store: Store) {
    for (const kind of versionJobs)
      for (const job of store.list(jobRecords, { index: 'kind', equals: [kind] })) this.#take(job);
    store.subscribe(({ writes }) => {
      for (const { collection, value } of writes)
        if (collection === jobRecords.name && value) this.#take(value as JobRecord);
    });
  }

  /** `undefined` where nothing is known. */
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
