import { Counter, Histogram, type Registry } from 'prom-client';
import type { Exemplar, Family, Labels } from './series.js';

/** A finished response. */
export interface ObservedResponse {
  /** `null` where no endpoint was found. */
  readonly api: string | null;
  /** The endpoint's path as its table has it; `''` where none was found. */
  readonly path: string;
  readonly method: string;
  readonly status: number;
  /** `null` for streams: they last as long as their client listens. */
  readonly durationMs: number | null;
  /** The trace in which the request is recorded; absent if it is not. */
  readonly traceId?: string | undefined;
}

interface Series {
  readonly method: string;
  readonly path: string;
  readonly status: string;
  count: number;
}

/** The path of all requests without an endpoint, which share their series. */
const UNMATCHED = 'unmatched';
const DURATION = 'mcp_connect_request_duration_seconds';
const buckets = [0.01, 0.05, 0.1, 0.5, 1];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The number of requests, and the duration of requests without streams. They are plain numbers, which a scrape reads, so a request costs three
 * look-ups in small maps. The endpoints, the methods in this file and the statuses of answers limit the number of series.
 */
export class RequestMetrics {
  readonly #byPath = new Map<string, Map<string, Map<number, Series>>>();
  readonly #duration: Histogram;
  /** The last recorded request of each bucket, by the bound of the bucket. */
  readonly #exemplars = new Map<string, Exemplar>();

  constructor(registry: Registry) {
    const all = () => this.#all();
    new Counter({
      name: 'mcp_connect_requests_total',
      help: 'Total number of requests',
      labelNames: ['method', 'path', 'status'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { method, path, status, count } of all()) this.inc({ method, path, status }, count);
      },
    });
    this.#duration = new Histogram({
      name: DURATION,
      help: 'Request duration histogram',
      buckets,
      registers: [registry],
    });
  }

  observe(response: ObservedResponse): void {
    const { path, method, status } = response;
    const series = this.#byPath.get(path)?.get(method)?.get(status) ?? this.#add(response);
    series.count += 1;
    const { durationMs, traceId } = response;
    if (durationMs === null) return;
    const value = durationMs / 1000;
    this.#duration.observe(value);
    if (traceId === undefined) return;
    const bound = buckets.find((most) => value <= most);
    this.#exemplars.set(bound === undefined ? '+Inf' : String(bound), { traceId, value, timeMs: Date.now() });
  }

  /** The same families, with a recorded request for each bucket of the durations that has one. */
  withExemplars(families: readonly Family[]): Family[] {
    const exemplarOf = (labels: Labels) => this.#exemplars.get(labels.find(([name]) => name === 'le')?.[1] ?? '');
    return families.map((family) => {
      if (family.name !== DURATION || this.#exemplars.size === 0) return family;
      const samples = () =>
        Array.from(family.samples(), (sample) => sample && { ...sample, exemplar: exemplarOf(sample.labels) });
      return { ...family, samples };
    });
  }

  #add({ api, path, method, status }: ObservedResponse): Series {
    const known = methods.has(method) ? method : 'OTHER';
    const byMethod = child(this.#byPath, path, () => new Map<string, Map<number, Series>>());
    const byStatus = child(byMethod, known, () => new Map<number, Series>());
    const series = child(byStatus, status, () => ({
      method: known,
      path: path === '' ? UNMATCHED : asPrinted(api, path),
      status: String(status),
      count: 0,
    }));
    return series;
  }

  *#all(): Generator<Series> {
    for (const byMethod of this.#byPath.values())
      for (const byStatus of byMethod.values()) for (const series of byStatus.values()) yield series;
  }
}

/** `seeds/003` prints parameters as `:id`, the other documents as `{id}`. */
function asPrinted(api: string | null, path: string): string {
  return api === 'connect' ? path.replaceAll(/\{([^{}]+)\}/g, ':$1') : path;
}

function child<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
