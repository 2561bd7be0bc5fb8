import type { DeviceInfo, DeviceReport, DeviceState } from '../agents/contract.js';
import type { Redactor } from '../audit/redactor.js';
import { ObservedStates } from '../sited/observed.js';
import { collection, put, type Store } from '../store.js';
import { type DeviceRecord, deviceRecords } from './record.js';

/** The state of a device's connection. */
export interface DeviceObservation {
  readonly state: DeviceState;
  /** Why it is not connected, for people; empty when all is well. */
  readonly error: string;
  /** One of the reasons of `device.proto`; empty for none. */
  readonly reason: string;
  readonly attempt: number;
  /** Milliseconds since 1970; 0 for never. */
  readonly nextAttempt: number;
  readonly agentId: string;
}

const NOT_OBSERVED: DeviceObservation = {
  state: 'disconnected',
  error: '',
  reason: '',
  attempt: 0,
  nextAttempt: 0,
  agentId: '',
};

/** Observed state of all devices, as their agents last reported it. In memory: after a restart the agents report it again. */
export class ObservedDevices extends ObservedStates<DeviceObservation> {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    super(NOT_OBSERVED);
    this.#redactor = redactor;
  }

  report(agentId: string, report: DeviceReport): void {
    const { deviceId, state, errorReason: reason, attempt, nextAttempt } = report;
    const error = this.#redactor.of(deviceId).text(report.error);
    this.set(deviceId, { state, error, reason, attempt, nextAttempt, agentId });
  }

  protected override away({ agentId }: DeviceObservation, why: string): DeviceObservation {
    return { ...NOT_OBSERVED, error: why, reason: 'agent_unreachable', agentId };
  }

  /** Resolves once a device is no longer on its way somewhere, or the time is up. */
  settled(deviceId: string, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, limitMs);
      const stop = this.onChange((id, { state }) => {
        if (id === deviceId && (state === 'connected' || state === 'error')) end();
      });
      const { state } = this.get(deviceId);
      if (state === 'connected' || state === 'error') end();
    });
  }
}

/** The states of the document: a connecting device is not connected yet. */
export function shownState({ state }: DeviceObservation): 'connected' | 'disconnected' | 'error' {
  return state === 'connecting' ? 'disconnected' : state;
}

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
    await this.#store.apply({ by: null, writes: [put(deviceFacts, facts)] });
  }
}
