import { Counter, type Registry } from 'prom-client';
import type { Exemplar, Family, Sample } from './series.js';

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
/** The upper bounds of the buckets, seconds. The last bucket has all longer requests. */
const bounds = [0.01, 0.05, 0.1, 0.5, 1, Number.POSITIVE_INFINITY];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The number of requests, and the duration of requests without streams. They are plain numbers, which a scrape reads, so a request costs three
 * look-ups in small maps. The endpoints, the methods in this file and the statuses of answers limit the number of series.
 */
export class RequestMetrics {
  readonly #byPath = new Map<string, Map<string, Map<number, Series>>>();
  /** The number of requests in each bucket. */
  readonly #buckets = bounds.map(() => 0);
  /** Of all requests in the buckets, seconds. */
  #seconds = 0;
  /** The last recorded request of each bucket. */
  readonly #exemplars: (Exemplar | undefined)[] = [];

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
  }

  observe(response: ObservedResponse): void {
    const { path, method, status } = response;
    const series = this.#byPath.get(path)?.get(method)?.get(status) ?? this.#add(response);
    series.count += 1;
    const { durationMs, traceId } = response;
    if (durationMs === null) return;
    const value = durationMs / 1000;
    let bucket = 0;
    while (value > (bounds[bucket] ?? value)) bucket += 1;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#seconds += value;
    if (traceId !== undefined) this.#exemplars[bucket] = { traceId, value, timeMs: Date.now() };
  }

  /** The durations, with a recorded request for each bucket that has one. */
  durations(): Family {
    return { name: DURATION, help: 'Request duration histogram', type: 'histogram', samples: () => this.#samples() };
  }

  *#samples(): Generator<Sample> {
    let count = 0;
    for (const [bucket, bound] of bounds.entries()) {
      count += this.#buckets[bucket] ?? 0;
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
      yield { suffix: '_bucket', labels: [['le', le]], value: count, exemplar: this.#exemplars[bucket] };
    }
    yield { suffix: '_sum', labels: [], value: this.#seconds };
    yield { suffix: '_count', labels: [], value: count };
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
