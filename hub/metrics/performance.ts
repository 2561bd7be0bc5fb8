import { Counter, type Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';

/** The figures of `GET /backend/api/v1/metrics/summary`, as counters. */
export function performanceMetrics(registry: Registry, { performance }: Pick<Domain, 'performance'>): void {
  const registers = [registry];
  const { operations, steps } = performance;
  new Counter({
    name: 'roundhouse_store_operations_total',
    help: 'Changes of the store and look-ups in it',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      this.inc({ outcome: 'success' }, operations.total - operations.failed);
      this.inc({ outcome: 'error' }, operations.failed);
    },
  });
  new Counter({
    name: 'roundhouse_workflow_steps_total',
    help: 'Steps of workflow runs that ended: of the runs kept when the hub started, and all since',
    labelNames: ['status'],
    registers,
    collect() {
      this.reset();
      this.inc({ status: 'completed' }, steps.total - steps.failed);
      this.inc({ status: 'failed' }, steps.failed);
    },
  });
}
