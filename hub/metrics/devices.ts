import { Counter, Gauge, type Registry } from 'prom-client';
import { SYSTEM } from '../domain/audit/audit.js';
import { shownState } from '../domain/devices/observed.js';
import type { Domain } from '../domain/domain.js';

/** Network devices: their states, and the work at them. */
export function deviceMetrics(registry: Registry, { network }: Pick<Domain, 'network'>): void {
  const { devices, tally } = network;
  const registers = [registry];
  new Gauge({
    name: 'roundhouse_devices',
    help: 'Network devices by the state of their connection',
    labelNames: ['type', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { record, observed } of devices.list(SYSTEM))
        this.inc({ type: record.type, status: shownState(observed) });
    },
  });
  new Counter({
    name: 'roundhouse_device_commands_total',
    help: 'Commands run at network devices since the hub started',
    labelNames: ['class', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { kind, outcome, count } of tally.commands()) this.inc({ class: kind, outcome }, count);
    },
  });
  new Counter({
    name: 'roundhouse_device_config_changes_total',
    help: 'Configuration changes at network devices that ended since the hub started',
    labelNames: ['kind', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { kind, state, count } of tally.changes()) this.inc({ kind, state }, count);
    },
  });
}

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
