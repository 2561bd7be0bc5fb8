import {
  type AgentMetric,
  type AgentMetricName,
  agentMetrics,
  longestLabel,
  type MetricSubject,
  mostSamples,
  samplesOf,
  valuesOf,
} from '@roundhouse/proto/agent-metrics';

/** A series as it is now. */
export interface MeteredSeries {
  readonly metric: AgentMetric;
  readonly labels: readonly string[];
  /** See `MetricChange` of the contract. The list changes while the agent runs. */
  readonly values: readonly number[];
}

/** Sets the gauges that are read, and not counted. */
export type Gauges = (meter: Meter) => void | Promise<void>;

interface Kept extends MeteredSeries {
  readonly values: number[];
}

/** The agent's own metrics. Counters are incremented where the event happens, and gauges are read before each report. */
export class Meter {
  readonly #series = new Map<string, Kept>();
  readonly #gauges: Gauges[] = [];

  /** Adds to a counter. `labels`: the id of the subject, if the metric is about one, and the further labels. */
  add(name: AgentMetricName, labels: readonly string[] = [], by = 1): void {
    const { values } = this.#of(name, labels);
    values[0] = (values[0] ?? 0) + by;
  }

  set(name: AgentMetricName, value: number, labels: readonly string[] = []): void {
    this.#of(name, labels).values[0] = value;
  }

  /** Adds an observation to a histogram. */
  observe(name: AgentMetricName, value: number, labels: readonly string[] = []): void {
    const { metric, values } = this.#of(name, labels);
    for (const [i, bound] of metric.buckets.entries()) if (value <= bound) values[i] = (values[i] ?? 0) + 1;
    const count = metric.buckets.length;
    values[count] = (values[count] ?? 0) + 1;
    values[count + 1] = (values[count + 1] ?? 0) + value;
  }

  /** Drops the series of all other subjects of this kind. */
  keep(subject: MetricSubject, ids: ReadonlySet<string>): void {
    for (const [key, { metric, labels }] of this.#series)
      if (metric.subject === subject && !ids.has(labels[0] ?? '')) this.#series.delete(key);
  }

  /** Reads the gauges before each report. */
  read(gauges: Gauges): void {
    this.#gauges.push(gauges);
  }

  /** All series by a unique key, as many as the hub takes, and how many samples are left out. */
  async look(): Promise<{ readonly series: ReadonlyMap<string, MeteredSeries>; readonly leftOut: number }> {
    for (const gauges of this.#gauges) await gauges(this);
    const series = new Map<string, MeteredSeries>();
    let samples = 0;
    let leftOut = 0;
    for (const [key, one] of this.#series) {
      const more = samplesOf(one.metric);
      if (samples + more > mostSamples) leftOut += more;
      else {
        samples += more;
        series.set(key, one);
      }
    }
    return { series, leftOut };
  }

  #of(name: AgentMetricName, labels: readonly string[]): Kept {
    const key = labels.length === 0 ? name : `${name}\0${labels.join('\0')}`;
    const known = this.#series.get(key);
    if (known) return known;
    const metric: AgentMetric = agentMetrics[name];
    const values = new Array<number>(valuesOf(metric)).fill(0);
    const made = { metric, labels: labels.map((label) => label.slice(0, longestLabel)), values };
    this.#series.set(key, made);
    return made;
  }
}
