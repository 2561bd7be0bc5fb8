import type { MessageInitShape } from '@bufbuild/protobuf';
import type { MetricsReportSchema } from '@roundhouse/proto/agent/v1/metrics';
import { mostSamples } from '@roundhouse/proto/agent-metrics';
import type { Logger } from '@roundhouse/proto/log';
import type { Meter, MeteredSeries } from '../../meter.js';
import { encodeFrame } from './frames.js';

/** The most series in one frame: the hub refuses frames with too many fields. */
const seriesPerFrame = 1_000;

interface Sent {
  readonly number: number;
  readonly values: readonly number[];
}

/** Reports the agent's metrics as often as the hub wants: the first report of a connection has all, later ones have the changed values. */
export class MetricsReports {
  readonly #meter: Pick<Meter, 'look'>;
  readonly #link: { readonly behind: boolean; send(frame: Buffer): void };
  readonly #log: Pick<Logger, 'warn' | 'error'>;
  #sent = new Map<string, Sent>();
  #next = 0;
  #isFirst = true;
  #timer: NodeJS.Timeout | undefined;
  #tellsLeftOut = true;
  #looking = 0;

  /** @param link while it is behind, no report is made */
  constructor(
    meter: Pick<Meter, 'look'>,
    link: { readonly behind: boolean; send(frame: Buffer): void },
    log: Pick<Logger, 'warn' | 'error'>,
  ) {
    this.#meter = meter;
    this.#link = link;
    this.#log = log;
  }

  /** A connection has begun. `intervalMs`: 0 if the hub wants no metrics. */
  start(intervalMs: number): void {
    this.stop();
    this.#sent = new Map();
    this.#next = 0;
    this.#isFirst = true;
    if (intervalMs === 0) return;
    this.#timer = setInterval(() => void this.#report(), Math.max(intervalMs, 100)).unref();
    void this.#report();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // A look that is under way belongs to the previous connection.
    this.#looking += 1;
  }

  async #report(): Promise<void> {
    this.#looking += 1;
    const looking = this.#looking;
    try {
      const { series, leftOut } = await this.#meter.look();
      if (looking !== this.#looking || this.#link.behind) return;
      if (leftOut > 0 && this.#tellsLeftOut) {
        this.#tellsLeftOut = false;
        this.#log.warn(
          { event: 'metrics.series_left_out', leftOut, most: mostSamples },
          'the agent has too many series of metrics: some are not reported',
        );
      }
      for (const frame of this.#frames(series, leftOut)) this.#link.send(frame);
    } catch (err) {
      this.#log.error({ event: 'metrics.not_reported', err }, 'the metrics could not be reported');
    }
  }

  *#frames(series: ReadonlyMap<string, MeteredSeries>, leftOut: number): Generator<Buffer> {
    const gone = [...this.#sent].filter(([key]) => !series.has(key));
    for (const [key] of gone) this.#sent.delete(key);
    const news = [...series].filter(([key, { values }]) => !isSame(this.#sent.get(key)?.values, values));
    const goneNumbers = gone.map(([, { number }]) => number);
    // Ended series come first: the hub has room for a limited number of series.
    for (let from = 0; from < goneNumbers.length; from += seriesPerFrame)
      yield this.#frame({ added: [], changed: [], gone: goneNumbers.slice(from, from + seriesPerFrame), leftOut });
    for (let from = 0; from === 0 || from < news.length; from += seriesPerFrame) {
      const added = [];
      const changed = [];
      for (const [key, { metric, labels, values: now }] of news.slice(from, from + seriesPerFrame)) {
        const values = [...now];
        const known = this.#sent.get(key);
        const number = known?.number ?? this.#next++;
        this.#sent.set(key, { number, values });
        if (known) changed.push({ number, values });
        else added.push({ number, metric: metric.number, labels: [...labels], values });
      }
      yield this.#frame({ added, changed, gone: [], leftOut });
    }
  }

  #frame(report: Omit<MessageInitShape<typeof MetricsReportSchema>, '$typeName' | '$unknown' | 'first'>): Buffer {
    const first = this.#isFirst;
    this.#isFirst = false;
    return encodeFrame({ case: 'metrics', value: { first, ...report } });
  }
}

function isSame(before: readonly number[] | undefined, now: readonly number[]): boolean {
  return before?.every((value, i) => value === now[i]) ?? false;
}
