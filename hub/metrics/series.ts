import type { Registry } from 'prom-client';
import type { Caller } from '../domain/access/caller.js';
import { isNarrowed, type Owning } from '../domain/access/grants.js';

/** Labels in the order in which they are shown. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** One number of a series. */
export interface Sample {
  /** Follows the family's name: `_bucket`, `_sum` or `_count` of a histogram; otherwise empty. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
  /** When the number was read, milliseconds since 1970; absent: now. */
  readonly timeMs?: number;
  /** A recorded trace that is counted in this bucket. */
  readonly exemplar?: Exemplar | undefined;
}

/** The trace of a recorded request, and the value of the request. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
}

/** All series of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  /** `undefined` stands for a sample that is not shown. So a long search among samples can pause for other work of the event loop. */
  samples(): Iterable<Sample | undefined>;
}

/** The parts of a caller that decide which series it sees: grants and ownership. */
export type Reader = Owning & Pick<Caller, 'role' | 'grants'>;

/** Whether a caller sees the hub as a whole: no grants narrow its key. */
export function isWhole({ grants }: Pick<Reader, 'grants'>): boolean {
  return !isNarrowed(grants);
}

/** The families of one part of the hub that a caller may see. */
export type Families = (reader: Reader) => Iterable<Family>;

/** A family whose samples are read when it is shown. */
export function family(
  type: Family['type'],
  name: string,
  help: string,
  samples: () => Iterable<readonly [labels: Readonly<Record<string, string>>, value: number] | undefined>,
): Family {
  return {
    name,
    help,
    type,
    *samples() {
      for (const sample of samples())
        yield sample && { suffix: '', labels: Object.entries(sample[0]), value: sample[1] };
    },
  };
}

/** The families of a registry of prom-client. */
export async function familiesOf(registry: Registry): Promise<Family[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, help, type, values }) => ({
    name,
    help,
    type: String(type) as Family['type'],
    samples: () =>
      (values as readonly { labels: object; value: number; metricName?: string }[]).map(
        ({ labels, value, metricName = name }) => ({
          suffix: metricName.slice(name.length),
          labels: Object.entries(labels).map(([label, text]) => [label, String(text)] as const),
          value,
        }),
      ),
  }));
}
