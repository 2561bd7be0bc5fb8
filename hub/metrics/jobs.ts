import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';
import { versionJobs } from '../domain/updates/job.js';

/** The job engine: waiting and running jobs, how jobs ended, and how long they took. */
export function jobMetrics(registry: Registry, { jobs }: Pick<Domain, 'jobs'>): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `roundhouse_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('jobs_queued', 'Jobs that wait for a worker', () => jobs.status().queue.pending);
  gauge('jobs_scheduled', 'Jobs that wait for their time', () => jobs.status().queue.scheduled);
  gauge('jobs_running', 'Jobs that run now', () => jobs.status().queue.processing);
  gauge('job_workers', 'Jobs that may run at once', () => jobs.status().workers.total);
  new Counter({
    name: 'roundhouse_jobs_total',
    help: 'Jobs that ended since the hub started',
    labelNames: ['kind', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { kind, status, count } of jobs.tally.all()) this.inc({ kind, status }, count);
    },
  });
  const duration = new Histogram({
    name: 'roundhouse_job_duration_seconds',
    help: 'Duration of jobs that ended',
    labelNames: ['kind'],
    buckets: [0.1, 0.5, 1, 5, 30, 60, 120, 300, 900, 3600],
    registers,
  });
  const updates = new Histogram({
    name: 'mcp_update_duration_seconds',
    help: 'Duration of update operations',
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800],
    registers,
  });
  jobs.tally.onEnded(({ kind, startedAt, completedAt }) => {
    if (startedAt === null || completedAt === null) return;
    const seconds = (completedAt - startedAt) / 1000;
    duration.observe({ kind }, seconds);
    if (versionJobs.has(kind)) updates.observe(seconds);
  });
}
