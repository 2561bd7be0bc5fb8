import { Gauge, type Registry } from 'prom-client';
import { SYSTEM } from '../domain/audit/audit.js';
import type { Domain } from '../domain/domain.js';

/** Kubernetes clusters: how they are. */
export function clusterMetrics(registry: Registry, { kubernetes }: Pick<Domain, 'kubernetes'>): void {
  new Gauge({
    name: 'roundhouse_clusters',
    help: 'Kubernetes clusters by what was found at the last check',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { observed } of kubernetes.clusters.list(SYSTEM)) this.inc({ status: observed.state });
    },
  });
}
