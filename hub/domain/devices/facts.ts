import type { DeviceInfo, DeviceReport } from '../agents/fleet-devices.js';
import { collection, put, type Store } from '../store.js';
import { type DeviceRecord, deviceRecords } from './record.js';

/** The facts of a device, kept outside its registration: they outlive restarts of hub and agent. */
export interface DeviceFacts {
  /** The device's id. */
  readonly id: string;
  /** When the last connection was made, milliseconds since 1970; 0 for never. */
  readonly lastConnected: number;
  /** The keys that were pinned, as long as the registration's generation is this one. */
  readonly hostKey: string;
  readonly jumpHostKey: string;
  readonly pinGeneration: number;
  readonly info: DeviceInfo | null;
}

export const deviceFacts = collection<DeviceFacts>('device_facts', 'device');

const NO_FACTS = { lastConnected: 0, hostKey: '', jumpHostKey: '', pinGeneration: 0, info: null };

/** The facts of devices, in memory at once, and on disk a moment later. */
export class FactBook {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;
  readonly #byId = new Map<string, DeviceFacts>();

  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
    for (const facts of store.list(deviceFacts)) this.#byId.set(facts.id, facts);
  }

  of(deviceId: string): DeviceFacts {
    return this.#byId.get(deviceId) ?? { id: deviceId, ...NO_FACTS };
  }

  /** The keys that a device and its jump host must show; empty: none is known yet. */
  pins(device: DeviceRecord): { readonly hostKey: string; readonly jumpHostKey: string } {
    const { hostKey, jumpHostKey, pinGeneration } = this.of(device.id);
    const learned = pinGeneration === device.pinGeneration;
    return {
      hostKey: device.hostKey || (learned ? hostKey : ''),
      jumpHostKey: device.jumpHostKey || (learned ? jumpHostKey : ''),
    };
  }

  /** Takes in a report. A pinned key stays, whatever a report says: only a new generation forgets it. */
  learn(device: DeviceRecord, report: DeviceReport): void {
    const before = this.of(device.id);
    const current = report.pinGeneration === device.pinGeneration;
    const pins = this.pins(device);
    const facts: DeviceFacts = {
      id: device.id,
      lastConnected: Math.max(before.lastConnected, report.connectedAt),
      hostKey: pins.hostKey || (current ? report.hostKey : ''),
      jumpHostKey: pins.jumpHostKey || (current ? report.jumpHostKey : ''),
      pinGeneration: device.pinGeneration,
      info: report.info ?? before.info,
    };
    if (JSON.stringify(facts) === JSON.stringify(before)) return;
    this.#byId.set(device.id, facts);
    this.#keep(facts).catch(this.#onError);
  }

  forget(deviceId: string): void {
    this.#byId.delete(deviceId);
  }

  async #keep(facts: DeviceFacts): Promise<void> {
    if (this.#store.get(deviceRecords, facts.id) === undefined) return;
    await this.#store.apply({ writes: [put(deviceFacts, facts)] });
  }
}
