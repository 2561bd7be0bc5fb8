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
  readonly name: AgentMetricName;
  /** The id of the series' subject; empty if the subject is the agent. */
  readonly subjectId: string;
}

/** Finds a series label by label: a key of all labels would be a new string for each event. */
class Place {
  series: Kept | undefined;
  readonly #below = new Map<string, Place>();

  at(label: string): Place {
    let place = this.#below.get(label);
    if (place === undefined) {
      place = new Place();
      this.#below.set(label, place);
    }
    return place;
  }

  drop(label: string): void {
    this.#below.delete(label);
  }
}

/** The agent's own metrics. Counters are incremented where the event happens, and gauges are read before each report. */
export class Meter {
  readonly #series = new Map<string, Kept>();
  readonly #places: Partial<Record<AgentMetricName, Place>> = {};
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
    const { buckets } = metric;
    const count = buckets.length;
    for (let i = 0; i < count; i++) if (value <= (buckets[i] as number)) values[i] = (values[i] ?? 0) + 1;
    values[count] = (values[count] ?? 0) + 1;
    values[count + 1] = (values[count + 1] ?? 0) + value;
  }

  /** Drops the series of all other subjects of this kind. */
  keep(subject: MetricSubject, ids: ReadonlySet<string>): void {
    for (const [key, { name, metric, subjectId }] of this.#series) {
      if (metric.subject !== subject || ids.has(subjectId)) continue;
      this.#series.delete(key);
      this.#places[name]?.drop(subjectId);
    }
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
    let place = this.#places[name] ?? this.#begin(name);
    for (let i = 0; i < labels.length; i++) place = place.at(labels[i] as string);
    place.series ??= this.#add(name, labels);
    return place.series;
  }

  #begin(name: AgentMetricName): Place {
    const place = new Place();
    this.#places[name] = place;
    return place;
  }

  #add(name: AgentMetricName, labels: readonly string[]): Kept {
    const metric: AgentMetric = agentMetrics[name];
    const values = new Array<number>(valuesOf(metric)).fill(0);
    const cut = labels.map((label) => label.slice(0, longestLabel));
    const series = { name, metric, labels: cut, values, subjectId: labels[0] ?? '' };
    this.#series.set([name, ...labels].join('\0'), series);
    return series;
  }
}
