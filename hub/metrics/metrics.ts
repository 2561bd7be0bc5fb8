import { Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';
import { hubMetrics, type LinkStats } from './hub.js';
import { type ObservedResponse, RequestMetrics } from './requests.js';
import { serverMetrics } from './servers.js';

export interface MetricsOptions {
  readonly domain: Domain;
  readonly link: () => LinkStats;
  readonly version: string;
  /** No credential is needed. */
  readonly public: boolean;
}

/** All metrics of a hub, under the names that the documents print and, for what they lack, `roundhouse_…`. */
export function createMetrics({ domain, link, version, public: isPublic }: MetricsOptions) {
  const registry = new Registry();
  const requests = new RequestMetrics(registry);
  serverMetrics(registry, domain);
  hubMetrics(registry, domain, link, version);
  return {
    contentType: registry.contentType,
    permission: isPublic ? 'public' : 'metrics.read',
    /** In Prometheus' text form. */
    render: () => registry.metrics(),
    /** Counts a response. */
    observe(response: ObservedResponse): void {
      requests.observe(response);
      domain.requests.add();
    },
  };
}
