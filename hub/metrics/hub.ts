import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';

/** Counters of the link to the agents since the hub started. */
export interface LinkStats {
  readonly agents: number;
  readonly pending: number;
  readonly commands: number;
  readonly results: number;
  readonly lateResults: number;
  readonly foreignResults: number;
  readonly transfers: number;
  readonly enrollments: number;
  readonly refusedPeers: number;
  readonly refusedEnrollments: number;
  readonly violations: number;
  readonly floods: number;
  readonly resumptions: number;
  readonly resent: number;
  readonly turnedAway: number;
  readonly postponed: number;
}

/** The hub itself: process, link to the agents, cache, journal. */
export function hubMetrics(registry: Registry, domain: Domain, link: () => LinkStats, version: string): void {
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `roundhouse_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  /** `read` gives a number that only grows while the hub runs. */
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `roundhouse_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  new Gauge({ name: 'roundhouse_info', help: 'The hub', labelNames: ['version'], registers: [registry] }).set(
    { version },
    1,
  );
  gauge('agents_connected', 'Agents connected now', () => link().agents);
  gauge('agents_enrolled', 'Agents enrolled and not revoked', () => domain.agents.list().length);
  gauge('commands_pending', 'Commands waiting for their answer now', () => link().pending);
  counter('commands', 'Commands sent to agents', () => link().commands);
  counter('results', 'Answers to commands', () => link().results);
  counter('late_results', 'Answers to commands that had been given up', () => link().lateResults);
  counter('foreign_results', 'Answers to commands that were not the sender’s', () => link().foreignResults);
  counter('transfers', 'Data streams opened by agents', () => link().transfers);
  counter('enrollments', 'Agents enrolled', () => link().enrollments);
  counter('refused_enrollments', 'Enrolments refused', () => link().refusedEnrollments);
  counter('refused_peers', 'Calls without a valid certificate', () => link().refusedPeers);
  counter('link_violations', 'Streams of agents closed for breaking the protocol', () => link().violations);
  counter('link_floods', 'Of those: for sending more than any agent may', () => link().floods);
  counter('link_resumptions', 'Returns of agents whose commands went on', () => link().resumptions);
  counter('resent_commands', 'Commands sent again after a lost link', () => link().resent);
  counter('turned_away', 'Connections cut before they showed a certificate', () => link().turnedAway);
  counter('postponed_agents', 'Agents told to come back later', () => link().postponed);
  gauge('store_writable', 'Whether the hub can write to its disk: 1 or 0', () => (domain.disk.failure ? 0 : 1));
  gauge('store_changes_waiting', 'Audit entries and counters that wait for the disk', () => domain.disk.waiting);
  gauge('cache_entries', 'Answers in the response cache', () => domain.cache.stats().entries);
  gauge('cache_bytes', 'Bytes of the response cache', () => domain.cache.stats().bytes);
  counter('cache_hits', 'Tool calls answered from the cache', () => domain.cache.stats().hits);
  counter(
    'cache_misses',
    'Tool calls that the cache might have answered, and could not',
    () => domain.cache.stats().misses,
  );
  gauge('requests_today', 'Requests since UTC midnight, restarts included', () => domain.requestWindow.today());
}

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
