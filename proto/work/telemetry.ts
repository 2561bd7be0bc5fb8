/** Records spans by OpenTelemetry's SDK, and sends spans and metrics by OTLP over HTTP. Hub and agent load it only if an operator wants that. */
import { DiagLogLevel, diag, type HrTime, TraceFlags } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { hrTime, Spans } from './spans.js';
import type { Trace, Tracer } from './tracing.js';

/** One number of a metric. */
interface Sample {
  /** Behind the name of the metric: `_bucket`, `_sum` or `_count` of a histogram; otherwise empty. */
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

/** A metric as Prometheus has it. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** `undefined` stands for no sample. */
  samples(): Iterable<Sample | undefined>;
}

export interface TelemetryOptions {
  /** `service.name`, unless the environment names another one. */
  readonly service: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes secrets out of names and attributes. */
  readonly clean?: (text: string) => string;
  /** The metrics that are sent; absent: none. */
  readonly metrics?: () => Promise<readonly Metric[]>;
  /** Called with the reason why something could not be sent, once a minute at most. */
  readonly onError: (reason: string) => void;
}

export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends the spans and metrics that are left. Resolves in any case, after 3 s at the latest. */
  close(): Promise<void>;
}

/** How long a program that stops waits for its collector. */
const LAST_SEND_MS = 3000;
/** How often the SDK's warnings are told at most. */
const TOLD_EVERY_MS = 60_000;
/** @throws Error that names a variable whose value is wrong. */
export function startTelemetry({
  service,
  version,
  env,
  clean = (text) => text,
  metrics,
  onError,
}: TelemetryOptions): Telemetry {
  const { sampler, share } = samplerOf(env);
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (...parts: unknown[]) => {
    // A collector that is away fails each of the attempts.
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    onError(parts.map(String).join(' '));
  };
  const quiet = () => {};
  const logger = { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const own = resourceFromAttributes({ 'service.name': service, 'service.version': version });
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  const processor =
    env.OTEL_TRACES_EXPORTER === 'none'
      ? undefined
      : new BatchSpanProcessor({
          exporter: new OTLPTraceExporter(),
          scheduledDelayMillis: numberOf(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000),
          maxQueueSize: numberOf(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048),
        });
  const scope = { name: service, version };
  const spans = new Spans({ resource, scope, clean, onEnd: (span) => processor?.onEnd(span) });
  const meters =
    metrics && env.OTEL_METRICS_EXPORTER !== 'none'
      ? new MeterProvider({
          resource,
          readers: [
            new PeriodicExportingMetricReader({
              exporter: new OTLPMetricExporter(),
              exportIntervalMillis: numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000),
              exportTimeoutMillis: Math.min(30_000, numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000)),
              metricProducers: [producer(metrics, service, version)],
            }),
          ],
        })
      : undefined;
  const isWanted = (client: Trace | undefined): boolean => {
    if (client && sampler.startsWith('parentbased_'))
      return (Number.parseInt(client.traceparent.slice(53, 55), 16) & TraceFlags.SAMPLED) !== 0;
    // The ids of a client's trace are the client's choice, and no fair draw.
    return share >= 1 || Math.random() < share;
  };
  return {
    tracer: {
      start: (name, kind, client, attributes, startedAt) =>
        isWanted(client) ? spans.begin(name, kind, client, attributes, startedAt) : undefined,
      resume: (hub, name, kind, attributes) => spans.begin(name, kind, hub, attributes),
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, LAST_SEND_MS);
      });
      spans.flush();
      await Promise.race([Promise.allSettled([processor?.shutdown(), meters?.shutdown()]), late]);
      clearTimeout(timer);
    },
  };
}

/** The share of traces that are recorded, 0 to 1. */
function samplerOf(env: TelemetryOptions['env']): { readonly sampler: string; readonly share: number } {
  const sampler = env.OTEL_TRACES_SAMPLER || 'traceidratio';
  const kind = sampler.replace(/^parentbased_/, '');
  if (!['always_on', 'always_off', 'traceidratio'].includes(kind))
    throw new Error(
      'OTEL_TRACES_SAMPLER: expected always_on, always_off or traceidratio, or one of them behind parentbased_',
    );
  const share = kind === 'traceidratio' ? Number(env.OTEL_TRACES_SAMPLER_ARG || 1) : Number(kind === 'always_on');
  if (!(share >= 0 && share <= 1)) throw new Error('OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1');
  return { sampler, share };
}

function numberOf(env: TelemetryOptions['env'], name: string, fallback: number): number {
  const value = Number(env[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name}: expected a whole number above 0`);
  return value;
}

/** Gives the metrics to the SDK, as they are when it asks. */
function producer(read: () => Promise<readonly Metric[]>, name: string, version: string) {
  const startTime = hrTime(Date.now());
  return {
    async collect() {
      const endTime = hrTime(Date.now());
      const metrics = (await read()).map((metric) => metricData(metric, { startTime, endTime }));
      const resource = resourceFromAttributes({});
      const found = metrics.filter((metric) => metric.dataPoints.length > 0);
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name, version }, metrics: found }] },
        errors: [],
      };
    },
  };
}

function metricData(metric: Metric, times: { readonly startTime: HrTime; readonly endTime: HrTime }): MetricData {
  const { name, help: description, type } = metric;
  const descriptor = { name, description, unit: '', valueType: 1 };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  const points = [...groups(metric)].map(({ attributes, samples }) => ({ ...times, attributes, samples }));
  if (type === 'histogram') {
    const dataPoints = points.map(({ samples, ...point }) => ({ ...point, value: histogramOf(samples) }));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = points.flatMap(({ samples, ...point }) => samples.map(({ value }) => ({ ...point, value })));
  return type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** The samples that have the same labels, apart from the bounds of buckets. */
function groups(metric: Metric) {
  const found = new Map<string, { readonly attributes: Record<string, string>; readonly samples: Sample[] }>();
  for (const sample of metric.samples()) {
    if (!sample) continue;
    const labels = metric.type === 'histogram' ? sample.labels.filter(([label]) => label !== 'le') : sample.labels;
    const key = JSON.stringify(labels);
    const group = found.get(key) ?? { attributes: Object.fromEntries(labels), samples: [] };
    found.set(key, group);
    group.samples.push(sample);
  }
  return found.values();
}

/** Prometheus counts in each bucket the smaller values, too; OTLP does not. */
function histogramOf(samples: readonly Sample[]) {
  const numberIn = (suffix: string) => samples.find((sample) => sample.suffix === suffix)?.value ?? 0;
  const buckets = samples.filter(({ suffix }) => suffix === '_bucket');
  const bounds = buckets.map(({ labels }) =>
    Number(labels.find(([label]) => label === 'le')?.[1].replace('+Inf', 'Infinity')),
  );
  const counts = buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0));
  const boundaries = bounds.filter(Number.isFinite);
  return { buckets: { boundaries, counts }, sum: numberIn('_sum'), count: numberIn('_count') };
}
