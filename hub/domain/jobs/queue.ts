import type { JobRecord } from './record.js';

/** What waits for a worker, first come first served, as far as sites and lanes have room. */
export class JobQueue {
  readonly #waiting: { readonly record: JobRecord; readonly lane: string | null }[] = [];
  readonly #sites = new Map<string, number>();
  readonly #lanes = new Set<string>();
  readonly #perSite: number;

  constructor(perSite: number) {
    this.#perSite = perSite;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(record: JobRecord, lane: string | null): void {
    this.#waiting.push({ record, lane });
  }

  /** Takes a job off the queue; `undefined` where it does not wait. */
  remove(id: string): JobRecord | undefined {
    const at = this.#waiting.findIndex(({ record }) => record.id === id);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.record;
  }

  /** The first job that may run now, with its places taken; `release` gives them back. */
  take(): { readonly record: JobRecord; readonly release: () => void } | undefined {
    const passed = new Set<string>();
    for (const [at, { record, lane }] of this.#waiting.entries()) {
      const { site } = record;
      const blocked = lane !== null && (this.#lanes.has(lane) || passed.has(lane));
      if (blocked || (site !== null && (this.#sites.get(site) ?? 0) >= this.#perSite)) {
        // Those behind it in its lane may not overtake it.
        if (lane !== null) passed.add(lane);
        continue;
      }
      this.#waiting.splice(at, 1);
      if (lane !== null) this.#lanes.add(lane);
      if (site !== null) this.#sites.set(site, (this.#sites.get(site) ?? 0) + 1);
      return { record, release: () => this.#release(site, lane) };
    }
    return undefined;
  }

  #release(site: string | null, lane: string | null): void {
    if (lane !== null) this.#lanes.delete(lane);
    if (site === null) return;
    const left = (this.#sites.get(site) ?? 1) - 1;
    if (left > 0) this.#sites.set(site, left);
    else this.#sites.delete(site);
  }
}
