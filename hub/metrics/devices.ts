import type { Caller } from '../domain/access/caller.js';
import { SYSTEM } from '../domain/audit/audit.js';
import { shownState } from '../domain/devices/observed.js';
import type { Domain } from '../domain/domain.js';
import { type Families, family, isWhole } from './series.js';

/** Network devices and Kubernetes clusters: their states, at the sites that the caller's grants cover, and the work at the devices. */
export function deviceFamilies({ network, kubernetes }: Pick<Domain, 'network' | 'kubernetes'>): Families {
  const { devices, tally } = network;
  return function* (reader) {
    const origin = { ...SYSTEM, caller: reader as Caller };
    yield family('gauge', 'roundhouse_devices', 'Network devices by the state of their connection', () =>
      counted(
        devices.list(origin).map(({ record, observed }) => ({ type: record.type, status: shownState(observed) })),
      ),
    );
    yield family('gauge', 'roundhouse_clusters', 'Kubernetes clusters by state at the last check', () =>
      counted(kubernetes.clusters.list(origin).map(({ observed }) => ({ status: observed.state }))),
    );
    if (!isWhole(reader)) return;
    yield family(
      'counter',
      'roundhouse_device_commands_total',
      'Commands run at network devices since the hub started',
      () => Array.from(tally.commands(), ({ kind, outcome, count }) => [{ class: kind, outcome }, count]),
    );
    yield family(
      'counter',
      'roundhouse_device_config_changes_total',
      'Configuration changes at network devices that ended since the hub started',
      () => Array.from(tally.changes(), ({ kind, state, count }) => [{ kind, state }, count]),
    );
  };
}

/** The number of items for each set of labels. */
function counted(all: readonly Readonly<Record<string, string>>[]): [Readonly<Record<string, string>>, number][] {
  const counts = new Map<string, [Readonly<Record<string, string>>, number]>();
  for (const labels of all) {
    const key = JSON.stringify(labels);
    const known = counts.get(key) ?? [labels, 0];
    known[1] += 1;
    counts.set(key, known);
  }
  return [...counts.values()];
}
