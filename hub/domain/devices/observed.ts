import type { DeviceInfo, DeviceReport, DeviceState } from '../agents/contract.js';
import type { Redactor } from '../audit/redactor.js';
import { retrying } from '../retrying.js';
import { ObservedStates } from '../sited/observed.js';
import { collection, guard, onRemoved, onWritten, replace, type Store } from '../store.js';
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

/** Observed state of all devices, as their agents last reported it, in memory: after a restart the agents report it again. */
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

  /** The agent does not get the device. @param error why, for people */
  leftOut(agentId: string, deviceId: string, error: string): void {
    this.set(deviceId, { ...NOT_OBSERVED, state: 'error', error, agentId });
  }

  protected override away({ agentId }: DeviceObservation, why: string): DeviceObservation {
    return { ...NOT_OBSERVED, error: why, reason: 'agent_unreachable', agentId };
  }

  /** Resolves once a device is no longer connecting, or the time is up. */
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
  /** The pinned keys; they are valid while `pinGeneration` equals the registration's. */
  readonly hostKey: string;
  readonly jumpHostKey: string;
  readonly pinGeneration: number;
  readonly info: DeviceInfo | null;
  /** Counts the changes. Older facts have none, which stands for 0. */
  readonly revision?: number;
}

export const deviceFacts = collection<DeviceFacts>('device_facts', 'device');

const NO_FACTS = { lastConnected: 0, hostKey: '', jumpHostKey: '', pinGeneration: 0, info: null };

/**
 * The facts of devices, in memory at once, and on disk a moment later. Of two writers, the second starts from the facts of the first, so a
 * key that one of them has pinned stays.
 */
export class FactBook {
  readonly #store: Store;
  readonly #onError: (error: unknown) => void;
  readonly #byId = new Map<string, DeviceFacts>();
  /** How many reports of a device are on their way to the disk. */
  readonly #coming = new Map<string, number>();

  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
    for (const facts of store.list(deviceFacts)) this.#byId.set(facts.id, facts);
    onRemoved(store, deviceRecords, (id) => this.#byId.delete(id));
    onWritten(store, deviceFacts, (facts) => {
      if (!this.#coming.has(facts.id)) this.#byId.set(facts.id, facts);
    });
  }

  of(deviceId: string): DeviceFacts {
    return this.#byId.get(deviceId) ?? { id: deviceId, ...NO_FACTS };
  }

  /** The keys that a device and its jump host must show; empty: none is known yet. */
  pins(device: DeviceRecord): { readonly hostKey: string; readonly jumpHostKey: string } {
    return pinsOf(device, this.of(device.id));
  }

  /** Applies a report. A pinned key stays, whatever a report says: only a new generation forgets it. */
  learn(device: DeviceRecord, report: DeviceReport): void {
    const facts = learned(device, this.of(device.id), report);
    if (!facts) return;
    const { id } = device;
    this.#byId.set(id, facts);
    this.#coming.set(id, (this.#coming.get(id) ?? 0) + 1);
    const arrived = () => {
      const left = (this.#coming.get(id) ?? 1) - 1;
      if (left > 0) this.#coming.set(id, left);
      else this.#coming.delete(id);
      return left === 0;
    };
    this.#keep(id, report).then(
      (kept) => {
        if (arrived() && kept) this.#byId.set(id, kept);
      },
      (error: unknown) => {
        arrived();
        this.#onError(error);
      },
    );
  }

  /** Stores the facts of a registered device. @returns the facts that are then on disk */
  #keep(id: string, report: DeviceReport): Promise<DeviceFacts | undefined> {
    const store = this.#store;
    return retrying(store, Number.POSITIVE_INFINITY, async () => {
      const device = store.get(deviceRecords, id);
      const before = store.get(deviceFacts, id);
      const facts = device && learned(device, before ?? { id, ...NO_FACTS }, report);
      if (!facts) return before;
      const writes = [replace(deviceFacts, before, facts)];
      const kept = await store.apply({ by: null, writes, guards: [guard(deviceRecords, device)] });
      return kept.writes[0]?.value as DeviceFacts;
    });
  }
}

function pinsOf(device: DeviceRecord, { hostKey, jumpHostKey, pinGeneration }: DeviceFacts) {
  const isCurrent = pinGeneration === device.pinGeneration;
  return {
    hostKey: device.hostKey || (isCurrent ? hostKey : ''),
    jumpHostKey: device.jumpHostKey || (isCurrent ? jumpHostKey : ''),
  };
}

/** The facts after a report; `undefined` if it holds nothing new. */
function learned(device: DeviceRecord, before: DeviceFacts, report: DeviceReport): DeviceFacts | undefined {
  const isCurrent = report.pinGeneration === device.pinGeneration;
  const pins = pinsOf(device, before);
  const facts: DeviceFacts = {
    ...before,
    lastConnected: Math.max(before.lastConnected, report.connectedAt),
    hostKey: pins.hostKey || (isCurrent ? report.hostKey : ''),
    jumpHostKey: pins.jumpHostKey || (isCurrent ? report.jumpHostKey : ''),
    pinGeneration: device.pinGeneration,
    info: report.info ?? before.info,
  };
  return JSON.stringify(facts) === JSON.stringify(before) ? undefined : facts;
}
