import type { DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Servers } from '../drivers/mcp/servers.js';
import type { Devices } from '../drivers/network/devices.js';
import { AgentFailure } from '../failure.js';
import { overriding } from '../overriding.js';
import type { DesiredStateFile } from './desired-state.js';

/** The servers of an agent, with their wanted state kept for its next start. `restore` applies the kept state. */
export function rememberServers(
  servers: Servers,
  file: Pick<DesiredStateFile, 'keep' | 'flush'>,
): { readonly servers: Servers; restore(specs: readonly ServerSpec[]): void } {
  const specs = new Map<string, ServerSpec>();
  const know = (wanted: readonly ServerSpec[]): void => {
    specs.clear();
    for (const spec of wanted) specs.set(spec.id, spec);
  };
  const keep = (): void => file.keep([...specs.values()]);
  return {
    servers: overriding(servers, {
      // The hub's state replaces any older or newer one: the hub may have been restored from a backup.
      setDesired(wanted) {
        know(wanted);
        file.keep(wanted);
        servers.setDesired(wanted);
      },
      put(spec) {
        const known = specs.get(spec.id);
        // Two changes may arrive in the wrong order: the later one stays.
        const stale = known !== undefined && known.revision > spec.revision;
        const report = servers.put(stale ? known : spec);
        if (!stale) {
          specs.set(spec.id, spec);
          keep();
        }
        return report;
      },
      async switch(spec, options) {
        const known = specs.get(spec.id);
        if (known !== undefined && known.revision > spec.revision) {
          const reason = 'the server was changed meanwhile';
          throw new AgentFailure('cancelled', reason, { reason, outcome: 'not_run' });
        }
        const swapped = () => {
          // Not before: an agent that is killed before this line starts the old version, and an agent that is killed after it starts the
          // new one.
          specs.set(spec.id, spec);
          keep();
          options.swapped?.();
        };
        const report = await servers.switch(spec, { ...options, swapped });
        await file.flush();
        return report;
      },
      remove(serverId) {
        if (specs.delete(serverId)) keep();
        return servers.remove(serverId);
      },
    }),
    restore(kept) {
      know(kept);
      servers.setDesired(kept);
    },
  };
}

/** The devices of an agent, with the desired ones kept for its next start, pinned host keys included. */
export function rememberDevices(devices: Devices, file: Pick<DesiredStateFile, 'devices' | 'keepDevices'>): Devices {
  const known = (id: string): DeviceSpec | undefined => file.devices.find((spec) => spec.id === id);
  const set = (spec: DeviceSpec): void => file.keepDevices([...file.devices.filter(({ id }) => id !== spec.id), spec]);
  const pinned = new Map<string, DeviceSpec>();
  /** A fingerprint that was pinned here counts until the hub knows it, or tells the agent to forget it. */
  const withPin = (spec: DeviceSpec): DeviceSpec => {
    const before = pinned.get(spec.id) ?? known(spec.id);
    if (!before || before.pinGeneration !== spec.pinGeneration) return spec;
    const same = before.hostname === spec.hostname && before.port === spec.port;
    const sameJump =
      before.jumpHost?.hostname === spec.jumpHost?.hostname && before.jumpHost?.port === spec.jumpHost?.port;
    const hostKey = spec.hostKey || (same ? before.hostKey : '');
    const jumpHost = spec.jumpHost && {
      ...spec.jumpHost,
      hostKey: spec.jumpHost.hostKey || (sameJump ? (before.jumpHost?.hostKey ?? '') : ''),
    };
    return { ...spec, hostKey, jumpHost };
  };
  devices.onPinned((spec) => {
    pinned.set(spec.id, spec);
    const before = known(spec.id);
    // A connection test may be of a device that is not registered here.
    if (before) set({ ...before, hostKey: spec.hostKey, jumpHost: spec.jumpHost });
  });
  return overriding(devices, {
    // The hub's state replaces any older or newer one: the hub may have been restored from a backup.
    setDesired(wanted) {
      const specs = wanted.map(withPin);
      file.keepDevices(specs);
      devices.setDesired(specs);
    },
    put(spec) {
      const before = known(spec.id);
      // Two changes may arrive in the wrong order: the later one stays.
      if (before && before.revision > spec.revision) return devices.put(before);
      const next = withPin(spec);
      const report = devices.put(next);
      set(next);
      return report;
    },
    remove(deviceId) {
      pinned.delete(deviceId);
      file.keepDevices(file.devices.filter(({ id }) => id !== deviceId));
      return devices.remove(deviceId);
    },
  });
}
