import type { JobKind } from './kind.js';
import type { JobRecord } from './record.js';

type Group = JobKind['group'];

/** Jobs that wait for a worker, first come first served, as far as sites, lanes and groups have room. */
export class JobQueue {
  readonly #waiting: { readonly record: JobRecord; readonly lane: string | null; readonly group: Group }[] = [];
  readonly #sites = new Map<string, number>();
  readonly #lanes = new Set<string>();
  readonly #groups = new Map<string, number>();
  readonly #perSite: number;

  constructor(perSite: number) {
    this.#perSite = perSite;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(record: JobRecord, lane: string | null, group?: Group): void {
    this.#waiting.push({ record, lane, group });
  }

  /** The jobs that wait. */
  records(): JobRecord[] {
    return this.#waiting.map(({ record }) => record);
  }

  /** Whether a job waits. */
  has(id: string): boolean {
    return this.#waiting.some(({ record }) => record.id === id);
  }

  /** Removes a job from the queue; `undefined` if it does not wait. */
  remove(id: string): JobRecord | undefined {
    const at = this.#waiting.findIndex(({ record }) => record.id === id);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.record;
  }

  /** The first job that may run now, with its places taken; `release` gives them back. */
  take(): { readonly record: JobRecord; readonly release: () => void } | undefined {
    const passed = new Set<string>();
    for (const [at, { record, lane, group }] of this.#waiting.entries()) {
      const { site } = record;
      const behind = lane !== null && (this.#lanes.has(lane) || passed.has(lane));
      const full = group !== undefined && (this.#groups.get(group.name) ?? 0) >= group.limit;
      if (behind || full || (site !== null && (this.#sites.get(site) ?? 0) >= this.#perSite)) {
        // Later jobs of its lane may not overtake it.
        if (lane !== null) passed.add(lane);
        continue;
      }
      this.#waiting.splice(at, 1);
      if (lane !== null) this.#lanes.add(lane);
      if (site !== null) count(this.#sites, site, 1);
      if (group) count(this.#groups, group.name, 1);
      return { record, release: () => this.#release(site, lane, group) };
    }
    return undefined;
  }

  #release(site: string | null, lane: string | null, group: Group): void {
    if (lane !== null) this.#lanes.delete(lane);
    if (site !== null) count(this.#sites, site, -1);
    if (group) count(this.#groups, group.name, -1);
  }
}

function count(places: Map<string, number>, name: string, by: 1 | -1): void {
  const now = (places.get(name) ?? 0) + by;
  if (now > 0) places.set(name, now);
  else places.delete(name);
}
