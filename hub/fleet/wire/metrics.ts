import type { MetricsReport } from '@roundhouse/proto/agent/v1/metrics';
import { type AgentMetric, agentMetrics, longestLabel, valuesOf } from '@roundhouse/proto/agent-metrics';
import { printable } from '@roundhouse/proto/text';
import type { Plain } from '../../domain/agents/contract.js';
import { MalformedReport } from './bounds.js';

const shapes: ReadonlyMap<number, AgentMetric> = new Map(
  Object.values(agentMetrics).map((metric) => [metric.number, metric]),
);

/** An agent's metrics, for the domain. @throws MalformedReport for a series that has not the labels and values of its metric. */
export function toMetricsReport({ first, added, changed, gone, leftOut }: MetricsReport): Plain<MetricsReport> {
  for (const { metric, labels, values } of added) {
    const shape = shapes.get(metric);
    if (!shape) continue;
    const expected = shape.labels.length + (shape.subject === 'agent' ? 0 : 1);
    if (labels.length !== expected || values.length !== valuesOf(shape))
      throw new MalformedReport(`a series of '${shape.name}' that has not its labels and values`);
    if (labels.some((label) => label.length > longestLabel))
      throw new MalformedReport(`a series of '${shape.name}' with a label of more than ${longestLabel} characters`);
  }
  return {
    first,
    added: added.map(({ number, metric, labels, values }) => ({
      number,
      metric,
      labels: labels.map((label) => printable(label, longestLabel)),
      values,
    })),
    changed,
    gone,
    leftOut,
  };
}
