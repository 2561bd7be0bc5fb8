import { Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';
import { clusterMetrics, deviceMetrics } from './devices.js';
import { hubMetrics, type LinkStats, performanceMetrics } from './hub.js';
import { jobMetrics } from './jobs.js';
import { type ObservedResponse, RequestMetrics } from './requests.js';
import { serverMetrics } from './servers.js';

export interface MetricsOptions {
  readonly domain: Domain;
  readonly link: () => LinkStats;
  readonly version: string;
  /** No credential is needed. */
  readonly public: boolean;
}

/** The content type of Prometheus' text form. */
export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics of a hub, under the documents' names, and further metrics as `roundhouse_…`. */
export function createMetrics({ domain, link, version, public: isPublic }: MetricsOptions) {
  const registry = new Registry();
  const requests = new RequestMetrics(registry);
  serverMetrics(registry, domain);
  deviceMetrics(registry, domain);
  clusterMetrics(registry, domain);
  hubMetrics(registry, domain, link, version);
  jobMetrics(registry, domain);
  performanceMetrics(registry, domain);
  return {
    contentType: metricsContentType,
    permission: isPublic ? ('public' as const) : ('metrics.read' as const),
    /** In Prometheus' text form. */
    render: () => registry.metrics(),
    /** Counts a response. */
    observe(response: ObservedResponse): void {
      requests.observe(response);
      domain.requestWindow.add(response.status, response.durationMs);
    },
  };
}
