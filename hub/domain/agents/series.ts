import type { MetricsReport } from '@roundhouse/proto/agent/v1/metrics';
import {
  type AgentMetric,
  agentMetrics,
  metricsStaleMs,
  mostSamples,
  samplesOf,
} from '@roundhouse/proto/agent-metrics';
import type { Plain } from './contract.js';
import type { ConnectedAgent } from './fleet.js';

/** One series of an agent. */
export interface AgentSeries {
  readonly metric: AgentMetric;
  /** The id of the thing that it is about, if it is about one, and the values of the metric's further labels. */
  readonly labels: readonly string[];
  /** See `MetricChange` of the contract. Another report replaces the list, and does not change it. */
  values: readonly number[];
}

interface Reported {
  readonly agent: ConnectedAgent;
  readonly series: Map<number, AgentSeries>;
  /** The same series by metric: the output shows each metric for all agents. */
  readonly byMetric: Map<AgentMetric, Set<AgentSeries>>;
  samples: number;
  /** Samples that the hub does not keep. */
  refused: number;
  /** The refused samples by the number of their series, for {@link mostSamples} series at most: a series that ends is no longer counted. */
  readonly refusedSeries: Map<number, number>;
  /** Samples that the agent does not send. */
  unsent: number;
  /** Whether the hub has reported that this connection has too much. */
  told: boolean;
  /** Milliseconds since 1970. */
  at: number;
}

/** The series of an agent that are shown now. */
export interface AgentSeriesView extends Readonly<Pick<Reported, 'agent' | 'samples' | 'at'>> {
  /** The series as they are now: later reports do not change the list. */
  series(metric: AgentMetric): readonly AgentSeries[];
  /** How many samples are missing, because the agent has more than {@link mostSamples}. */
  readonly leftOut: number;
}

const metrics: ReadonlyMap<number, AgentMetric> = new Map(
  Object.values(agentMetrics).map((metric) => [metric.number, metric]),
);

/** The metrics that connected agents sent, in memory. The hub keeps {@link mostSamples} of each agent, and forgets them with the connection. */
export class FleetSeries {
  readonly #agents = new Map<string, Reported>();

  /**
   * Takes a report. Its series have as many labels and values as their metric; unknown metrics are left out.
   * @returns true if this report is the first of its connection that has too much
   */
  report(agent: ConnectedAgent, report: Plain<MetricsReport>, now = Date.now()): boolean {
    const before = this.#agents.get(agent.id);
    const isFirst = report.first || before === undefined;
    const known: Reported = isFirst
      ? {
          agent,
          series: new Map(),
          byMetric: new Map(),
          samples: 0,
          refused: 0,
          refusedSeries: new Map(),
          unsent: 0,
          told: before?.told ?? false,
          at: now,
        }
      : before;
    this.#agents.set(agent.id, known);
    known.at = now;
    known.unsent = report.leftOut;
    for (const number of report.gone) this.#end(known, number);
    for (const { number, metric: metricNumber, labels, values } of report.added) {
      const metric = metrics.get(metricNumber);
      if (!metric) continue;
      this.#end(known, number);
      const samples = samplesOf(metric);
      if (known.samples + samples > mostSamples) {
        known.refused += samples;
        if (known.refusedSeries.size < mostSamples) known.refusedSeries.set(number, samples);
        continue;
      }
      known.samples += samples;
      const series = { metric, labels, values };
      known.series.set(number, series);
      const alike = known.byMetric.get(metric) ?? new Set();
      known.byMetric.set(metric, alike.add(series));
    }
    for (const { number, values } of report.changed) {
      const series = known.series.get(number);
      if (series && series.values.length === values.length) series.values = values;
    }
    const isNew = !known.told && known.refused + known.unsent > 0;
    known.told ||= isNew;
    return isNew;
  }

  /** Forgets the series of an agent that has disconnected. */
  forget(agentId: string): void {
    this.#agents.delete(agentId);
  }

  /** The agents that reported within the last minute, with their series. */
  *all(now = Date.now()): Generator<AgentSeriesView> {
    for (const known of this.#agents.values()) {
      const { agent, byMetric, samples, refused, unsent, at } = known;
      if (now - at > metricsStaleMs) continue;
      yield { agent, series: (metric) => [...(byMetric.get(metric) ?? [])], samples, leftOut: refused + unsent, at };
    }
  }

  #end(known: Reported, number: number): void {
    known.refused -= known.refusedSeries.get(number) ?? 0;
    known.refusedSeries.delete(number);
    const series = known.series.get(number);
    if (!series) return;
    known.series.delete(number);
    known.byMetric.get(series.metric)?.delete(series);
    known.samples -= samplesOf(series.metric);
  }
}
