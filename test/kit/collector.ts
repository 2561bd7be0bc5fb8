import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { collectorCache, collectorFolder, goCacheFolder, newerGoPath } from '../../deploy/local/parts.mjs';
import { freePort } from '../free-port.mjs';
import { tempFolder } from '../temp-folder.js';
import { wait } from './wait.js';

/** A span as the collector gives it on (OTLP in JSON). */
export interface CollectedSpan {
  /** The service that recorded it. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: readonly unknown[];
  readonly events?: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

export interface CollectedMetric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly object[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly object[] };
  readonly histogram?: {
    readonly dataPoints: readonly { readonly bucketCounts: readonly string[]; readonly count: string }[];
  };
}

export interface Collector {
  /** The environment of a program that sends to it, soon after each span. */
  readonly env: Readonly<Record<string, string>>;
  readonly spans: CollectedSpan[];
  readonly metrics: CollectedMetric[];
}

/** Builds and starts an OpenTelemetry Collector (`otel-collector`). It gives all that it receives to the test, and ends with it. */
export async function startCollector(t: Pick<Test, 'teardown' | 'testdirName'>): Promise<Collector> {
  const folder = tempFolder(t);
  const program = join(folder, 'collector');
  const offline = { GOFLAGS: '-buildvcs=false', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };
  const env = { ...process.env, ...offline, GOCACHE: goCacheFolder, GOMODCACHE: collectorCache };
  await promisify(execFile)(newerGoPath, ['build', '-o', program, '.'], { cwd: collectorFolder, env });
  const spans: CollectedSpan[] = [];
  const metrics: CollectedMetric[] = [];
  const sink = createServer(async (request, response) => {
    // biome-ignore lint/suspicious/noExplicitAny: OTLP in JSON
    const { resourceSpans = [], resourceMetrics = [] } = (await json(request)) as any;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue;
      for (const scope of scopeSpans) spans.push(...scope.spans.map((span: object) => ({ service, ...span })));
    }
    for (const { scopeMetrics } of resourceMetrics) for (const scope of scopeMetrics) metrics.push(...scope.metrics);
    response.setHeader('Content-Type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  t.teardown(() => sink.close());
  const endpoint = `127.0.0.1:${await freePort()}`;
  const to = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: { otlphttp: { endpoint: to, encoding: 'json', compression: 'none' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: Object.fromEntries(
        ['traces', 'metrics'].map((signal) => [signal, { receivers: ['otlp'], exporters: ['otlphttp'] }]),
      ),
    },
  };
  const file = join(folder, 'collector.yaml');
  await writeFile(file, JSON.stringify(config));
  const collector = spawn(program, ['--config', `file:${file}`], { stdio: 'ignore' });
  t.teardown(async () => {
    collector.kill();
    if (collector.exitCode === null) await once(collector, 'exit');
  });
  await wait('the collector answers', () =>
    fetch(`http://${endpoint}/`).then(
      () => true,
      () => false,
    ),
  );
  return {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}`,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
    },
    spans,
    metrics,
  };
}
